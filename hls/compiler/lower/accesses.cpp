// Pass 13, first step: what every load and store means.
//
// An address is followed through GEPs to its object. A selected address means several places, each with a predicate; so
// does a phi of addresses in several objects (instcombine makes one of two loads in two branches). An address that is a
// phi in one object (a pointer that walks) becomes an integer phi.
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Operator.h>

#include <map>
#include <set>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/factors.hpp"
#include "hls/compiler/lower/memories.hpp"

namespace sluice::hlsc {
namespace {

struct Place {
  llvm::Value* predicate = nullptr;
  llvm::Value* base = nullptr;
  ByteOffset offset;
};

class AccessFinder {
 public:
  AccessFinder(Lowering& lowering, const ProcessPlan& plan, Analyses& analyses)
      : lowering_(lowering),
        plan_(plan),
        analyses_(analyses),
        data_layout_(plan.function->getParent()->getDataLayout()) {}

  ProcessMemories run() {
    std::vector<llvm::Instruction*> found;
    for (llvm::Instruction& instruction : llvm::instructions(*plan_.function)) {
      if (llvm::isa<llvm::LoadInst>(instruction) || llvm::isa<llvm::StoreInst>(instruction)) {
        found.push_back(&instruction);
      } else if (llvm::isa<llvm::MemIntrinsic>(instruction)) {
        lowering_.error(instruction.getDebugLoc(),
                        "a copy of bytes is not supported here; copy the elements in a loop");
      }
    }
    // An array argument has its ports also where nothing depends on it.
    for (llvm::Argument& argument : plan_.function->args()) {
      if (plan_.arguments[argument.getArgNo()].kind == ArgumentBinding::Kind::kArray) {
        object_of(argument, plan_.location);
      }
    }
    for (llvm::Instruction* instruction : found) {
      add(*instruction);
    }
    return std::move(memories_);
  }

 private:
  void add(llvm::Instruction& instruction) {
    Access access{.instruction = &instruction, .places = {}};
    auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction);
    llvm::Type* type = store == nullptr ? instruction.getType() : store->getValueOperand()->getType();
    if (!type->isIntegerTy()) {
      lowering_.error(instruction.getDebugLoc(), type->isPointerTy()
                                                     ? "pointers can't be kept in memory; use an index into an array"
                                                     : "only integers can be kept in memory");
      return;
    }
    for (Place& place : places(*llvm::getLoadStorePointerOperand(&instruction), instruction)) {
      std::optional<std::size_t> object = object_of(*place.base, instruction.getDebugLoc());
      if (!object) {
        return;
      }
      std::optional<Element> element = find_element(memories_.objects[*object].layout, place.offset,
                                                    type->getIntegerBitWidth(), analyses_.evolution);
      const bool is_partial_store =
          store != nullptr && element &&
          type->getIntegerBitWidth() != memories_.objects[*object].layout[element->leaf].memory_bits;
      if (!element || is_partial_store) {
        lowering_.error(instruction.getDebugLoc(), "this access of '" + memories_.objects[*object].name +
                                                       "' is not known to be of one of its elements; access elements "
                                                       "as they are declared, without casts of pointers, and give an "
                                                       "index into a member a range (ap_uint<N>, or a mask)");
        return;
      }
      access.places.push_back({.predicate = place.predicate, .object = *object, .element = std::move(*element)});
    }
    memories_.accesses.push_back(std::move(access));
  }

  std::vector<Place> places(llvm::Value& address, llvm::Instruction& user) {
    if (auto* gep = llvm::dyn_cast<llvm::GEPOperator>(&address)) {
      std::vector<Place> result = places(*gep->getPointerOperand(), user);
      llvm::MapVector<llvm::Value*, llvm::APInt> terms;
      llvm::APInt constant(64, 0);
      if (!gep->collectOffset(data_layout_, 64, terms, constant)) {
        lowering_.error(user.getDebugLoc(), "an address that can't be followed to its array");
        return {};
      }
      for (Place& place : result) {
        place.offset.constant += constant.getSExtValue();
        for (auto& [value, bytes] : terms) {
          auto [index, step] = bytes == 1 ? in_elements(*value, user) : std::pair{value, bytes.getSExtValue()};
          place.offset.in_bytes |= index != value;
          place.offset.terms.emplace_back(index, step);
        }
      }
      return result;
    }
    if (auto* select = llvm::dyn_cast<llvm::SelectInst>(&address)) {
      return select_places(*select, user);
    }
    if (auto* phi = llvm::dyn_cast<llvm::PHINode>(&address)) {
      return phi_places(*phi, user);
    }
    return {{.predicate = nullptr, .base = &address, .offset = {}}};
  }

  // LLVM counts some pointers in bytes: the number of elements instead, where it is known to be whole.
  std::pair<llvm::Value*, std::int64_t> in_elements(llvm::Value& value, llvm::Instruction& before) {
    const std::uint64_t factor = known_factor(value, analyses_.evolution);
    if (factor <= 1) {
      return {&value, 1};
    }
    return {divide_exactly(value, factor, before), static_cast<std::int64_t>(factor)};
  }

