#include "hls/compiler/bind/binding.hpp"

#include <algorithm>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/bind/blocks.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

class Binder {
 public:
  Binder(const Kernel& kernel, const Process& process, const ProcessSchedule& schedule, bool trusted)
      : kernel_(kernel), process_(process), schedule_(schedule), trusted_(trusted) {}

  Binding run() {
    binding_.blocks = bind_blocks(process_, schedule_);
    place_values();
    for (std::size_t b = 0; b < process_.blocks.size(); ++b) {
      use_block(BlockId(static_cast<int>(b)));
    }
    bind_memories();
    bind_streams();
    return std::move(binding_);
  }

 private:
  const Op& op(OpId id) const { return process_.ops[index(id)]; }
  const OpTime& time(OpId id) const { return schedule_.ops[index(id)]; }

  void place_values() {
    binding_.values.resize(process_.ops.size());
    for (std::size_t b = 0; b < process_.blocks.size(); ++b) {
      for (const OpId id : process_.blocks[b].ops) {
        if (is_blockless(op(id).kind)) {
          continue;
        }
        ValueBinding& value = binding_.values[index(id)];
        value.block = BlockId(static_cast<int>(b));
        value.ready =
            op(id).kind == OpKind::kPhi && !binding_.blocks[b].pipelined ? 0 : time(id).cycle + time(id).latency;
        value.update = value.ready;
      }
    }
    for (std::size_t b = 0; b < process_.blocks.size(); ++b) {
      if (binding_.blocks[b].pipelined) {
        place_updates(BlockId(static_cast<int>(b)));
      }
    }
  }

  // When the registers of a pipelined block's phis take the next iteration's value: as soon as it is ready.
  void place_updates(BlockId block) {
    const int ii = binding_.blocks[index(block)].ii;
    for (const OpId id : process_.blocks[index(block)].ops) {
      if (op(id).kind != OpKind::kPhi) {
        continue;
      }
      ValueBinding& phi = binding_.values[index(id)];
      const ValueBinding& next = binding_.values[index(carried_value(op(id), block))];
      phi.update = next.block == block ? next.ready : phi.ready;
      check(trusted_ || (phi.ready >= phi.update + 1 - ii && phi.ready <= phi.update),
            "a phi is read while its register holds its value");
    }
  }

  void use(OpId id, const Moment& when) {
    if (id == OpId::kNone) {
      return;
    }
    ValueBinding& value = binding_.values[index(id)];
    const Found found = binding_.find(process_, id, when);
    if (found.place == Place::kWidened) {
      use(op(id).operands[static_cast<std::size_t>(widened_operand(process_, op(id)))], when);
      return;
    }
    value.used = true;
    value.delays = std::max(value.delays, found.delay);
    value.kept |= found.place == Place::kKept;
  }

  void use_block(BlockId id) {
    const Block& block = process_.blocks[index(id)];
    const BlockBinding& bound = binding_.blocks[index(id)];
    if (bound.skipped) {
      return;
    }
    for (const OpId user : block.ops) {
      const Op& it = op(user);
      if (it.kind == OpKind::kPhi && bound.pipelined) {
        use(carried_value(it, id), {id, binding_.values[index(user)].update, false});
      } else if (it.kind != OpKind::kPhi && !is_blockless(it.kind)) {
        const Moment when{id, time(user).cycle, false};
        for (const OpId operand : it.operands) {
          use(operand, when);
        }
        use(it.predicate, when);
      }
    }
    if (bound.pipelined) {
      use(block.terminator.condition, {id, bound.exit_cycle, false});
    }
    use_exit(bound.exit, {id, bound.cycles - 1, true});
  }

  void use_exit(const Exit& exit, const Moment& when) {
    if (exit.kind == Exit::Kind::kBranch) {
      use(exit.condition, when);
      for (const Exit& branch : exit.branches) {
        use_exit(branch, when);
      }
    } else if (exit.kind == Exit::Kind::kGo) {
      for (const OpId id : process_.blocks[index(exit.to)].ops) {
        if (op(id).kind == OpKind::kPhi) {
          use(incoming_value(op(id), exit.from), when);
        }
      }
    }
  }

