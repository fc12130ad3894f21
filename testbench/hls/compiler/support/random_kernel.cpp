#include "testbench/hls/compiler/support/random_kernel.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "testbench/hls/compiler/support/dice.hpp"
#include "testbench/hls/compiler/support/random_ops.hpp"

namespace sluice::hlsc {
namespace {

using llvm::APInt;

class Generator : private RandomOps {
 public:
  using RandomOps::RandomOps;

  Kernel make() {
    kernel_.name = "random";
    kernel_.files = {"random.cpp"};
    const bool has_two = dice_.percent(33);
    for (int stream = 0; stream < dice_.between(1, 2); ++stream) {
      inputs_.push_back(add_stream("in" + std::to_string(stream), StreamDirection::kInput));
    }
    outputs_.push_back(add_stream("out0", StreamDirection::kOutput));
    for (int scalar = 0; scalar < 2; ++scalar) {
      kernel_.scalars.push_back({.name = "scalar" + std::to_string(scalar), .width = dice_.one_of(kWidths)});
    }
    kernel_.outputs.push_back({.name = "result", .width = dice_.one_of(kWidths)});
    if (dice_.percent(40)) {
      kernel_.array_arguments.push_back(
          {.name = "array", .width = dice_.one_of(kWidths), .depth = 16, .dimensions = {}});
    }
    const int transfers = has_two ? dice_.between(1, 12) : 0;
    if (has_two) {
      for (int link = 0; link < dice_.between(1, 2); ++link) {
        links_.push_back(add_stream("link" + std::to_string(link), StreamDirection::kInternal));
        kernel_.streams.back().depth = dice_.between(2, 5);
      }
    }
    make_process("first", transfers, /*is_writer=*/true);
    if (has_two) {
      inputs_.clear();
      outputs_ = {add_stream("out1", StreamDirection::kOutput)};
      make_process("second", transfers, /*is_writer=*/false);
    }
    return std::move(kernel_);
  }

 private:
  StreamId add_stream(const std::string& name, StreamDirection direction) {
    Stream stream;
    stream.name = name;
    stream.direction = direction;
    stream.width = dice_.one_of(kWidths);
    kernel_.streams.push_back(std::move(stream));
    return StreamId(static_cast<int>(kernel_.streams.size()) - 1);
  }

  void make_process(const std::string& name, int transfers, bool is_writer) {
    process_ = Process{};
    scope_.clear();
    process_.name = name;
    process_.location = {.file = 0, .line = 1, .column = 1};
    add_memories(is_writer);
    process_.scalar_arguments = {0, 1};
    for (int scalar = 0; scalar < 2; ++scalar) {
      Op op;
      op.kind = OpKind::kScalar;
      op.width = kernel_.scalars[static_cast<std::size_t>(scalar)].width;
      op.scalar = scalar;
      scope_.push_back(append(std::move(op)));
    }
    may_write_output_ = is_writer;
    block_ = add_block("entry");
    straight_ops(dice_.between(1, 6));
    const int segments = dice_.between(1, 3);
    for (int segment = 0; segment < segments; ++segment) {
      add_segment(2);
    }
    if (transfers > 0) {
      pipelined_loop(transfers, is_writer ? Transfer::kWrite : Transfer::kRead);
    }
    if (dice_.percent(50)) {
      add_segment(1);
    }
    for (int write = 0; write < 3; ++write) {
      write_stream(outputs_[0], false);
    }
    if (is_writer) {
      write_output(false);
    }
    current().terminator.kind = TerminatorKind::kReturn;
    kernel_.processes.push_back(std::move(process_));
  }

  void add_memories(bool has_array) {
    static constexpr std::array kKinds = {MemoryKind::kRegisters, MemoryKind::kBlockRam, MemoryKind::kLutRam,
                                          MemoryKind::kUltraRam, MemoryKind::kRom};
    static constexpr std::array kPorts = {Ports{1, 1, 0}, Ports{0, 0, 2}, Ports{2, 1, 0}, Ports{1, 1, 1},
                                          Ports{0, 0, 1}};
    const int count = dice_.between(1, 3);
    for (int memory = 0; memory < count; ++memory) {
      Memory it;
      it.name = "memory" + std::to_string(memory);
      it.kind = dice_.one_of(kKinds);
      it.width = dice_.one_of(kWidths);
      it.depth = std::uint64_t{1} << dice_.between(0, 4);
      it.ports = dice_.one_of(kPorts);
      it.is_static = dice_.percent(30);
      it.initial.emplace();
      for (std::uint64_t word = 0; word < it.depth; ++word) {
        it.initial->push_back(dice_.bits(it.width));
      }
      process_.memories.push_back(std::move(it));
    }
    if (has_array && !kernel_.array_arguments.empty()) {
      Memory it;
      it.name = "array";
      it.width = kernel_.array_arguments[0].width;
      it.depth = kernel_.array_arguments[0].depth;
      it.external = 0;
      it.ports = dice_.percent(50) ? Ports{0, 0, 2} : Ports{1, 1, 0};
      process_.memories.push_back(std::move(it));
    }
  }

