#include "hls/compiler/ir/interpret.hpp"

#include <algorithm>
#include <deque>
#include <random>
#include <utility>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/ir/dependence_watch.hpp"
#include "hls/compiler/ir/evaluate.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

using llvm::APInt;

// 'Any value' of the IR.
class AnyValue {
 public:
  explicit AnyValue(std::uint64_t seed) : is_zero_(seed == 0), generator_(seed) {}

  APInt get(unsigned width) {
    APInt value(width, 0);
    for (unsigned low = 0; !is_zero_ && low < width; low += 32) {
      const unsigned bits = std::min(32U, width - low);
      value.insertBits(generator_() & ((std::uint64_t{1} << bits) - 1), low, bits);
    }
    return value;
  }

 private:
  bool is_zero_;
  std::mt19937 generator_;
};

// What the processes of a run share.
struct Shared {
  const Kernel& kernel;
  const InterpreterInput& input;
  InterpreterResult& result;
  std::vector<std::deque<APInt>> streams;
  AnyValue any;

  [[nodiscard]] bool is_full(StreamId stream) const {
    const Stream& it = kernel.streams[index(stream)];
    return it.direction == StreamDirection::kInternal && input.are_depths_bounded &&
           streams[index(stream)].size() >= static_cast<std::size_t>(it.depth);
  }
};

class RunningProcess {
 public:
  RunningProcess(Shared& shared, const Process& process, std::vector<std::vector<APInt>>& memories)
      : shared_(shared), process_(process), memories_(memories), watch_(process), values_(process.ops.size()) {
    for (std::size_t op = 0; op < process.ops.size(); ++op) {
      const Op& it = process.ops[op];
      if (it.kind == OpKind::kConstant) {
        values_[op] = it.constant;
      } else if (it.kind == OpKind::kScalar) {
        const int argument = process.scalar_arguments[static_cast<std::size_t>(it.scalar)];
        values_[op] = shared.input.scalars[static_cast<std::size_t>(argument)];
      }
    }
    restart();
  }

  // Runs until it returns, waits or reaches the step limit; whether it did anything.
  bool run() {
    const std::uint64_t before = shared_.result.steps;
    waits_for_ = OpId::kNone;
    while (!is_done_ && waits_for_ == OpId::kNone && shared_.result.steps < shared_.input.max_steps) {
      const Block& block = process_.blocks[index(block_)];
      if (next_ == block.ops.size()) {
        ++shared_.result.steps;
        terminate(block.terminator);
      } else if (step(block.ops[next_])) {
        ++next_;
        ++shared_.result.steps;
      } else {
        waits_for_ = block.ops[next_];
      }
    }
    return shared_.result.steps != before;
  }

  [[nodiscard]] bool is_done() const { return is_done_; }
  [[nodiscard]] const std::optional<std::string>& uncovered() const { return watch_.uncovered(); }

  [[nodiscard]] std::string waiting() const {
    if (is_done_ || waits_for_ == OpId::kNone) {
      return "";
    }
    const Op& op = process_.ops[index(waits_for_)];
    const Stream& stream = shared_.kernel.streams[index(op.stream)];
    std::string text = "process '" + process_.name + "' waits at line " + std::to_string(op.location.line);
    text += op.kind == OpKind::kStreamRead ? " for a word of stream '" : " for room in stream '";
    text += stream.name + "'";
    if (op.kind == OpKind::kStreamWrite) {
      text += " (depth " + std::to_string(stream.depth) + ")";
    }
    return text + "\n";
  }

 private:
  void restart() {
    block_ = BlockId(0);
    next_ = 0;
    watch_.enter(block_, BlockId::kNone);
  }

  void terminate(const Terminator& end) {
    if (end.kind == TerminatorKind::kReturn) {
      is_done_ = shared_.kernel.control == Control::kHandshake;
      restart();
      return;
    }
    const bool is_taken = end.kind == TerminatorKind::kJump || !values_[index(end.condition)].isZero();
    enter(is_taken ? end.if_true : end.if_false);
  }