  void bind_memories() {
    binding_.memories.resize(process_.memories.size());
    for (std::size_t m = 0; m < process_.memories.size(); ++m) {
      const Memory& memory = process_.memories[m];
      if (memory.kind == MemoryKind::kRegisters) {
        continue;
      }
      std::vector<MemoryPortBinding>& ports = binding_.memories[m].ports;
      ports.insert(ports.end(), static_cast<std::size_t>(memory.ports.read), {true, false, {}});
      ports.insert(ports.end(), static_cast<std::size_t>(memory.ports.write), {false, true, {}});
      ports.insert(ports.end(), static_cast<std::size_t>(memory.ports.read_write), {true, true, {}});
    }
    for_each_access([this](const Op& it, const Access& access) {
      if (!is_memory_access(it.kind)) {
        return;
      }
      MemoryBinding& memory = binding_.memories[index(it.memory)];
      if (memory.ports.empty() || (it.kind == OpKind::kLoad && time(access.op).latency == 0)) {
        memory.direct.push_back(access);
        return;
      }
      const int port = time(access.op).port;
      check(port >= 0 && static_cast<std::size_t>(port) < memory.ports.size(),
            "an access has one of its memory's ports");
      MemoryPortBinding& bound = memory.ports[static_cast<std::size_t>(port)];
      check(it.kind == OpKind::kLoad ? bound.reads : bound.writes, "an access has a port that can serve it");
      bound.accesses.push_back(access);
    });
  }

  void bind_streams() {
    std::vector<StreamBinding> all(kernel_.streams.size());
    std::vector<bool> used(kernel_.streams.size());
    for_each_access([&](const Op& it, const Access& access) {
      if (!is_stream_access(it.kind)) {
        return;
      }
      StreamBinding& stream = all[index(it.stream)];
      used[index(it.stream)] = true;
      stream.stream = it.stream;
      stream.input = is_stream_reading(it.kind);
      if (moves_word(it.kind)) {
        stream.accesses.push_back(access);
      }
      BlockBinding& block = binding_.blocks[index(access.when.block)];
      if (block.pipelined && it.kind == OpKind::kStreamRead && access.when.cycle == 0) {
        block.gates.push_back(access);
      }
    });
    for (std::size_t s = 0; s < all.size(); ++s) {
      if (used[s]) {
        binding_.streams.push_back(std::move(all[s]));
      }
    }
  }

  template <typename Visit>
  void for_each_access(Visit visit) {
    for (std::size_t b = 0; b < process_.blocks.size(); ++b) {
      for (const OpId id : process_.blocks[b].ops) {
        visit(op(id), Access{id, {BlockId(static_cast<int>(b)), time(id).cycle, false}});
      }
    }
  }

  const Kernel& kernel_;
  const Process& process_;
  const ProcessSchedule& schedule_;
  bool trusted_;
  Binding binding_;
};

}  // namespace

int widened_operand(const Process& process, const Op& op) {
  if (is_extension(op.kind)) {
    return 0;
  }
  int result = -1;
  if (op.kind == OpKind::kConcat) {
    for (std::size_t i = 0; i < op.operands.size(); ++i) {
      if (process.ops[index(op.operands[i])].kind != OpKind::kConstant) {
        if (result >= 0) {
          return -1;
        }
        result = static_cast<int>(i);
      }
    }
  }
  return result;
}

Found Binding::find(const Process& process, OpId value_id, const Moment& when) const {
  const Op& op = process.ops[index(value_id)];
  if (op.kind == OpKind::kConstant) {
    return {Place::kConstant};
  }
  if (op.kind == OpKind::kScalar) {
    return {Place::kScalar};
  }
  const ValueBinding& value = values[index(value_id)];
  check(value.block != BlockId::kNone, "a value that is used is in a block");
  const bool here = value.block == when.block;
  check(!here || when.cycle >= value.ready, "a value is used no earlier than it is ready");
  const bool pipelined = blocks[index(value.block)].pipelined;
  const bool phi = op.kind == OpKind::kPhi;
  if (phi && !pipelined) {
    return {Place::kPhi};
  }
  if (here && phi && when.cycle <= value.update && !when.leaving) {
    return {Place::kPhi};
  }
  if (here && when.cycle == value.ready) {
    return {phi ? Place::kPhi : Place::kWire};
  }
  if (widened_operand(process, op) >= 0) {
    return {Place::kWidened};
  }
  if (here && pipelined && !when.leaving) {
    return {Place::kDelay, when.cycle - value.update};
  }
  return {Place::kKept};
}

Binding bind(const Kernel& kernel, const Process& process, const ProcessSchedule& schedule, bool trusted) {
  return Binder(kernel, process, schedule, trusted).run();
}

}  // namespace sluice::hlsc
