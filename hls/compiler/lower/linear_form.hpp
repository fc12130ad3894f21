// Values as linear functions over GF(2): each bit the exclusive or of bits of other values.
//
// Purpose: a CRC by the bit, an LFSR or a table that holds one is a chain of conditional exclusive ors; written as a
//   matrix it is one. LinearForms looks through everything that is linear for what is known of the operands; what is
//   not is a leaf. For linear.cpp.
// Ownership: refers to the block's instructions; a change of them makes the forms stale. Threading: none.
// Errors: none; beyond a bound of cost values are leaves.
#pragma once

#include <llvm/IR/BasicBlock.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

using LeafBit = std::uint32_t;

// The exclusive or of leaves' bits and of `one`.
struct LinearBit {
  std::vector<LeafBit> leaves;  // ascending
  bool one = false;
  bool operator==(const LinearBit&) const = default;
};

using LinearForm = std::vector<LinearBit>;  // lowest bit first

class LinearForms {
 public:
  // Computes the form of each of `values` in `block` and of what they are computed from there. `process`: for the
  // contents of ROMs.
  LinearForms(llvm::BasicBlock& block, const std::set<llvm::Instruction*>& values, const Process& process);

  // Of a value that some form mentions or that was asked for.
  const LinearForm& form(llvm::Value* value);
  // Whether nothing is known of the value but itself; of instructions of the block.
  [[nodiscard]] bool is_leaf(llvm::Value* value) const {
    return !forms_.contains(value) || first_bits_.contains(value);
  }
  // Which value a leaf's bit is of, and which of its bits.
  struct Place {
    llvm::Value* value;
    unsigned bit;
  };
  [[nodiscard]] Place place(LeafBit bit) const;

 private:
  LinearForm leaf(llvm::Value* value);
  std::optional<LinearForm> evaluate(llvm::Instruction& instruction);
  std::optional<LinearForm> evaluate_operation(llvm::BinaryOperator& operation);
  std::optional<LinearForm> evaluate_shift(llvm::BinaryOperator& shift);
  std::optional<LinearForm> evaluate_arithmetic(llvm::BinaryOperator& operation);
  std::optional<LinearForm> evaluate_cast(llvm::CastInst& cast);
  std::optional<LinearForm> evaluate_select(llvm::SelectInst& select);
  std::optional<LinearForm> evaluate_comparison(llvm::ICmpInst& compare);
  std::optional<LinearForm> evaluate_intrinsic(llvm::IntrinsicInst& intrinsic);
  std::optional<LinearForm> evaluate_load(llvm::CallInst& load);

  const Process& process_;
  std::map<llvm::Value*, LinearForm> forms_;
  std::map<llvm::Value*, LeafBit> first_bits_;
  std::vector<llvm::Value*> leaves_;  // in order of their first bits
  std::size_t terms_ = 0;             // of all forms
};

}  // namespace sluice::hlsc