  void enter(BlockId target) {
    const Block& block = process_.blocks[index(target)];
    std::vector<std::pair<OpId, APInt>> phis;  // all read before any is written
    for (const OpId id : block.ops) {
      const Op& op = process_.ops[index(id)];
      if (op.kind != OpKind::kPhi) {
        break;
      }
      for (std::size_t operand = 0; operand < op.operands.size(); ++operand) {
        if (op.incoming[operand] == block_) {
          phis.emplace_back(id, values_[index(op.operands[operand])]);
        }
      }
    }
    next_ = phis.size();
    for (auto& [id, value] : phis) {
      values_[index(id)] = std::move(value);
    }
    watch_.enter(target, block_);
    block_ = target;
  }

  const APInt& operand(const Op& op, std::size_t position) const { return values_[index(op.operands[position])]; }

  // False: it must wait.
  bool step(OpId id) {
    const Op& op = process_.ops[index(id)];
    if (op.predicate != OpId::kNone && values_[index(op.predicate)].isZero()) {
      if (op.width > 0) {
        values_[index(id)] = shared_.any.get(op.width);
      }
      return true;
    }
    if (is_stream_access(op.kind)) {
      return access_stream(id, op);
    }
    if (is_memory_access(op.kind)) {
      access_memory(id, op);
    } else if (op.kind == OpKind::kScalarWrite) {
      shared_.result.outputs[static_cast<std::size_t>(op.scalar)] = operand(op, 0);
    } else {
      operands_.clear();
      for (const OpId it : op.operands) {
        operands_.push_back(&values_[index(it)]);
      }
      values_[index(id)] = evaluate(op, operands_);
    }
    return true;
  }

  bool access_stream(OpId id, const Op& op) {
    std::deque<APInt>& words = shared_.streams[index(op.stream)];
    switch (op.kind) {
      case OpKind::kStreamRead:
        if (words.empty()) {
          return false;
        }
        values_[index(id)] = std::move(words.front());
        words.pop_front();
        return true;
      case OpKind::kStreamWrite:
        if (shared_.is_full(op.stream)) {
          return false;
        }
        words.push_back(operand(op, 0));
        return true;
      case OpKind::kTryRead: {
        const bool has_word = !words.empty();
        APInt value = has_word ? words.front().zext(op.width) : shared_.any.get(op.width);
        value.setBitVal(op.width - 1, has_word);
        if (has_word) {
          words.pop_front();
        }
        values_[index(id)] = std::move(value);
        return true;
      }
      case OpKind::kTryWrite:
        values_[index(id)] = APInt(1, shared_.is_full(op.stream) ? 0 : 1);
        if (!shared_.is_full(op.stream)) {
          words.push_back(operand(op, 0));
        }
        return true;
      case OpKind::kStreamEmpty:
        values_[index(id)] = APInt(1, words.empty() ? 1 : 0);
        return true;
      case OpKind::kStreamFull:
        values_[index(id)] = APInt(1, shared_.is_full(op.stream) ? 1 : 0);
        return true;
      default:
        fail("no access of a stream");
    }
  }

  void access_memory(OpId id, const Op& op) {
    const Memory& memory = process_.memories[index(op.memory)];
    std::vector<APInt>& words = memories_[index(op.memory)];
    const std::uint64_t address = operand(op, 0).getLimitedValue();
    const bool is_inside = address < memory.depth;
    if (is_inside && shared_.input.check_dependences) {
      watch_.access(block_, id, address);
    }
    if (op.kind == OpKind::kLoad) {
      values_[index(id)] = is_inside ? words[address] : shared_.any.get(op.width);
    } else if (is_inside) {
      words[address] = operand(op, 1);
    }
  }