  BlockId add_block(const std::string& name) {
    Block block;
    block.name = name + std::to_string(process_.blocks.size());
    block.location = {.file = 0, .line = ++line_, .column = 1};
    process_.blocks.push_back(std::move(block));
    return BlockId(static_cast<int>(process_.blocks.size()) - 1);
  }

  void jump_to(BlockId target) {
    current().terminator = {.kind = TerminatorKind::kJump, .if_true = target, .location = {}};
  }
  void branch_to(OpId condition, BlockId if_true, BlockId if_false) {
    current().terminator = {.kind = TerminatorKind::kBranch,
                            .condition = condition,
                            .if_true = if_true,
                            .if_false = if_false,
                            .location = {}};
  }

  OpId add_phi(unsigned width, BlockId from, OpId value) {
    Op op = operation(OpKind::kPhi, width, {value});
    op.incoming = {from};
    return append(std::move(op));
  }
  void add_incoming(OpId phi, BlockId from, OpId value) {
    process_.ops[index(phi)].incoming.push_back(from);
    process_.ops[index(phi)].operands.push_back(value);
  }

  void add_segment(int depth) {
    const int what = dice_.below(100);
    if (what < 50 || depth == 0) {
      pipelined_loop(0, Transfer::kNone);
    } else if (what < 75) {
      diamond();
    } else {
      plain_loop(depth - 1);
    }
    straight_ops(dice_.between(0, 3));
  }

  void diamond() {
    const OpId condition = bit();
    const BlockId head = block_;
    const unsigned width = dice_.one_of(kWidths);
    const std::vector<OpId> before = scope_;
    std::array<std::pair<BlockId, OpId>, 2> ends{};
    std::array<BlockId, 2> sides{};
    for (std::size_t side = 0; side < 2; ++side) {
      scope_ = before;
      block_ = sides[side] = add_block(side == 0 ? "then" : "else");
      straight_ops(dice_.between(0, 4));
      const OpId value = any(width);
      ends[side] = {block_, value};
    }
    scope_ = before;
    block_ = head;
    branch_to(condition, sides[0], sides[1]);
    const BlockId join = add_block("join");
    for (const auto& [end, value] : ends) {
      block_ = end;
      jump_to(join);
    }
    block_ = join;
    const OpId phi = add_phi(width, ends[0].first, ends[0].second);
    add_incoming(phi, ends[1].first, ends[1].second);
    scope_.push_back(phi);
  }

  // How often a loop runs, at least once: a constant, or from a scalar.
  OpId trips(int constant_trips) {
    if (constant_trips > 0) {
      return constant(16, static_cast<std::uint64_t>(constant_trips));
    }
    if (dice_.percent(60)) {
      return constant(16, static_cast<std::uint64_t>(dice_.between(1, 14)));
    }
    const OpId low = any(3);
    const OpId wide = append(operation(OpKind::kZExt, 16, {low}));
    return append(operation(OpKind::kAdd, 16, {wide, constant(16, 1)}));
  }

  void plain_loop(int depth) {
    const OpId count = constant(16, static_cast<std::uint64_t>(dice_.between(1, 4)));
    const unsigned width = dice_.one_of(kWidths);
    const OpId start = any(width);
    const BlockId before = block_;
    const BlockId head = add_block("loop");
    jump_to(head);
    block_ = head;
    const OpId zero = constant(16, 0);
    const OpId counter = add_phi(16, before, zero);
    const OpId value = add_phi(width, before, start);
    scope_.push_back(counter);
    scope_.push_back(value);
    straight_ops(dice_.between(0, 5));
    if (dice_.percent(70)) {
      add_segment(depth);
    }
    const OpId next = append(operation(OpKind::kAdd, 16, {counter, constant(16, 1)}));
    const OpId more = append(operation(OpKind::kUlt, 1, {next, count}));
    const OpId update = any(width);
    add_incoming(counter, block_, next);
    add_incoming(value, block_, update);
    const BlockId after = add_block("after");
    branch_to(more, head, after);
    block_ = after;
  }

  enum class Transfer { kNone, kRead, kWrite };

