#include "hls/compiler/ir/parse_process.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

template <typename Item>
int find_named(const std::vector<Item>& items, std::string_view name, std::string_view what) {
  const auto found = std::ranges::find(items, name, &Item::name);
  if (found == items.end()) {
    throw Malformed{"there is no " + std::string(what) + " '" + std::string(name) + "'"};
  }
  return static_cast<int>(found - items.begin());
}

// The lines of one process. Names of blocks and labels may be used before they are defined, so it goes twice over them.
class ProcessParser {
 public:
  ProcessParser(const Kernel& kernel, std::vector<Line> lines, int& line_number)
      : kernel_(kernel), lines_(std::move(lines)), line_number_(line_number) {}

  Process parse() {
    collect_names();
    for (const Line& line : lines_) {
      line_number_ = line.number;
      Words words(line);
      parse_line(words);
      words.finish();
    }
    return std::move(process_);
  }

 private:
  static bool is_op(const Line& line) {
    return line.words.front().starts_with('%') || find_op_kind(line.words.front()).has_value();
  }

  // Numbered labels keep their number; the others follow in the order of their definition.
  void collect_names() {
    int next = 0;
    for (const Line& line : lines_) {
      line_number_ = line.number;
      if (line.words.front() == "block") {
        process_.blocks.emplace_back();
        process_.blocks.back().name = line.words.size() > 1 ? line.words[1] : "";
      } else if (is_numbered(line.words.front())) {
        next = std::max(next, number<int>(std::string_view(line.words.front()).substr(1)) + 1);
      }
    }
    constexpr int kMaxOps = 10'000'000;
    if (next > kMaxOps) {
      throw Malformed{"a label above " + std::to_string(kMaxOps)};
    }
    for (const Line& line : lines_) {
      line_number_ = line.number;
      if (!is_op(line)) {
        continue;
      }
      const std::string& label = line.words.front();
      const int id = is_numbered(label) ? number<int>(std::string_view(label).substr(1)) : next++;
      if (label.starts_with('%') && !labels_.emplace(label, OpId(id)).second) {
        throw Malformed{"label '" + label + "' is defined twice"};
      }
      ids_.push_back(OpId(id));
    }
    process_.ops.resize(static_cast<std::size_t>(next));
  }

  static bool is_numbered(std::string_view label) {
    return label.size() > 1 && label[0] == '%' && label[1] >= '0' && label[1] <= '9';
  }

  void parse_line(Words& words) {
    const std::string first(words.peek());
    if (first.starts_with('%') || find_op_kind(first)) {
      parse_op(words);
      return;
    }
    words.take();
    if (first == "process") {
      process_.name = words.take();
      process_.location = words.place();
    } else if (first == "uses") {
      while (!words.done()) {
        process_.scalar_arguments.push_back(find_named(kernel_.scalars, words.take(), "scalar"));
      }
    } else if (first == "memory") {
      parse_memory(words);
    } else if (first == "block") {
      parse_block(words);
    } else if (first == "depend") {
      parse_dependence(words);
    } else {
      parse_terminator(first, words);
    }
  }

  void parse_memory(Words& words) {
    Memory memory;
    memory.name = words.take();
    memory.location = words.place();
    memory.width = words.take_number<unsigned>();
    memory.depth = words.take_number<std::uint64_t>();
    const std::string kind = words.take();
    const std::optional<MemoryKind> found = find_memory_kind(kind);
    if (!found) {
      throw Malformed{"'" + kind + "' is no kind of memory"};
    }
    memory.kind = *found;
    if (words.take_if("ports")) {
      memory.ports.read = words.take_number<int>();
      memory.ports.write = words.take_number<int>();
      memory.ports.read_write = words.take_number<int>();
    }
    memory.is_static = words.take_if("static");
    if (words.take_if("external")) {
      memory.external = find_named(kernel_.array_arguments, words.take(), "array");
    }
    if (words.take_if("initial")) {
      memory.initial.emplace();
      while (!words.done()) {
        memory.initial->push_back(big_number(memory.width, words.take()));
      }
    }
    process_.memories.push_back(std::move(memory));
  }

  void parse_block(Words& words) {
    ++block_;
    Block& block = current_block();
    block.name = words.take();
    block.location = words.place();
    if (words.take_if("pipeline")) {
      block.pipeline.emplace();
      block.pipeline->target_ii = words.take_number<int>();
      block.pipeline->may_be_larger = words.take_if("or_more");
    }
    if (words.take_if("loop")) {
      block.loop_name = words.take_quoted();
      block.loop_depth = words.take_number<int>();
    }
    if (words.take_if("min_trips")) {
      block.min_trips = words.take_number<std::uint64_t>();
    }
    if (words.take_if("max_trips")) {
      block.max_trips = words.take_number<std::uint64_t>();
    }
  }

