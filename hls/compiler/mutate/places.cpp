// Every change that the rules allow, place by place.
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "hls/compiler/ir/demanded.hpp"
#include "hls/compiler/ir/known_bits.hpp"
#include "hls/compiler/ir/properties.hpp"
#include "hls/compiler/mutate/mutate.hpp"

namespace sluice::hlsc {
namespace {

// Wider shifts than this read parts of their amount apart (emit/expression.cpp), which a patch would not reach.
constexpr unsigned kWidestPatchedShift = 32;

bool is_shift(OpKind kind) { return kind == OpKind::kShl || kind == OpKind::kLShr || kind == OpKind::kAShr; }

// Other operations on the same operands, with the rule that allows them.
struct Others {
  std::string_view rule;
  std::vector<OpKind> kinds;
};

Others others(OpKind kind) {
  switch (kind) {
    case OpKind::kAdd:
      return {"arithmetic", {OpKind::kSub, OpKind::kOr, OpKind::kXor}};
    case OpKind::kSub:
      return {"arithmetic", {OpKind::kAdd, OpKind::kXor}};
    case OpKind::kMul:
      return {"arithmetic", {OpKind::kAdd, OpKind::kSub, OpKind::kAnd}};
    case OpKind::kAnd:
      return {"logic", {OpKind::kOr, OpKind::kXor}};
    case OpKind::kOr:
      return {"logic", {OpKind::kAnd, OpKind::kXor}};
    case OpKind::kXor:
      return {"logic", {OpKind::kAnd, OpKind::kOr}};
    case OpKind::kShl:
      return {"shift", {OpKind::kLShr}};
    case OpKind::kLShr:
      return {"shift", {OpKind::kShl, OpKind::kAShr}};
    case OpKind::kAShr:
      return {"shift", {OpKind::kShl, OpKind::kLShr}};
    case OpKind::kEq:
      return {"comparison", {OpKind::kNe}};
    case OpKind::kNe:
      return {"comparison", {OpKind::kEq}};
    case OpKind::kUlt:
      return {"comparison", {OpKind::kUle, OpKind::kSlt}};
    case OpKind::kUle:
      return {"comparison", {OpKind::kUlt, OpKind::kSle}};
    case OpKind::kSlt:
      return {"comparison", {OpKind::kSle, OpKind::kUlt}};
    case OpKind::kSle:
      return {"comparison", {OpKind::kSlt, OpKind::kUle}};
    case OpKind::kCtlz:
      return {"count", {OpKind::kCttz}};
    case OpKind::kCttz:
      return {"count", {OpKind::kCtlz}};
    case OpKind::kZExt:
      return {"extension", {OpKind::kSExt}};
    case OpKind::kSExt:
      return {"extension", {OpKind::kZExt}};
    default:
      return {"", {}};
  }
}

// Operands that change places: of one width, and the result is another one.
std::optional<std::pair<std::size_t, std::size_t>> exchanged(const Process& process, const Op& op) {
  const auto same = [&](std::size_t a, std::size_t b) {
    return process.ops[index(op.operands[a])].width == process.ops[index(op.operands[b])].width &&
           op.operands[a] != op.operands[b];
  };
  const bool ordered = op.kind == OpKind::kSub || is_shift(op.kind) ||
                       (is_comparison(op.kind) && op.kind != OpKind::kEq && op.kind != OpKind::kNe);
  if (ordered && same(0, 1)) {
    return std::pair(std::size_t{0}, std::size_t{1});
  }
  if (op.kind == OpKind::kSelect && same(1, 2)) {
    return std::pair(std::size_t{1}, std::size_t{2});
  }
  for (std::size_t i = 1; op.kind == OpKind::kConcat && i < op.operands.size(); ++i) {
    if (same(i - 1, i)) {
      return std::pair(i - 1, i);
    }
  }
  return std::nullopt;
}

bool takes_patches(const Op& op) {
  switch (op.kind) {
    case OpKind::kConstant:
    case OpKind::kScalar:
    case OpKind::kZExt:
    case OpKind::kSExt:
    case OpKind::kTrunc:
    case OpKind::kExtract:
    case OpKind::kUDiv:
    case OpKind::kURem:
      return false;
    default:
      return !is_shift(op.kind) || op.width <= kWidestPatchedShift;
  }
}

class Places {
 public:
  explicit Places(const Kernel& kernel) : kernel_(kernel) {}