  std::vector<Place> select_places(llvm::SelectInst& select, llvm::Instruction& user) {
    llvm::IRBuilder<> builder(&user);
    auto both = [&](llvm::Value* condition, llvm::Value* predicate) {
      return predicate == nullptr ? condition : builder.CreateLogicalAnd(condition, predicate);
    };
    std::vector<Place> result = places(*select.getTrueValue(), user);
    for (Place& place : result) {
      place.predicate = both(select.getCondition(), place.predicate);
    }
    llvm::Value* otherwise = builder.CreateNot(select.getCondition());
    for (Place& place : places(*select.getFalseValue(), user)) {
      place.predicate = both(otherwise, place.predicate);
      result.push_back(std::move(place));
    }
    return result;
  }

  // The object that a pointer comes from, through phis; nothing where there are several.
  static llvm::Value* only_base(llvm::Value& address, std::set<llvm::Value*>& seen) {
    if (!seen.insert(&address).second) {
      return nullptr;
    }
    if (auto* gep = llvm::dyn_cast<llvm::GEPOperator>(&address)) {
      return only_base(*gep->getPointerOperand(), seen);
    }
    auto* phi = llvm::dyn_cast<llvm::PHINode>(&address);
    if (phi == nullptr) {
      return &address;
    }
    llvm::Value* base = nullptr;
    for (llvm::Value* incoming : phi->incoming_values()) {
      llvm::Value* other = only_base(*incoming, seen);
      if (other != nullptr && base != nullptr && other != base) {
        return phi;  // no object: reported as such
      }
      base = other == nullptr ? base : other;
    }
    return base;
  }

  std::vector<Place> phi_places(llvm::PHINode& phi, llvm::Instruction& user) {
    std::set<llvm::Value*> seen;
    llvm::Value* base = only_base(phi, seen);
    if (base == nullptr || llvm::isa<llvm::PHINode>(base) || llvm::isa<llvm::SelectInst>(base)) {
      if (!is_cyclic(phi)) {
        return places_of_several(phi);
      }
      lowering_.error(user.getDebugLoc() ? user.getDebugLoc() : place_before(user),
                      "a pointer that may point into one of several arrays; use an index and a condition");
      return {};
    }
    std::optional<std::size_t> object = object_of(*base, user.getDebugLoc());
    if (!object) {
      return {};
    }
    const Leaf& leaf = memories_.objects[*object].layout.front();
    std::int64_t unit = leaf.dimensions.empty() ? 1 : leaf.dimensions.back().stride_bytes;
    return {{.predicate = nullptr,
             .base = base,
             .offset = {.constant = 0, .terms = {{index_of(phi, unit), unit}}, .in_bytes = true}}};
  }

  // Whether its value may be made from what it was.
  static bool is_cyclic(llvm::PHINode& phi) {
    std::set<llvm::Value*> seen;
    std::vector<llvm::Value*> work(phi.incoming_values().begin(), phi.incoming_values().end());
    while (!work.empty()) {
      llvm::Value* value = work.back();
      work.pop_back();
      if (value == &phi) {
        return true;
      }
      auto* instruction = llvm::dyn_cast<llvm::Instruction>(value);
      if (instruction != nullptr && value->getType()->isPointerTy() && seen.insert(value).second) {
        work.insert(work.end(), instruction->op_begin(), instruction->op_end());
      }
    }
    return false;
  }

  // The places of each incoming address, under the condition that control came from there; what they are computed from
  // gets phis of its own.
  std::vector<Place> places_of_several(llvm::PHINode& phi) {
    std::vector<Place> result;
    llvm::LLVMContext& context = phi.getContext();
    for (unsigned i = 0; i < phi.getNumIncomingValues(); ++i) {
      llvm::BasicBlock* from = phi.getIncomingBlock(i);
      for (Place& place : places(*phi.getIncomingValue(i), *from->getTerminator())) {
        llvm::Value* condition = place.predicate == nullptr ? llvm::ConstantInt::getTrue(context) : place.predicate;
        place.predicate = only_from(phi, from, *condition, *llvm::ConstantInt::getFalse(context));
        for (auto& [value, bytes] : place.offset.terms) {
          value = only_from(phi, from, *value, *llvm::PoisonValue::get(value->getType()));
        }
        result.push_back(std::move(place));
      }
    }
    return result;
  }

  static llvm::Value* only_from(llvm::PHINode& beside, llvm::BasicBlock* from, llvm::Value& value, llvm::Value& else_) {
    auto* phi = llvm::PHINode::Create(value.getType(), beside.getNumIncomingValues(), "", beside.getIterator());
    for (llvm::BasicBlock* block : beside.blocks()) {
      phi->addIncoming(block == from ? &value : &else_, block);
    }
    return phi;
  }

  // Instructions that LLVM made of several have no place of their own.
  static llvm::DebugLoc place_before(llvm::Instruction& instruction) {
    llvm::Instruction* at = &instruction;
    while (at != nullptr && !at->getDebugLoc()) {
      at = at->getPrevNode();
    }
    return at != nullptr ? at->getDebugLoc() : instruction.getParent()->getTerminator()->getDebugLoc();
  }