  void pipelined_loop(int constant_trips, Transfer transfer) {
    const OpId count = trips(constant_trips);
    struct Carried {
      OpId phi;
      OpId start;
    };
    std::vector<Carried> carried;
    const int phis = dice_.between(0, 4);
    for (int phi = 0; phi < phis; ++phi) {
      carried.push_back({OpId::kNone, any(dice_.one_of(kWidths))});
    }
    const OpId zero = constant(16, 0);
    const BlockId before = block_;
    const BlockId loop = add_block("pipe");
    jump_to(loop);
    block_ = loop;
    current().pipeline.emplace();
    current().loop_name = current().name;
    current().loop_depth = 1;
    const OpId counter = add_phi(16, before, zero);
    for (Carried& it : carried) {
      it.phi = add_phi(width_of(it.start), before, it.start);
      scope_.push_back(it.phi);
    }
    scope_.push_back(counter);
    accesses_.clear();
    if (!inputs_.empty() && dice_.percent(70)) {
      read_stream(inputs_[0], false);
    }
    for (const StreamId link : links_) {
      if (transfer == Transfer::kRead) {
        read_stream(link, false);
      }
    }
    const int body = dice_.between(2, 14);
    for (int op = 0; op < body; ++op) {
      one_op(counter);
    }
    for (const StreamId link : links_) {
      if (transfer == Transfer::kWrite) {
        write_stream(link, false);
      }
    }
    if (dice_.percent(70)) {
      write_stream(outputs_[0], false);
    }
    for (std::size_t it = 0; it < carried.size(); ++it) {
      const unsigned width = width_of(carried[it].phi);
      const bool is_shift = it > 0 && width_of(carried[it - 1].phi) == width && dice_.percent(40);
      add_incoming(carried[it].phi, loop, is_shift ? carried[it - 1].phi : carried_value(width));
    }
    const OpId next = append(operation(OpKind::kAdd, 16, {counter, constant(16, 1)}));
    add_incoming(counter, loop, next);
    OpId more = append(operation(OpKind::kUlt, 1, {next, count}));
    if (transfer == Transfer::kNone && dice_.percent(25)) {
      more = append(operation(OpKind::kAnd, 1, {more, bit()}));
    }
    add_dependences();
    const BlockId after = add_block("after");
    if (dice_.percent(20)) {
      branch_to(negated(more), after, loop);
    } else {
      branch_to(more, loop, after);
    }
    block_ = after;
  }

  // Mostly something of the loop; sometimes a constant or a value from before it.
  OpId carried_value(unsigned width) { return dice_.percent(10) ? constant(dice_.bits(width)) : any(width); }

  // What the accesses of the loop at hand need: exact distances where both addresses follow the counter.
  void add_dependences() {
    std::vector<MemoryDependence>& list = current().pipeline->dependences;
    for (std::size_t from = 0; from < accesses_.size(); ++from) {
      for (std::size_t to = 0; to < accesses_.size(); ++to) {
        const Access& a = accesses_[from];
        const Access& b = accesses_[to];
        if (from == to || a.memory != b.memory || (!a.is_store && !b.is_store)) {
          continue;
        }
        MemoryDependence it{.from = a.op, .to = b.op, .distance = from < to ? 0 : 1};
        if (!b.is_store) {
          it.kind = DependenceKind::kReadAfterWrite;
        } else {
          it.kind = a.is_store ? DependenceKind::kWriteAfterWrite : DependenceKind::kWriteAfterRead;
        }
        if (a.offset && b.offset) {
          const int depth = static_cast<int>(process_.memories[index(a.memory)].depth);
          it.distance = (*a.offset - *b.offset + depth) % depth;
          it.distance += it.distance == 0 && from > to ? depth : 0;
        }
        list.push_back(it);
      }
    }
  }
};

}  // namespace

Kernel random_kernel(std::uint64_t seed) { return Generator(seed).make(); }

InterpreterInput random_input(const Kernel& kernel, std::uint64_t seed) {
  constexpr int kWords = 4000;
  Dice dice(seed);
  InterpreterInput input;
  for (const Stream& stream : kernel.streams) {
    std::vector<APInt>& words = input.streams.emplace_back();
    for (int word = 0; stream.direction == StreamDirection::kInput && word < kWords; ++word) {
      words.push_back(dice.bits(stream.width));
    }
  }
  for (const ScalarArgument& scalar : kernel.scalars) {
    input.scalars.push_back(dice.bits(scalar.width));
  }
  for (const ArrayArgument& array : kernel.array_arguments) {
    std::vector<APInt>& words = input.arrays.emplace_back();
    for (std::uint64_t word = 0; word < array.depth; ++word) {
      words.push_back(dice.bits(array.width));
    }
  }
  return input;
}

std::optional<Schedule> schedule_raising_ii(Kernel& kernel, const ScheduleOptions& options) {
  constexpr int kMostIi = 200;
  for (int round = 0; round < kMostIi; ++round) {
    Diagnostics diagnostics;
    std::optional<Schedule> result = schedule(kernel, options, diagnostics);
    if (result) {
      return result;
    }
    bool has_raised = false;
    for (Process& process : kernel.processes) {
      for (Block& block : process.blocks) {
        for (const Diagnostic& diagnostic : diagnostics.all()) {
          if (block.pipeline && diagnostic.line == block.location.line && diagnostic.message.starts_with("loop '")) {
            ++block.pipeline->target_ii;
            has_raised = true;
          }
        }
      }
    }
    if (!has_raised) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace sluice::hlsc
