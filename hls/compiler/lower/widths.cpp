// Pass 13, second step: how many bits the elements of an array have.
//
// clang keeps an ap_int<17> in an i32: every store extends, every load truncates. An element is as wide as the widest
// value stored (as unsigned or as signed number, whichever is less), where values copied from another array are as wide
// as that array's, and no wider than the loads look at.
#include <llvm/Analysis/ConstantFolding.h>
#include <llvm/Analysis/DemandedBits.h>
#include <llvm/Analysis/ValueTracking.h>

#include <map>
#include <set>

#include "hls/compiler/lower/memories.hpp"

namespace sluice::hlsc {
namespace {

using LeafId = std::pair<std::size_t, std::size_t>;  // object, leaf

struct Bits {
  unsigned as_unsigned = 1;
  unsigned as_signed = 1;
  void include(const Bits& other) {
    as_unsigned = std::max(as_unsigned, other.as_unsigned);
    as_signed = std::max(as_signed, other.as_signed);
  }
};

Bits bits_of(const llvm::APInt& value) {
  return {.as_unsigned = std::max(1U, value.getActiveBits()), .as_signed = value.getSignificantBits()};
}

class WidthChooser {
 public:
  WidthChooser(ProcessMemories& memories, llvm::Function& function)
      : memories_(memories),
        layout_(function.getParent()->getDataLayout()),
        assumptions_(function),
        dominators_(function),
        demanded_(function, assumptions_, dominators_) {}

  void run() {
    for (const Access& access : memories_.accesses) {
      for (const AccessPlace& place : access.places) {
        leaf_of_load_[access.instruction].emplace_back(place.object, place.element.leaf);
      }
    }
    for (std::size_t object = 0; object < memories_.objects.size(); ++object) {
      start(object);
    }
    for (const Access& access : memories_.accesses) {
      look_at(access);
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (const auto& [to, from] : copies_) {
        Bits before = stored_[to];
        stored_[to].include(stored_[from]);
        changed |= stored_[to].as_unsigned != before.as_unsigned || stored_[to].as_signed != before.as_signed;
      }
    }
    for (std::size_t object = 0; object < memories_.objects.size(); ++object) {
      finish(object);
    }
  }

 private:
  void start(std::size_t number) {
    ArrayObject& object = memories_.objects[number];
    object.leaves.resize(object.layout.size());
    for (std::size_t i = 0; i < object.layout.size(); ++i) {
      const Leaf& leaf = object.layout[i];
      if (leaf.declared_width) {
        stored_[{number, i}] = {
            .as_unsigned = leaf.is_signed ? leaf.memory_bits : *leaf.declared_width,
            .as_signed = leaf.is_signed ? *leaf.declared_width : std::min(leaf.memory_bits, *leaf.declared_width + 1)};
      }
      for (std::uint64_t element = 0; object.global != nullptr && element < leaf.count(); ++element) {
        stored_[{number, i}].include(bits_of(*initial_value(object, leaf, element, layout_)));
      }
    }
  }

  void look_at(const Access& access) {
    auto* store = llvm::dyn_cast<llvm::StoreInst>(access.instruction);
    for (const AccessPlace& place : access.places) {
      LeafId leaf{place.object, place.element.leaf};
      if (store == nullptr) {
        llvm::APInt demanded = demanded_.getDemandedBits(access.instruction);
        loaded_[leaf] = std::max({loaded_[leaf], 1U, demanded.getActiveBits() + place.element.low_bit});
      } else {
        std::set<const llvm::Value*> seen;
        include_value(leaf, *store->getValueOperand(), seen);
      }
    }
  }

  void include_value(LeafId leaf, llvm::Value& value, std::set<const llvm::Value*>& seen) {
    if (!seen.insert(&value).second || llvm::isa<llvm::UndefValue>(value)) {
      return;
    }
    if (auto found = leaf_of_load_.find(&value); found != leaf_of_load_.end()) {
      for (LeafId from : found->second) {
        copies_.emplace_back(leaf, from);
      }
      return;
    }
    if (auto* phi = llvm::dyn_cast<llvm::PHINode>(&value)) {
      for (llvm::Value* incoming : phi->incoming_values()) {
        include_value(leaf, *incoming, seen);
      }
      return;
    }
    if (auto* select = llvm::dyn_cast<llvm::SelectInst>(&value)) {
      include_value(leaf, *select->getTrueValue(), seen);
      include_value(leaf, *select->getFalseValue(), seen);
      return;
    }
    unsigned width = value.getType()->getIntegerBitWidth();
    unsigned zeros = llvm::computeKnownBits(&value, layout_).countMinLeadingZeros();
    stored_[leaf].include({.as_unsigned = std::max(1U, width - zeros),
                           .as_signed = width - llvm::ComputeNumSignBits(&value, layout_) + 1});
  }

  void finish(std::size_t number) {
    ArrayObject& object = memories_.objects[number];
    for (std::size_t i = 0; i < object.layout.size(); ++i) {
      const Leaf& leaf = object.layout[i];
      LeafMemories& memory = object.leaves[i];
      Bits stored = stored_[{number, i}];
      memory.is_signed = stored.as_signed < stored.as_unsigned;
      memory.width = std::min(stored.as_signed, stored.as_unsigned);
      if (leaf.declared_width) {
        memory.width = *leaf.declared_width;
        memory.is_signed = leaf.is_signed;
      } else if (auto loaded = loaded_.find({number, i}); loaded != loaded_.end()) {
        memory.width = std::min(memory.width, loaded->second);
      }
    }
  }

  ProcessMemories& memories_;
  const llvm::DataLayout& layout_;
  llvm::AssumptionCache assumptions_;
  llvm::DominatorTree dominators_;
  llvm::DemandedBits demanded_;
  std::map<const llvm::Value*, std::vector<LeafId>> leaf_of_load_;
  std::map<LeafId, Bits> stored_;
  std::map<LeafId, unsigned> loaded_;
  std::vector<std::pair<LeafId, LeafId>> copies_;  // to, from
};

}  // namespace

void choose_widths(ProcessMemories& memories, llvm::Function& function) { WidthChooser(memories, function).run(); }

std::optional<llvm::APInt> initial_value(const ArrayObject& object, const Leaf& leaf, std::uint64_t element,
                                         const llvm::DataLayout& layout) {
  if (object.global == nullptr) {
    return std::nullopt;
  }
  std::int64_t offset = leaf.offset_bytes;
  for (std::size_t i = leaf.dimensions.size(); i-- > 0;) {
    offset += static_cast<std::int64_t>(element % leaf.dimensions[i].count) * leaf.dimensions[i].stride_bytes;
    element /= leaf.dimensions[i].count;
  }
  llvm::Type* type = llvm::IntegerType::get(object.global->getContext(), leaf.memory_bits);
  llvm::Constant* value =
      llvm::ConstantFoldLoadFromConst(const_cast<llvm::Constant*>(object.global->getInitializer()), type,
                                      llvm::APInt(64, static_cast<std::uint64_t>(offset)), layout);
  auto* integer = llvm::dyn_cast_or_null<llvm::ConstantInt>(value);
  return integer == nullptr ? llvm::APInt(leaf.memory_bits, 0) : integer->getValue();
}

}  // namespace sluice::hlsc
