// Pass 14b: recurrences that are linear over GF(2), in pipelined blocks, to one tree of exclusive ors.
//
// A CRC by the bit is a chain of steps (shift, and an exclusive or with the polynomial under a condition), each waiting
// for the one before: too long for a cycle. Every bit of its result is an exclusive or of bits of the state and the
// data, whatever the number of steps. The same holds for a CRC by a table, whose load takes a cycle of the recurrence:
// the table is a linear function of its index. Such values are written out as few terms of whole words: a value
// shifted and masked, or a bit of it spread under a mask, whichever covers more. Masks and shifts are wires; the next
// pass makes a tree of the exclusive ors, with the data first and the state last.
#include <llvm/IR/IRBuilder.h>
#include <llvm/Transforms/Utils/Local.h>

#include <algorithm>
#include <map>
#include <vector>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/linear_form.hpp"
#include "hls/compiler/lower/passes.hpp"
#include "hls/compiler/lower/recurrences.hpp"

namespace sluice::hlsc {
namespace {

constexpr int kTableLevels = 4;  // of logic, to say what a load costs
constexpr std::size_t kMostTerms = 256;

// A part of a leaf's matrix, one term of the exclusive or: the leaf moved up by `shift` where `mask` is set, or its bit
// `column` wherever `mask` is set.
struct Term {
  llvm::Value* leaf = nullptr;
  bool is_column = false;
  int shift = 0;
  unsigned column = 0;
  llvm::APInt mask;
};

// The bits of a result in which a leaf's bits occur: (row, column).
using Entries = std::vector<std::pair<unsigned, unsigned>>;

constexpr int kByCount = -1;

// Takes away a diagonal or a column at a time until none is left: the one with most entries, or as many diagonals as
// `diagonals_first` says and then columns.
std::vector<Term> terms_of(llvm::Value* leaf, Entries entries, unsigned width, int diagonals_first) {
  std::vector<Term> terms;
  while (!entries.empty() && terms.size() <= kMostTerms) {
    std::map<int, unsigned> diagonals;
    std::map<unsigned, unsigned> columns;
    for (auto [row, column] : entries) {
      ++diagonals[static_cast<int>(row) - static_cast<int>(column)];
      ++columns[column];
    }
    auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
    const auto diagonal = std::ranges::max_element(diagonals, by_count);
    const auto column = std::ranges::max_element(columns, by_count);
    Term term{.leaf = leaf,
              .is_column = diagonals_first == kByCount ? column->second > diagonal->second : diagonals_first == 0,
              .shift = diagonal->first,
              .column = column->first,
              .mask = llvm::APInt(width, 0)};
    diagonals_first = std::max(kByCount, diagonals_first == 0 ? 0 : diagonals_first - 1);
    std::erase_if(entries, [&](const std::pair<unsigned, unsigned>& entry) {
      const bool covered = term.is_column
                               ? entry.second == term.column
                               : static_cast<int>(entry.first) - static_cast<int>(entry.second) == term.shift;
      if (covered) {
        term.mask.setBit(entry.first);
      }
      return covered;
    });
    terms.push_back(std::move(term));
  }
  return terms;
}

std::vector<Term> fewest_terms(llvm::Value* leaf, const Entries& entries, unsigned width) {
  std::vector<Term> fewest = terms_of(leaf, entries, width, kByCount);
  for (int diagonals_first : {0, 1, 2}) {
    std::vector<Term> terms = terms_of(leaf, entries, width, diagonals_first);
    if (terms.size() < fewest.size()) {
      fewest = std::move(terms);
    }
  }
  return fewest;
}

int tree_levels(std::size_t leaves) {
  int levels = 0;
  for (std::size_t reach = 1; reach < leaves; reach *= 2) {
    ++levels;
  }
  return levels;
}

class Lineariser {
 public:
  Lineariser(llvm::BasicBlock& block, const Process& process)
      : block_(block), process_(process), recurrences_(find_recurrences(block)) {}

  void run() {
    std::map<int, std::set<llvm::Instruction*>> all;
    for (llvm::Instruction& instruction : block_) {
      all[recurrences_.at(&instruction)].insert(&instruction);
    }
    for (const auto& [number, members] : all) {
      const bool has_linear = std::ranges::any_of(
          members, [](const llvm::Instruction* member) { return member->getOpcode() == llvm::Instruction::Xor; });
      if (has_linear && members.size() > 3) {
        rebuild(members);
      }
    }
  }

 private:
  void rebuild(const std::set<llvm::Instruction*>& members) {
    LinearForms forms(block_, members, process_);
    std::vector<llvm::Instruction*> roots;
    for (llvm::Instruction& instruction : block_) {
      if (members.contains(&instruction)) {
        note_levels(instruction, members, forms);
        if (is_root(instruction, members, forms)) {
          roots.push_back(&instruction);
        }
      }
    }
    std::vector<llvm::Instruction*> replaced;
    for (llvm::Instruction* root : roots) {
      if (llvm::Value* value = build(*root, members, forms)) {
        root->replaceAllUsesWith(value);
        replaced.push_back(root);
      }
    }
    for (llvm::Instruction* root : replaced) {
      llvm::RecursivelyDeleteTriviallyDeadInstructions(root);
    }
  }