  Shared& shared_;
  const Process& process_;
  std::vector<std::vector<APInt>>& memories_;
  DependenceWatch watch_;
  std::vector<APInt> values_;
  std::vector<const APInt*> operands_;  // of the operation at hand; here to keep its room
  BlockId block_{0};
  std::size_t next_ = 0;  // in the block's list
  bool is_done_ = false;
  OpId waits_for_ = OpId::kNone;
};

void check_input(const Kernel& kernel, const InterpreterInput& input) {
  check(input.streams.size() <= kernel.streams.size(), "words for streams that there are not");
  for (std::size_t stream = 0; stream < input.streams.size(); ++stream) {
    for (const APInt& word : input.streams[stream]) {
      check(word.getBitWidth() == kernel.streams[stream].width, "a word has its stream's width");
    }
  }
  check(input.scalars.size() == kernel.scalars.size(), "a value for every scalar argument");
  for (std::size_t scalar = 0; scalar < input.scalars.size(); ++scalar) {
    check(input.scalars[scalar].getBitWidth() == kernel.scalars[scalar].width, "a scalar has its width");
  }
}

}  // namespace

Interpreter::Interpreter(const Kernel& kernel) : kernel_(kernel) {
  for (const Process& process : kernel.processes) {
    std::vector<std::vector<APInt>>& memories = memories_.emplace_back();
    for (const Memory& memory : process.memories) {
      memories.push_back(memory.initial.value_or(std::vector<APInt>{}));
    }
  }
}

InterpreterResult Interpreter::run(const InterpreterInput& input) {
  check_input(kernel_, input);
  InterpreterResult result;
  result.outputs.resize(kernel_.outputs.size());
  Shared shared{kernel_, input, result, {}, AnyValue(input.any_seed)};
  shared.streams.resize(kernel_.streams.size());
  for (std::size_t stream = 0; stream < input.streams.size(); ++stream) {
    shared.streams[stream].assign(input.streams[stream].begin(), input.streams[stream].end());
  }
  std::deque<RunningProcess> running;
  for (std::size_t process = 0; process < kernel_.processes.size(); ++process) {
    const Process& it = kernel_.processes[process];
    for (std::size_t memory = 0; memory < it.memories.size(); ++memory) {
      std::vector<APInt>& words = memories_[process][memory];
      const int array = it.memories[memory].external;
      if (array >= 0 && static_cast<std::size_t>(array) < input.arrays.size()) {
        words = input.arrays[static_cast<std::size_t>(array)];
      }
      while (words.size() < it.memories[memory].depth) {
        words.push_back(shared.any.get(it.memories[memory].width));
      }
    }
    running.emplace_back(shared, it, memories_[process]);
  }

  for (bool has_moved = true; has_moved && result.steps < input.max_steps;) {
    has_moved = false;
    for (RunningProcess& process : running) {
      has_moved |= process.run();
    }
  }

  result.arrays.resize(kernel_.array_arguments.size());
  for (std::size_t process = 0; process < running.size(); ++process) {
    if (!running[process].is_done()) {
      result.end = result.steps < input.max_steps ? InterpreterEnd::kWaiting : InterpreterEnd::kStepLimit;
    }
    result.waiting += running[process].waiting();
    if (!result.uncovered) {
      result.uncovered = running[process].uncovered();
    }
    const std::vector<Memory>& memories = kernel_.processes[process].memories;
    for (std::size_t memory = 0; memory < memories.size(); ++memory) {
      if (memories[memory].external >= 0) {
        result.arrays[static_cast<std::size_t>(memories[memory].external)] = memories_[process][memory];
      }
    }
  }
  for (const std::deque<APInt>& words : shared.streams) {
    result.streams.emplace_back(words.begin(), words.end());
  }
  return result;
}

InterpreterResult interpret(const Kernel& kernel, const InterpreterInput& input) {
  return Interpreter(kernel).run(input);
}

}  // namespace sluice::hlsc