  std::vector<std::vector<Mutant>> run() {
    for (std::size_t p = 0; p < kernel_.processes.size(); ++p) {
      number_ = static_cast<int>(p);
      process_ = &kernel_.processes[p];
      demanded_ = demanded_bits(*process_);
      facts_ = known_bits(*process_);
      for (const Block& block : process_->blocks) {
        block_place_ = block.location.line > 0 ? block.location : process_->location;
        for (const OpId id : block.ops) {
          if (!demanded_[index(id)].isZero() && !is_blockless(op(id).kind)) {
            operation(id);
          }
        }
        branch(block);
      }
      for (std::size_t m = 0; m < process_->memories.size(); ++m) {
        contents(m);
      }
    }
    return std::move(places_);
  }

 private:
  const Op& op(OpId id) const { return process_->ops[index(id)]; }

  Mutant& add(MutantPlace place, std::string_view rule, std::string text, const Location& location) {
    Mutant& mutant = places_.back().emplace_back();
    mutant.place = place;
    mutant.process = number_;
    mutant.rule = rule;
    mutant.text = std::move(text);
    mutant.location = location.line > 0 ? location : block_place_;
    return mutant;
  }

  bool is_never_negative(OpId id) const { return facts_[index(id)].bits.isNonNegative() || is_bounded_counter(id); }

  // Of a pipelined loop that goes on only while the counter is below a constant, of which adding a step of the counter
  // does not make a negative number: it starts at none, and what comes round is the sum of a smaller number and a step.
  bool is_bounded_counter(OpId id) const {
    const Op& phi = op(id);
    const auto block = std::ranges::find_if(process_->blocks, [&](const Block& candidate) {
      return phi.kind == OpKind::kPhi && std::ranges::find(candidate.ops, id) != candidate.ops.end();
    });
    if (block == process_->blocks.end() || block->terminator.kind != TerminatorKind::kBranch) {
      return false;
    }
    const auto self = BlockId(static_cast<int>(block - process_->blocks.begin()));
    const Op& bound = op(block->terminator.condition);
    const bool is_below = bound.kind == OpKind::kUlt && bound.operands[0] == id && is_constant(bound.operands[1]) &&
                          block->terminator.if_true == self && block->terminator.if_false != self;
    const auto stays = [&](OpId value) {
      const Op& sum = op(value);
      if (!is_below || sum.kind != OpKind::kAdd || sum.operands[0] != id || !is_constant(sum.operands[1])) {
        return false;
      }
      const llvm::APInt& limit = op(bound.operands[1]).constant;
      const llvm::APInt& step = op(sum.operands[1]).constant;
      bool overflows = false;
      static_cast<void>(limit.sadd_ov(step, overflows));
      return limit.isNonNegative() && step.isNonNegative() && !overflows;
    };
    for (std::size_t i = 0; i < phi.operands.size(); ++i) {
      const bool is_good =
          phi.incoming[i] == self ? stays(phi.operands[i]) : facts_[index(phi.operands[i])].bits.isNonNegative();
      if (!is_good) {
        return false;
      }
    }
    return true;
  }

  bool is_constant(OpId id) const { return op(id).kind == OpKind::kConstant; }

