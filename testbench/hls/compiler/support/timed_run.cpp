#include "testbench/hls/compiler/support/timed_run.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <random>
#include <utility>
#include <vector>

#include "hls/compiler/ir/evaluate.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

using llvm::APInt;

struct Shared {
  const Kernel& kernel;
  const InterpreterInput& input;
  InterpreterResult& result;
  std::vector<std::deque<APInt>> streams;
  std::mt19937_64 random;
  int bubble_percent;
};

class TimedProcess {
 public:
  TimedProcess(Shared& shared, const Process& process, const ProcessSchedule& schedule)
      : shared_(shared), process_(process), schedule_(schedule), values_(process.ops.size()) {
    for (std::size_t op = 0; op < process.ops.size(); ++op) {
      const Op& it = process.ops[op];
      if (it.kind == OpKind::kConstant) {
        values_[op] = it.constant;
      } else if (it.kind == OpKind::kScalar) {
        const int argument = process.scalar_arguments[static_cast<std::size_t>(it.scalar)];
        values_[op] = shared.input.scalars[static_cast<std::size_t>(argument)];
      }
    }
    for (const Memory& memory : process.memories) {
      memories_.push_back(memory.external >= 0 ? shared.input.arrays[static_cast<std::size_t>(memory.external)]
                                               : memory.initial.value());
    }
    for (const Block& block : process.blocks) {
      auto& cycles = ops_of_cycle_.emplace_back();
      cycles.resize(static_cast<std::size_t>(schedule.blocks[ops_of_cycle_.size() - 1].cycles));
      for (const OpId op : block.ops) {
        cycles.at(static_cast<std::size_t>(schedule.ops[index(op)].cycle)).push_back(op);
      }
    }
  }

  void run() {
    BlockId block{0};
    BlockId from = BlockId::kNone;
    while (!is_starved_ && shared_.result.steps < shared_.input.max_steps) {
      const Block& it = process_.blocks[index(block)];
      load_phis(it, from);
      if (it.pipeline) {
        run_pipeline(block);
      } else {
        run_straight(block);
      }
      const Terminator& end = it.terminator;
      if (end.kind == TerminatorKind::kReturn) {
        break;
      }
      from = block;
      const bool is_taken = end.kind == TerminatorKind::kJump || !values_[index(end.condition)].isZero();
      BlockId next = is_taken ? end.if_true : end.if_false;
      if (it.pipeline && next == block) {  // the loop is over whatever bubbles there were
        next = is_taken ? end.if_false : end.if_true;
      }
      block = next;
    }
    finish();
  }

 private:
  // What happens at the end of a cycle, in the order of the block's list.
  struct Effect {
    std::size_t position;
    std::function<void()> apply;
  };

  struct Iteration {
    int start;
    std::vector<APInt> values;  // parallel to Process::ops; of the block's own operations
  };

  void load_phis(const Block& block, BlockId from) {
    std::vector<std::pair<OpId, APInt>> loaded;
    for (const OpId id : block.ops) {
      const Op& op = process_.ops[index(id)];
      for (std::size_t operand = 0; op.kind == OpKind::kPhi && operand < op.operands.size(); ++operand) {
        if (op.incoming[operand] == from) {
          loaded.emplace_back(id, values_[index(op.operands[operand])]);
        }
      }
    }
    for (auto& [id, value] : loaded) {
      values_[index(id)] = std::move(value);
    }
  }

  void run_straight(BlockId block) {
    for (const std::vector<OpId>& ops : ops_of_cycle_[index(block)]) {
      std::vector<Effect> effects;
      for (const OpId id : ops) {
        if (process_.ops[index(id)].kind != OpKind::kPhi) {
          step(id, values_, effects);
        }
      }
      apply(effects);
    }
  }

  void run_pipeline(BlockId block) {
    const Block& it = process_.blocks[index(block)];
    const BlockSchedule& times = schedule_.blocks[index(block)];
    std::deque<Iteration> active;
    bool is_running = true;
    for (int now = 0; (is_running || !active.empty()) && !is_starved_; ++now) {
      if (is_running && now % times.ii == 0 && !is_bubble()) {
        active.push_back({now, values_});
      }
      std::vector<Effect> effects;
      for (Iteration& iteration : active) {
        const int cycle = now - iteration.start;
        for (const OpId id : ops_of_cycle_[index(block)][static_cast<std::size_t>(cycle)]) {
          if (process_.ops[index(id)].kind == OpKind::kPhi) {
            iteration.values[index(id)] = values_[index(id)];  // values_ of a phi is its register
          } else {
            step(id, iteration.values, effects);
          }
        }
        update_phis(block, iteration, cycle, effects);
        if (cycle == condition_cycle(block)) {
          const bool is_true = !iteration.values[index(it.terminator.condition)].isZero();
          is_running = (is_true ? it.terminator.if_true : it.terminator.if_false) == block;
        }
      }
      apply(effects);
      while (!active.empty() && now - active.front().start == times.cycles - 1) {
        last_values_ = std::move(active.front().values);
        active.pop_front();
      }
    }
    for (const OpId id : it.ops) {
      values_[index(id)] = last_values_[index(id)];
    }
  }

  bool is_bubble() { return static_cast<int>(shared_.random() % 100) < shared_.bubble_percent; }

  bool is_in(BlockId block, OpId op) const {
    const std::vector<OpId>& ops = process_.blocks[index(block)].ops;
    return std::ranges::find(ops, op) != ops.end();
  }