  void parse_op(Words& words) {
    const OpId id = ids_.at(next_op_++);
    Op op;
    op.location = words.place();
    if (words.peek().starts_with('%')) {
      const std::string label = words.take();
      if (words.peek().starts_with('"')) {
        op.name = words.take_quoted();
      } else if (!is_numbered(label)) {
        op.name = label.substr(1);
      }
      if (!words.take_if("=")) {
        throw Malformed{"'=' is missing"};
      }
    }
    const std::string kind = words.take();
    const std::optional<OpKind> found = find_op_kind(kind);
    if (!found) {
      throw Malformed{"'" + kind + "' is no operation"};
    }
    op.kind = *found;
    const bool has_result =
        op.kind != OpKind::kStore && op.kind != OpKind::kStreamWrite && op.kind != OpKind::kScalarWrite;
    op.width = has_result ? words.take_number<unsigned>() : 0;
    parse_attribute(op, words);
    while (!words.done() && words.peek() != "if") {
      parse_operand(op, words.take());
    }
    if (words.take_if("if")) {
      op.predicate = value(words.take());
    }
    if (!is_blockless(op.kind)) {
      current_block().ops.push_back(id);
    }
    process_.ops[index(id)] = std::move(op);
  }

  void parse_attribute(Op& op, Words& words) {
    if (op.kind == OpKind::kConstant) {
      op.constant = big_number(op.width, words.take());
    } else if (op.kind == OpKind::kScalar) {
      const int argument = find_named(kernel_.scalars, words.take(), "scalar");
      const auto used = std::ranges::find(process_.scalar_arguments, argument);
      if (used == process_.scalar_arguments.end()) {
        throw Malformed{"the process does not use the scalar"};
      }
      op.scalar = static_cast<int>(used - process_.scalar_arguments.begin());
    } else if (op.kind == OpKind::kScalarWrite) {
      op.scalar = find_named(kernel_.outputs, words.take(), "output");
    } else if (op.kind == OpKind::kExtract) {
      op.low = words.take_number<unsigned>();
    } else if (is_memory_access(op.kind)) {
      op.memory = MemoryId(find_named(process_.memories, words.take(), "memory"));
    } else if (is_stream_access(op.kind)) {
      op.stream = StreamId(find_named(kernel_.streams, words.take(), "stream"));
    }
  }

  void parse_operand(Op& op, const std::string& word) {
    if (op.kind != OpKind::kPhi) {
      op.operands.push_back(value(word));
      return;
    }
    const std::size_t colon = word.find(':');
    if (colon == std::string::npos) {
      throw Malformed{"an operand of a phi is block:value"};
    }
    op.incoming.push_back(block(word.substr(0, colon)));
    op.operands.push_back(value(word.substr(colon + 1)));
  }

  // A label, or a constant in place: 8:0xff.
  OpId value(const std::string& word) {
    if (word.starts_with('%')) {
      const auto found = labels_.find(word);
      if (found == labels_.end()) {
        throw Malformed{"'" + word + "' is not defined"};
      }
      return found->second;
    }
    const std::size_t colon = word.find(':');
    if (colon == std::string::npos) {
      throw Malformed{"'" + word + "' is neither %label nor width:constant"};
    }
    const auto [entry, is_new] = literals_.emplace(word, OpId(static_cast<int>(process_.ops.size())));
    if (is_new) {
      Op op;
      op.width = number<unsigned>(std::string_view(word).substr(0, colon));
      op.constant = big_number(op.width, std::string_view(word).substr(colon + 1));
      process_.ops.push_back(std::move(op));
    }
    return entry->second;
  }

  BlockId block(const std::string& name) const { return BlockId(find_named(process_.blocks, name, "block")); }

  Block& current_block() {
    if (block_ < 0) {
      throw Malformed{"outside of a block"};
    }
    return process_.blocks.at(static_cast<std::size_t>(block_));
  }

  void parse_terminator(const std::string& kind, Words& words) {
    Terminator& end = current_block().terminator;
    end.location = words.place();
    if (kind == "return") {
      end.kind = TerminatorKind::kReturn;
    } else if (kind == "jump") {
      end.kind = TerminatorKind::kJump;
      end.if_true = block(words.take());
    } else if (kind == "branch") {
      end.kind = TerminatorKind::kBranch;
      end.condition = value(words.take());
      end.if_true = block(words.take());
      end.if_false = block(words.take());
    } else {
      throw Malformed{"'" + kind + "' starts no line"};
    }
  }

  void parse_dependence(Words& words) {
    static const std::map<std::string, DependenceKind> kKinds = {{"raw", DependenceKind::kReadAfterWrite},
                                                                 {"war", DependenceKind::kWriteAfterRead},
                                                                 {"waw", DependenceKind::kWriteAfterWrite}};
    const std::string kind = words.take();
    const auto found = kKinds.find(kind);
    if (found == kKinds.end() || !current_block().pipeline) {
      throw Malformed{"'depend raw|war|waw' belongs into a pipelined block"};
    }
    MemoryDependence dependence{.kind = found->second};
    dependence.from = value(words.take());
    dependence.to = value(words.take());
    dependence.distance = words.take_number<int>();
    current_block().pipeline->dependences.push_back(dependence);
  }

  const Kernel& kernel_;
  std::vector<Line> lines_;
  int& line_number_;
  Process process_;
  int block_ = -1;
  std::size_t next_op_ = 0;
  std::vector<OpId> ids_;  // of the lines that are operations, in order
  std::map<std::string, OpId> labels_;
  std::map<std::string, OpId> literals_;
};

}  // namespace

Process parse_process(const Kernel& kernel, std::vector<Line> lines, int& line_number) {
  return ProcessParser(kernel, std::move(lines), line_number).parse();
}

}  // namespace sluice::hlsc