  // Whether known bits make another kind of operation give the same.
  bool is_the_same(const Op& it, OpKind kind) const {
    if (is_extension(it.kind)) {
      const unsigned from = op(it.operands[0]).width;
      const llvm::APInt above = llvm::APInt::getBitsSetFrom(it.width, from);
      const OpId id = OpId(static_cast<int>(&it - process_->ops.data()));
      return is_never_negative(it.operands[0]) || !demanded_[index(id)].intersects(above);
    }
    if (it.operands.size() != 2) {
      return false;
    }
    const auto is_signed = [](OpKind of) { return of == OpKind::kSlt || of == OpKind::kSle; };
    if (is_comparison(it.kind)) {
      return is_signed(it.kind) != is_signed(kind) && is_never_negative(it.operands[0]) &&
             is_never_negative(it.operands[1]);
    }
    if (it.kind == OpKind::kLShr || it.kind == OpKind::kAShr) {
      const Op& amount = op(it.operands[1]);
      const auto by = static_cast<unsigned>(amount.constant.getLimitedValue(it.width));
      const OpId id = OpId(static_cast<int>(&it - process_->ops.data()));
      const bool is_cut = amount.kind == OpKind::kConstant &&
                          !demanded_[index(id)].intersects(llvm::APInt::getHighBitsSet(it.width, by));
      return kind != OpKind::kShl && (is_cut || is_never_negative(it.operands[0]));
    }
    const auto joins = [](OpKind of) { return of == OpKind::kAdd || of == OpKind::kOr || of == OpKind::kXor; };
    const bool disjoint =
        (facts_[index(it.operands[0])].bits.Zero | facts_[index(it.operands[1])].bits.Zero).isAllOnes();
    return joins(it.kind) && joins(kind) && disjoint;
  }

  void next_place() {
    if (places_.empty() || !places_.back().empty()) {
      places_.emplace_back();
    }
  }

  Mutant& replace(OpId id, std::string_view rule, std::string text) {
    Mutant& mutant =
        add(MutantPlace::kOperation, rule, describe(*process_, id) + ": " + std::move(text), op(id).location);
    mutant.op = id;
    mutant.replacement = op(id);
    return mutant;
  }

  void operation(OpId id) {
    const Op& it = op(id);
    next_place();
    const Others other = others(it.kind);
    for (const OpKind kind : other.kinds) {
      if (is_the_same(it, kind)) {
        continue;
      }
      replace(id, other.rule, std::string(kind_name(it.kind)) + " becomes " + std::string(kind_name(kind)))
          .replacement.kind = kind;
    }
    if (const auto pair = exchanged(*process_, it)) {
      Op& changed = replace(id, "exchange", "operands exchanged").replacement;
      std::swap(changed.operands[pair->first], changed.operands[pair->second]);
    }
    cut_elsewhere(id);
    if (may_have_predicate(it.kind) && it.kind != OpKind::kStreamEmpty && it.kind != OpKind::kStreamFull) {
      predicate(id);
    }
    for (std::size_t i = 0; takes_patches(it) && i < it.operands.size(); ++i) {
      patches(id, i);
    }
  }

  // kTrunc and kExtract: one bit beside.
  void cut_elsewhere(OpId id) {
    const Op& it = op(id);
    if (it.kind != OpKind::kTrunc && it.kind != OpKind::kExtract) {
      return;
    }
    const unsigned low = it.kind == OpKind::kTrunc ? 0 : it.low;
    const auto cut = [&](unsigned from, const char* text) {
      Op& changed = replace(id, "bits", text).replacement;
      changed.kind = OpKind::kExtract;
      changed.low = from;
    };
    if (low + it.width < op(it.operands[0]).width) {
      cut(low + 1, "bits one higher");
    }
    if (low > 0) {
      cut(low - 1, "bits one lower");
    }
  }

  void decide(MutantPlace place, OpId id, std::string_view rule, const std::string& what, const Location& location,
              std::initializer_list<Decision> decisions) {
    for (const Decision decision : decisions) {
      const char* to = decision == Decision::kTrue ? "always" : decision == Decision::kFalse ? "never" : "negated";
      Mutant& mutant = add(place, rule, what + " " + to, location);
      mutant.op = id;
      mutant.decision = decision;
    }
  }

  // A skipped load has any value, so that one that is never skipped is no fault.
  void predicate(OpId id) {
    const Op& it = op(id);
    if (it.kind == OpKind::kLoad && process_->memories[index(it.memory)].kind == MemoryKind::kRegisters) {
      return;  // wires
    }
    const std::string what = describe(*process_, id) + ": happens";
    if (it.predicate == OpId::kNone) {
      decide(MutantPlace::kPredicate, id, "predicate", what, it.location, {Decision::kFalse});
    } else if (it.kind == OpKind::kLoad) {
      decide(MutantPlace::kPredicate, id, "predicate", what, it.location, {Decision::kFalse, Decision::kNegated});
    } else {
      decide(MutantPlace::kPredicate, id, "predicate", what, it.location,
             {Decision::kFalse, Decision::kTrue, Decision::kNegated});
    }
  }