  // Linear, and used by something that is not.
  static bool is_root(llvm::Instruction& instruction, const std::set<llvm::Instruction*>& members,
                      const LinearForms& forms) {
    if (!instruction.getType()->isIntegerTy() || forms.is_leaf(&instruction) || llvm::isa<llvm::PHINode>(instruction)) {
      return false;
    }
    return std::ranges::any_of(instruction.users(), [&](llvm::User* user) {
      auto* next = llvm::cast<llvm::Instruction>(user);
      return !members.contains(next) || llvm::isa<llvm::PHINode>(next) || !next->getType()->isIntegerTy() ||
             forms.is_leaf(next);
    });
  }

  // Levels of logic from the recurrence's leaves.
  void note_levels(llvm::Instruction& instruction, const std::set<llvm::Instruction*>& members,
                   const LinearForms& forms) {
    int levels = 0;
    int operands = 0;
    for (llvm::Value* operand : instruction.operands()) {
      auto* source = llvm::dyn_cast<llvm::Instruction>(operand);
      operands += llvm::isa<llvm::Constant>(operand) ? 0 : 1;
      if (source != nullptr && members.contains(source) && !llvm::isa<llvm::PHINode>(instruction) &&
          !forms.is_leaf(&instruction)) {
        levels = std::max(levels, levels_[source]);
      }
    }
    const bool is_wires = operands < 2 && !llvm::isa<llvm::SelectInst>(instruction);
    const bool is_load = llvm::isa<llvm::CallInst>(instruction) && call_kind(instruction) == CallKind::kLoad;
    levels_[&instruction] = forms.is_leaf(&instruction) ? 0 : levels + (is_load ? kTableLevels : is_wires ? 0 : 1);
  }

  // Nothing where it would not be shorter.
  llvm::Value* build(llvm::Instruction& root, const std::set<llvm::Instruction*>& members, LinearForms& forms) {
    const LinearForm form = forms.form(&root);
    const auto width = static_cast<unsigned>(form.size());
    std::map<llvm::Value*, Entries> entries;
    std::vector<llvm::Value*> order;  // not that of pointers, which differs from run to run
    llvm::APInt constant(width, 0);
    for (unsigned row = 0; row < width; ++row) {
      for (LeafBit bit : form[row].leaves) {
        LinearForms::Place place = forms.place(bit);
        if (!entries.contains(place.value)) {
          order.push_back(place.value);
        }
        entries[place.value].emplace_back(row, place.bit);
      }
      constant.setBitVal(row, form[row].one);
    }
    std::vector<Term> terms;
    std::size_t on_recurrence = 0;
    for (llvm::Value* leaf : order) {
      const std::vector<Term> own = fewest_terms(leaf, entries[leaf], width);
      terms.insert(terms.end(), own.begin(), own.end());
      auto* instruction = llvm::dyn_cast<llvm::Instruction>(leaf);
      const bool is_member = instruction != nullptr && members.contains(instruction);
      on_recurrence += is_member ? own.size() : 0;
    }
    const std::size_t others = terms.size() > on_recurrence ? 1 : 0;
    if (terms.size() > kMostTerms || tree_levels(on_recurrence + others) >= levels_[&root]) {
      return nullptr;
    }
    llvm::IRBuilder<> builder(&root);
    llvm::Value* sum = constant.isZero() ? nullptr : builder.getInt(constant);
    for (const Term& term : terms) {
      llvm::Value* value = build_term(builder, term);
      sum = sum == nullptr ? value : builder.CreateXor(sum, value);
    }
    sum = sum == nullptr ? builder.getInt(constant) : sum;
    if (llvm::isa<llvm::Instruction>(sum) && !sum->hasName()) {
      sum->takeName(&root);
    }
    return sum;
  }

  static llvm::Value* build_term(llvm::IRBuilder<>& builder, const Term& term) {
    const unsigned width = term.mask.getBitWidth();
    const unsigned from = term.leaf->getType()->getIntegerBitWidth();
    llvm::Type* type = builder.getIntNTy(width);
    llvm::APInt reached = llvm::APInt::getAllOnes(width);
    llvm::Value* value = term.leaf;
    if (term.is_column) {
      value = builder.CreateTrunc(builder.CreateLShr(value, term.column), builder.getInt1Ty());
      value = builder.CreateSExt(value, type);
    } else {
      value = builder.CreateZExt(value, builder.getIntNTy(std::max(width, from)));
      reached = llvm::APInt::getAllOnes(from).zextOrTrunc(std::max(width, from));
      const auto amount = static_cast<std::uint64_t>(std::abs(term.shift));
      value = term.shift < 0 ? builder.CreateLShr(value, amount) : builder.CreateShl(value, amount);
      reached =
          (term.shift < 0 ? reached.lshr(static_cast<unsigned>(amount)) : reached.shl(static_cast<unsigned>(amount)))
              .trunc(width);
      value = builder.CreateTrunc(value, type);
    }
    return term.mask == reached ? value : builder.CreateAnd(value, builder.getInt(term.mask));
  }

  llvm::BasicBlock& block_;
  const Process& process_;
  Recurrences recurrences_;
  std::map<llvm::Instruction*, int> levels_;
};

}  // namespace

void linearise_recurrences(llvm::Function& function, const Process& process) {
  for (llvm::BasicBlock& block : function) {
    if (llvm::is_contained(llvm::successors(&block), &block)) {
      Lineariser(block, process).run();
    }
  }
}

}  // namespace sluice::hlsc
