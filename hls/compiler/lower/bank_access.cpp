// Pass 13, last step: the calls that replace a load or store.
//
// An index whose bank is known gives one access of that bank; else every bank that it may be is accessed under the
// condition that it is the one. The bank of a cyclic partition is known where all that varies is a multiple of the
// factor, as after UNROLL by that factor.
#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/Support/MathExtras.h>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/memories.hpp"

namespace sluice::hlsc {
namespace {

std::optional<std::uint64_t> remainder(const llvm::SCEV* scev, std::uint64_t by) {
  if (auto* constant = llvm::dyn_cast<llvm::SCEVConstant>(scev)) {
    const llvm::APInt& value = constant->getAPInt();
    std::int64_t rest = value.getSExtValue() % static_cast<std::int64_t>(by);
    return static_cast<std::uint64_t>(rest < 0 ? rest + static_cast<std::int64_t>(by) : rest);
  }
  if (auto* cast = llvm::dyn_cast<llvm::SCEVIntegralCastExpr>(scev);
      cast != nullptr && !llvm::isa<llvm::SCEVTruncateExpr>(cast)) {
    return remainder(cast->getOperand(), by);
  }
  if (auto* recurrence = llvm::dyn_cast<llvm::SCEVAddRecExpr>(scev)) {
    for (unsigned i = 1; i < recurrence->getNumOperands(); ++i) {
      if (remainder(recurrence->getOperand(i), by) != 0) {
        return std::nullopt;
      }
    }
    return remainder(recurrence->getStart(), by);
  }
  if (auto* sum = llvm::dyn_cast<llvm::SCEVAddExpr>(scev)) {
    std::uint64_t total = 0;
    for (const llvm::SCEV* operand : sum->operands()) {
      std::optional<std::uint64_t> part = remainder(operand, by);
      if (!part) {
        return std::nullopt;
      }
      total += *part;
    }
    return total % by;
  }
  if (auto* product = llvm::dyn_cast<llvm::SCEVMulExpr>(scev)) {
    std::optional<std::uint64_t> total = 1;
    for (const llvm::SCEV* operand : product->operands()) {
      std::optional<std::uint64_t> part = remainder(operand, by);
      if (part == 0) {
        return 0;
      }
      total = total && part ? std::optional(*total * *part % by) : std::nullopt;
    }
    return total;
  }
  return std::nullopt;
}

// A dimension's part of a place.
struct Coordinate {
  std::optional<std::uint64_t> known_bank;
  llvm::Value* bank = nullptr;   // where not known
  llvm::Value* local = nullptr;  // i64
};

class AccessReplacer {
 public:
  AccessReplacer(const ProcessMemories& memories, const Access& access, llvm::ScalarEvolution& evolution)
      : memories_(memories), access_(access), evolution_(evolution), builder_(access.instruction) {}

  void run() {
    auto* store = llvm::dyn_cast<llvm::StoreInst>(access_.instruction);
    llvm::Value* loaded = nullptr;
    for (const AccessPlace& place : access_.places) {
      llvm::Value* value = access(place, store == nullptr ? nullptr : store->getValueOperand());
      if (store == nullptr) {
        loaded = loaded == nullptr ? value : builder_.CreateSelect(place.predicate, value, loaded);
      }
    }
    if (store == nullptr) {
      if (loaded != nullptr) {
        loaded->takeName(access_.instruction);
        access_.instruction->replaceAllUsesWith(loaded);
      } else {
        access_.instruction->replaceAllUsesWith(llvm::PoisonValue::get(access_.instruction->getType()));
      }
    }
    access_.instruction->eraseFromParent();
  }

 private:
  llvm::Value* index_value(const AffineIndex& index) {
    llvm::Value* sum = builder_.getInt64(static_cast<std::uint64_t>(index.constant));
    for (const auto& [value, factor] : index.terms) {
      llvm::Value* term = builder_.CreateSExtOrTrunc(value, builder_.getInt64Ty());
      term = factor == 1 ? term : builder_.CreateMul(term, builder_.getInt64(static_cast<std::uint64_t>(factor)));
      sum = builder_.CreateAdd(sum, term);
    }
    return sum;
  }

  std::optional<std::uint64_t> known_bank(const AffineIndex& index, const BankedDimension& dimension) {
    if (dimension.banks == 1) {
      return 0;
    }
    if (index.terms.empty()) {
      auto constant = static_cast<std::uint64_t>(index.constant) % dimension.count;  // outside: undefined, any will do
      return dimension.kind == Partition::Kind::kCyclic ? constant % dimension.banks : constant / dimension.per_bank;
    }
    if (dimension.kind == Partition::Kind::kCyclic) {
      auto by = static_cast<std::int64_t>(dimension.banks);
      auto total = static_cast<std::uint64_t>((index.constant % by + by) % by);
      for (const auto& [value, factor] : index.terms) {
        std::uint64_t times = static_cast<std::uint64_t>((factor % by + by) % by);
        std::optional<std::uint64_t> part = times == 0 ? 0 : remainder(evolution_.getSCEV(value), dimension.banks);
        if (!part) {
          return std::nullopt;
        }
        total += times * *part;
      }
      return total % dimension.banks;
    }
    llvm::ConstantRange range = evolution_.getSignedRange(evolution_.getSCEV(index_value(index)));
    if (range.getSignedMin().isNegative() || range.getSignedMax().uge(dimension.count)) {
      return std::nullopt;
    }
    std::uint64_t first = range.getSignedMin().getZExtValue() / dimension.per_bank;
    std::uint64_t last = range.getSignedMax().getZExtValue() / dimension.per_bank;
    return first == last ? std::optional(first) : std::nullopt;
  }