  std::string_view rule_of_patch(const Op& it, std::size_t operand) const {
    if (it.kind == OpKind::kPhi) {
      return "phi";
    }
    if (is_memory_access(it.kind) && operand == 0) {
      return "address";
    }
    return op(it.operands[operand]).kind == OpKind::kConstant ? "constant" : "operand";
  }

  void patches(OpId id, std::size_t operand) {
    const Op& it = op(id);
    const unsigned width = op(it.operands[operand]).width;
    if (is_memory_access(it.kind) && operand == 0) {
      const Memory& memory = process_->memories[index(it.memory)];
      const bool fixed = memory.kind == MemoryKind::kRegisters && op(it.operands[0]).kind == OpKind::kConstant;
      if (memory.depth == 1 || (fixed && it.kind == OpKind::kStore)) {
        return;  // no other place, or one that no register is wired to
      }
    }
    const std::string of = describe(*process_, id) + ": operand " + std::to_string(operand);
    const auto patch = [&](std::string text, bool flips, llvm::APInt by) {
      Mutant& mutant = add(MutantPlace::kOperand, rule_of_patch(it, operand), of + " " + std::move(text), it.location);
      mutant.op = id;
      mutant.patch = {operand, flips, std::move(by)};
    };
    const llvm::APInt demanded = demanded_of_operand(*process_, it, operand, demanded_[index(id)]);
    if (width > 1 && demanded[0]) {
      patch("one more", false, llvm::APInt(width, 1));
      patch("one less", false, llvm::APInt::getAllOnes(width));
    }
    for (unsigned bit = 0; bit < width; ++bit) {
      if (!demanded[bit]) {
        continue;
      }
      patch("bit " + std::to_string(bit) + " flipped", true, llvm::APInt::getOneBitSet(width, bit));
    }
  }

  void branch(const Block& block) {
    const Terminator& end = block.terminator;
    if (end.kind != TerminatorKind::kBranch || is_blockless(op(end.condition).kind)) {
      return;
    }
    next_place();
    decide(MutantPlace::kBranch, end.condition, "branch", describe(*process_, end.condition) + ": taken", end.location,
           {Decision::kNegated, Decision::kTrue, Decision::kFalse});
  }

  // Tables, and registers that a reset restores: what else has contents at power-up is written to.
  void contents(std::size_t number) {
    const Memory& memory = process_->memories[number];
    const bool written = std::ranges::any_of(
        process_->ops, [&](const Op& it) { return it.kind == OpKind::kStore && index(it.memory) == number; });
    const bool is_restored = memory.kind == MemoryKind::kRegisters && (memory.is_static || !written);
    if (!memory.initial || !(memory.kind == MemoryKind::kRom || is_restored)) {
      return;
    }
    next_place();
    for (std::uint64_t element = 0; element < memory.depth; ++element) {
      const auto bit = static_cast<unsigned>(element * 7 % memory.width);
      Mutant& mutant = add(MutantPlace::kContents, "contents",
                           memory.name + "[" + std::to_string(element) + "] bit " + std::to_string(bit) + " flipped",
                           memory.location);
      mutant.memory = MemoryId(static_cast<int>(number));
      mutant.element = element;
      mutant.patch = {0, true, llvm::APInt::getOneBitSet(memory.width, bit)};
    }
  }

  const Kernel& kernel_;
  const Process* process_ = nullptr;
  int number_ = 0;
  std::vector<llvm::APInt> demanded_;
  std::vector<ValueFacts> facts_;
  Location block_place_;  // of what has no line of its own
  std::vector<std::vector<Mutant>> places_;
};

}  // namespace

std::vector<std::vector<Mutant>> all_mutants(const Kernel& kernel) {
  std::vector<std::vector<Mutant>> places = Places(kernel).run();
  std::erase_if(places, [](const auto& place) { return place.empty(); });
  return places;
}

}  // namespace sluice::hlsc
