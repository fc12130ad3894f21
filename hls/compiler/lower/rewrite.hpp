// A process while a pass of the kernel IR puts other operations in the place of its own.
//
// Purpose: the pass goes through the operations there were, adds new ones behind them and says what replaces which;
//   finish() puts all where they belong, lets every user see the replacement, and drops what nobody uses any more.
//   Bits of a value are taken from where they come from, through extensions and joins, so that wires don't pile up.
// Ownership: refers to the process. Ids stay what they were; ops grows, so that references to an Op don't last.
// Threading: none. Errors: none.
#pragma once

#include <llvm/ADT/APInt.h>

#include <map>
#include <utility>
#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

class Rewrite {
 public:
  explicit Rewrite(Process& process);

  [[nodiscard]] const Op& op(OpId id) const { return process_.ops[index(id)]; }

  // What users of a value will see: itself, or its replacement so far.
  [[nodiscard]] OpId seen(OpId id) const {
    return id != OpId::kNone && is_replaced(id) ? replacements_[index(id)] : id;
  }
  void replace(OpId old, OpId by) { replacements_[index(old)] = by; }

  OpId constant(llvm::APInt value);
  // At the same place of the source as another; without operands.
  [[nodiscard]] static Op operation(OpKind kind, unsigned width, const Op& from);
  // A new operation behind one that there was; its operands must be what it shall see.
  OpId add(Op op, OpId behind);

  // Bits [low, low + width) of a value, behind another.
  OpId part(OpId of, unsigned low, unsigned width, OpId behind);
  // A value with zeros below it.
  OpId with_zeros(OpId high, unsigned zeros, OpId behind);
  // The same bits as parts of what the value is joined from, the most significant first.
  void add_slices(OpId id, unsigned low, unsigned width, std::vector<OpId>& parts);
  OpId joined(const std::vector<OpId>& parts, OpId behind);
  // A value at another width, for users that look at that many bits only; made once, right behind the value.
  OpId narrowed(OpId id, unsigned width);

  void finish();

 private:
  [[nodiscard]] bool is_old(OpId id) const { return index(id) < after_.size(); }
  [[nodiscard]] bool is_replaced(OpId id) const { return is_old(id) && replacements_[index(id)] != OpId::kNone; }
  // The operation of the source behind which a new one stands.
  [[nodiscard]] OpId origin(OpId id) const { return is_old(id) ? id : origins_.at(id); }
  void insert_new(Block& block);
  void replace_uses(Op& user);
  void remove_unused();

  Process& process_;
  std::vector<std::vector<OpId>> after_;                // new ones, parallel to the operations there were
  std::vector<OpId> at_entry_;                          // new ones behind scalars
  std::vector<OpId> replacements_;                      // parallel to the operations there were
  std::map<OpId, OpId> origins_;                        // of new ones
  std::map<std::pair<OpId, unsigned>, OpId> narrowed_;  // of a value at a width
};

}  // namespace sluice::hlsc