  int ready_cycle(OpId op) const { return schedule_.ops[index(op)].cycle + schedule_.ops[index(op)].latency; }

  int condition_cycle(BlockId block) const {
    const OpId condition = process_.blocks[index(block)].terminator.condition;
    return is_in(block, condition) ? ready_cycle(condition) : 0;
  }

  void update_phis(BlockId block, Iteration& iteration, int cycle, std::vector<Effect>& effects) {
    for (const OpId id : process_.blocks[index(block)].ops) {
      const Op& op = process_.ops[index(id)];
      if (op.kind != OpKind::kPhi) {
        break;
      }
      const auto back = std::ranges::find(op.incoming, block) - op.incoming.begin();
      const OpId value = op.operands[static_cast<std::size_t>(back)];
      const int taken = schedule_.ops[index(id)].cycle;
      const int replaced = is_in(block, value) ? ready_cycle(value) : taken;
      are_windows_kept_ &= cycle < taken || cycle > replaced || values_[index(id)] == iteration.values[index(id)];
      if (cycle == replaced) {
        effects.push_back({0, [this, id, next = iteration.values[index(value)]] { values_[index(id)] = next; }});
      }
    }
  }

  void apply(std::vector<Effect>& effects) {
    std::ranges::sort(effects, {}, &Effect::position);
    for (const Effect& effect : effects) {
      effect.apply();
    }
  }

  void step(OpId id, std::vector<APInt>& values, std::vector<Effect>& effects) {
    ++shared_.result.steps;
    const Op& op = process_.ops[index(id)];
    if (op.predicate != OpId::kNone && values[index(op.predicate)].isZero()) {
      values[index(id)] = APInt(std::max(1U, op.width), shared_.random());
      return;
    }
    const auto operand = [&](std::size_t position) -> const APInt& { return values[index(op.operands[position])]; };
    switch (op.kind) {
      case OpKind::kStreamRead: {
        std::deque<APInt>& words = shared_.streams[index(op.stream)];
        if (words.empty()) {
          is_starved_ = true;
          shared_.result.waiting = process_.name + " waits\n";
          return;
        }
        values[index(id)] = words.front();
        words.pop_front();
        return;
      }
      case OpKind::kStreamWrite:
        shared_.streams[index(op.stream)].push_back(operand(0));
        return;
      case OpKind::kScalarWrite:
        effects.push_back({position(id), [this, &op, value = operand(0)] {
                             shared_.result.outputs[static_cast<std::size_t>(op.scalar)] = value;
                           }});
        return;
      case OpKind::kLoad: {
        const std::uint64_t address = operand(0).getLimitedValue();
        const std::vector<APInt>& words = memories_[index(op.memory)];
        values[index(id)] = address < words.size() ? words[address] : APInt(op.width, 0);
        return;
      }
      case OpKind::kStore: {
        const std::uint64_t address = operand(0).getLimitedValue();
        if (address < memories_[index(op.memory)].size()) {
          effects.push_back({position(id), [this, &op, address, value = operand(1)] {
                               memories_[index(op.memory)][address] = value;
                             }});
        }
        return;
      }
      default: {
        std::vector<const APInt*> operands;
        for (const OpId it : op.operands) {
          operands.push_back(&values[index(it)]);
        }
        values[index(id)] = evaluate(op, operands);
      }
    }
  }

  // Random kernels define operations in the order of their lists.
  static std::size_t position(OpId id) { return index(id) + 1; }

  void finish() {
    for (std::size_t memory = 0; memory < memories_.size(); ++memory) {
      if (process_.memories[memory].external >= 0) {
        shared_.result.arrays[static_cast<std::size_t>(process_.memories[memory].external)] = memories_[memory];
      }
    }
    if (is_starved_) {
      shared_.result.end = InterpreterEnd::kWaiting;
    }
    if (!are_windows_kept_) {
      shared_.result.uncovered = "a phi's register is not what it promises";
    }
  }

  Shared& shared_;
  const Process& process_;
  const ProcessSchedule& schedule_;
  std::vector<APInt> values_;  // registers: of phis, and what is live from block to block
  std::vector<APInt> last_values_;
  std::vector<std::vector<APInt>> memories_;
  std::vector<std::vector<std::vector<OpId>>> ops_of_cycle_;  // [block][cycle], in the list's order
  bool is_starved_ = false;
  bool are_windows_kept_ = true;  // from a phi's cycle to the end of its window its register holds the value
};

}  // namespace

InterpreterResult run_scheduled(const Kernel& kernel, const Schedule& schedule, const InterpreterInput& input,
                                int bubble_percent, std::uint64_t seed) {
  InterpreterResult result;
  result.outputs.resize(kernel.outputs.size());
  result.arrays.resize(kernel.array_arguments.size());
  Shared shared{kernel, input, result, {}, std::mt19937_64(seed), bubble_percent};
  for (const std::vector<APInt>& words : input.streams) {
    shared.streams.emplace_back(words.begin(), words.end());
  }
  for (std::size_t process = 0; process < kernel.processes.size(); ++process) {
    TimedProcess(shared, kernel.processes[process], schedule.processes[process]).run();
  }
  for (const std::deque<APInt>& words : shared.streams) {
    result.streams.emplace_back(words.begin(), words.end());
  }
  return result;
}

}  // namespace sluice::hlsc