  // The address as a number of units from its object, in an integer phi beside every pointer phi.
  llvm::Value* index_of(llvm::Value& address, std::int64_t unit) {
    llvm::Type* type = llvm::Type::getInt64Ty(address.getContext());
    if (auto known = indices_.find(&address); known != indices_.end()) {
      return known->second;
    }
    if (auto* phi = llvm::dyn_cast<llvm::PHINode>(&address)) {
      llvm::PHINode* index =
          llvm::PHINode::Create(type, phi->getNumIncomingValues(), phi->getName(), phi->getIterator());
      indices_[phi] = index;
      for (unsigned i = 0; i < phi->getNumIncomingValues(); ++i) {
        index->addIncoming(index_of(*phi->getIncomingValue(i), unit), phi->getIncomingBlock(i));
      }
      return index;
    }
    auto* gep = llvm::dyn_cast<llvm::GEPOperator>(&address);
    if (gep == nullptr) {
      return llvm::ConstantInt::get(type, 0);
    }
    llvm::Value* base = index_of(*gep->getPointerOperand(), unit);
    llvm::MapVector<llvm::Value*, llvm::APInt> found;
    std::vector<std::pair<llvm::Value*, std::int64_t>> terms;
    llvm::APInt constant(64, 0);
    auto* instruction = llvm::dyn_cast<llvm::Instruction>(gep);
    bool whole = gep->collectOffset(data_layout_, 64, found, constant) && constant.getSExtValue() % unit == 0;
    for (auto& [value, bytes] : found) {
      terms.emplace_back(instruction == nullptr || bytes != 1 ? std::pair(value, bytes.getSExtValue())
                                                              : in_elements(*value, *instruction));
      whole &= terms.back().second % unit == 0;
    }
    if (!whole || (instruction == nullptr && !terms.empty())) {
      lowering_.error(instruction == nullptr ? llvm::DebugLoc() : instruction->getDebugLoc(),
                      "a pointer that moves by other than whole elements");
      return base;
    }
    llvm::IRBuilder<> builder(type->getContext());
    if (instruction == nullptr) {  // a constant expression: its object is at 0
      return llvm::ConstantInt::getSigned(type, constant.getSExtValue() / unit);
    }
    builder.SetInsertPoint(instruction);
    llvm::Value* sum = builder.CreateAdd(base, llvm::ConstantInt::getSigned(type, constant.getSExtValue() / unit));
    for (auto& [value, bytes] : terms) {
      llvm::Value* term = builder.CreateSExtOrTrunc(value, type);
      sum = builder.CreateAdd(sum, builder.CreateMul(term, llvm::ConstantInt::getSigned(type, bytes / unit)));
    }
    indices_[&address] = sum;
    return sum;
  }

  std::optional<std::size_t> object_of(llvm::Value& base, const llvm::DebugLoc& user) {
    auto found = numbers_.find(&base);
    if (found != numbers_.end()) {
      return found->second;
    }
    ArrayObject object;
    object.base = &base;
    object.name = object_name(lowering_, base);
    object.location = user;
    if (auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(&base); alloca != nullptr && alloca->isStaticAlloca()) {
      object.layout = layout_of(alloca->getAllocatedType(), data_layout_);
      object.location = alloca->getDebugLoc() ? alloca->getDebugLoc() : object.location;
    } else if (auto* global = llvm::dyn_cast<llvm::GlobalVariable>(&base);
               global != nullptr && global->hasInitializer()) {
      object.layout = layout_of(global->getValueType(), data_layout_);
      object.global = global;
    } else if (auto* argument = llvm::dyn_cast<llvm::Argument>(&base);
               argument != nullptr && plan_.arguments[argument->getArgNo()].kind == ArgumentBinding::Kind::kArray) {
      auto parameter = static_cast<std::size_t>(plan_.arguments[argument->getArgNo()].parameter);
      object.parameter = &lowering_.compiled.parameters[parameter];
      object.layout = layout_of(*object.parameter);
      object.name = object.parameter->name;
    } else {
      lowering_.error(user, "an access of memory that is no array or variable of the kernel");
      return std::nullopt;
    }
    auto directives = lowering_.objects.find(object_key(base));
    object.directives = directives == lowering_.objects.end() ? nullptr : &directives->second;
    numbers_[&base] = memories_.objects.size();
    memories_.objects.push_back(std::move(object));
    return memories_.objects.size() - 1;
  }

  Lowering& lowering_;
  const ProcessPlan& plan_;
  Analyses& analyses_;
  const llvm::DataLayout& data_layout_;
  ProcessMemories memories_;
  std::map<const llvm::Value*, std::size_t> numbers_;
  std::map<const llvm::Value*, llvm::Value*> indices_;
};

}  // namespace

ProcessMemories find_accesses(Lowering& lowering, const ProcessPlan& plan, Analyses& analyses) {
  return AccessFinder(lowering, plan, analyses).run();
}

}  // namespace sluice::hlsc