  Coordinate coordinate(const AffineIndex& index, const BankedDimension& dimension) {
    Coordinate result{.known_bank = known_bank(index, dimension), .bank = nullptr, .local = nullptr};
    llvm::Value* all = index_value(index);
    if (dimension.banks == 1) {
      result.local = all;
      return result;
    }
    // The index is inside the array: as many bits as that needs, so that divisions by the factor are narrow.
    unsigned bits = std::max(1U, llvm::Log2_64_Ceil(std::max(dimension.count, dimension.banks + 1)));
    llvm::Type* narrow = builder_.getIntNTy(std::min(64U, bits));
    llvm::Value* inside = builder_.CreateTrunc(all, narrow);
    bool is_cyclic = dimension.kind == Partition::Kind::kCyclic;
    llvm::Value* by = llvm::ConstantInt::get(narrow, is_cyclic ? dimension.banks : dimension.per_bank);
    llvm::Value* quotient = dimension.per_bank == 1 && !is_cyclic ? inside : builder_.CreateUDiv(inside, by);
    llvm::Value* rest =
        dimension.per_bank == 1 && !is_cyclic ? llvm::ConstantInt::get(narrow, 0) : builder_.CreateURem(inside, by);
    if (!result.known_bank) {
      result.bank = builder_.CreateZExt(is_cyclic ? rest : quotient, builder_.getInt64Ty());
    }
    result.local = builder_.CreateZExt(is_cyclic ? quotient : rest, builder_.getInt64Ty());
    return result;
  }

  // The value loaded, of the access's type, or nothing for a store.
  llvm::Value* access(const AccessPlace& place, llvm::Value* data) {
    const ArrayObject& object = memories_.objects[place.object];
    const LeafMemories& leaf = object.leaves[place.element.leaf];
    llvm::Value* linear = builder_.getInt64(0);
    llvm::Value* local = builder_.getInt64(0);
    llvm::Value* bank = builder_.getInt64(0);
    std::uint64_t known = 0;
    bool is_known = true;
    for (std::size_t i = 0; i < leaf.dimensions.size(); ++i) {
      const BankedDimension& dimension = leaf.dimensions[i];
      Coordinate here = coordinate(place.element.indices[i], dimension);
      auto scaled = [&](llvm::Value* sum, std::uint64_t by, llvm::Value* add) {
        return builder_.CreateAdd(builder_.CreateMul(sum, builder_.getInt64(by)), add);
      };
      linear = scaled(linear, dimension.count, index_value(place.element.indices[i]));
      local = scaled(local, dimension.per_bank, here.local);
      llvm::Value* here_bank = here.known_bank ? builder_.getInt64(*here.known_bank) : here.bank;
      bank = scaled(bank, dimension.banks, here_bank);
      known = known * dimension.banks + here.known_bank.value_or(0);
      is_known &= here.known_bank.has_value();
    }
    unsigned address_bits = std::max(1U, llvm::Log2_64_Ceil(leaf.bank_depth));
    llvm::Value* address = builder_.CreateTrunc(local, builder_.getIntNTy(address_bits));
    unsigned linear_bits = std::max(1U, llvm::Log2_64_Ceil(object.layout[place.element.leaf].count()));
    linear = builder_.CreateTrunc(linear, builder_.getIntNTy(linear_bits));
    llvm::Value* always = place.predicate == nullptr ? builder_.getTrue() : place.predicate;
    if (data != nullptr) {
      data = builder_.CreateTrunc(data, builder_.getIntNTy(leaf.width));
    }
    if (is_known) {
      return finish(place, one(leaf, known, always, linear, address, data));
    }
    llvm::Value* result = nullptr;
    for (std::uint64_t i = 0; i < leaf.banks.size(); ++i) {
      llvm::Value* is_this = builder_.CreateICmpEQ(bank, builder_.getInt64(i));
      llvm::Value* value = one(leaf, i, builder_.CreateLogicalAnd(always, is_this), linear, address, data);
      result = result == nullptr || value == nullptr ? value : builder_.CreateSelect(is_this, value, result);
    }
    return finish(place, result);
  }

  llvm::Value* one(const LeafMemories& leaf, std::uint64_t bank, llvm::Value* predicate, llvm::Value* linear,
                   llvm::Value* address, llvm::Value* data) {
    llvm::Value* memory = builder_.getInt32(static_cast<std::uint32_t>(leaf.banks[bank]));
    if (data == nullptr) {
      return create_call(builder_, CallKind::kLoad, builder_.getIntNTy(leaf.width),
                         {predicate, memory, linear, address});
    }
    create_call(builder_, CallKind::kStore, builder_.getVoidTy(), {predicate, memory, linear, address, data});
    return nullptr;
  }

  llvm::Value* finish(const AccessPlace& place, llvm::Value* value) {
    if (value == nullptr) {
      return nullptr;
    }
    const ArrayObject& object = memories_.objects[place.object];
    const LeafMemories& leaf = object.leaves[place.element.leaf];
    llvm::Type* memory = builder_.getIntNTy(object.layout[place.element.leaf].memory_bits);
    value = leaf.is_signed ? builder_.CreateSExtOrTrunc(value, memory) : builder_.CreateZExtOrTrunc(value, memory);
    value = place.element.low_bit == 0 ? value : builder_.CreateLShr(value, place.element.low_bit);
    return builder_.CreateTrunc(value, access_.instruction->getType());
  }

  const ProcessMemories& memories_;
  const Access& access_;
  llvm::ScalarEvolution& evolution_;
  llvm::IRBuilder<> builder_;
};

}  // namespace

void replace_access(const ProcessMemories& memories, const Access& access, llvm::ScalarEvolution& evolution) {
  AccessReplacer(memories, access, evolution).run();
}

}  // namespace sluice::hlsc
