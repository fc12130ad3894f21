// Pass 5: which processes a kernel has.
//
// A function without DATAFLOW is one process. A region with it is straight-line code of calls and local streams; each
// call becomes a process: a copy of the region in which the other calls are gone and this one is inlined. So all
// processes have the top's parameters, whatever scalars the region computes between the calls is computed in the
// process that needs it, and a region inside a process is the same again. Local streams are named by their StreamId
// before the copies are made. A value that one call makes and another takes, or an array that two calls share, has no
// hardware and is an error.
#include "hls/compiler/lower/processes.hpp"

#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <algorithm>
#include <set>

#include "hls/compiler/lower/calls.hpp"

namespace sluice::hlsc {
namespace {

constexpr const char* kRegion = "sluice-dataflow";
constexpr const char* kProcess = "sluice-process";
constexpr llvm::StringLiteral kStreamPrefix = "sluice_stream_";

bool is_region(const llvm::Function& function) { return function.hasFnAttribute(kRegion); }

// Whether a region's call of this function is a process: not a constructor or operator of hls/include.
bool is_process_function(const llvm::Function* function) {
  if (function == nullptr || function->isDeclaration()) {
    return false;
  }
  const llvm::DISubprogram* place = function->getSubprogram();
  return place == nullptr || !place->getFilename().contains("hls/include/");
}

llvm::CallInst* process_call(llvm::Instruction& instruction) {
  auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  return call != nullptr && is_process_function(call->getCalledFunction()) ? call : nullptr;
}

void mark(llvm::Function& function) {
  function.addFnAttr(kProcess);
  if (!is_region(function)) {
    return;
  }
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    if (llvm::CallInst* call = process_call(instruction)) {
      mark(*call->getCalledFunction());
    }
  }
}

class ProcessPlanner {
 public:
  explicit ProcessPlanner(Lowering& lowering) : lowering_(lowering) {}

  std::vector<ProcessPlan> run(llvm::Function& top) {
    bindings_ = bind_parameters(lowering_, top);
    plan(top, lowering_.kernel.name, top.getSubprogram());
    return std::move(plans_);
  }

 private:
  void plan(llvm::Function& function, const std::string& name, const llvm::DISubprogram* place) {
    if (!is_region(function)) {
      ProcessPlan result{.function = &function, .name = unique(name), .location = {}, .arguments = bindings_};
      if (place != nullptr) {
        result.location = llvm::DebugLoc(
            llvm::DILocation::get(function.getContext(), place->getLine(), 0, const_cast<llvm::DISubprogram*>(place)));
      }
      plans_.push_back(std::move(result));
      return;
    }
    straighten(function);
    if (lowering_.diagnostics.failed() || !check(function)) {
      return;
    }
    name_streams(function);
    const std::size_t count = calls(function).size();
    for (std::size_t i = 0; i < count && !lowering_.diagnostics.failed(); ++i) {
      split_off(function, i);
    }
  }

  static std::vector<llvm::CallInst*> calls(llvm::Function& function) {
    std::vector<llvm::CallInst*> result;
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
      if (llvm::CallInst* call = process_call(instruction)) {
        result.push_back(call);
      }
    }
    return result;
  }

  // Loops around calls are unrolled, as `for (i < 4) worker(in[i], out[i])` needs.
  void straighten(llvm::Function& region) {
    for (llvm::Instruction& instruction : llvm::instructions(region)) {
      if (call_kind(instruction) == CallKind::kLoop) {
        lowering_.loops[llvm::cast<llvm::ConstantInt>(instruction.getOperand(0))->getZExtValue()].unroll_factor = 0;
      }
    }
    lowering_.objects.clear();
    expand_copies(lowering_, region);
    optimise_early(region);
    unroll_loops(lowering_, region);
  }

  bool check(llvm::Function& region) {
    if (region.size() != 1) {
      for (llvm::BasicBlock& block : region) {
        auto* branch = llvm::dyn_cast<llvm::BranchInst>(block.getTerminator());
        if (branch == nullptr || branch->isConditional()) {
          lowering_.error(block.getTerminator()->getDebugLoc(),
                          "a condition in a DATAFLOW region; put it into the processes, which all start together");
          return false;
        }
      }
    }
    if (calls(region).empty()) {
      lowering_.error(region.getEntryBlock().getTerminator()->getDebugLoc(),
                      "a DATAFLOW region without calls has no processes");
      return false;
    }
    std::map<llvm::Value*, llvm::CallInst*> owners;
    for (llvm::CallInst* call : calls(region)) {
      for (llvm::Value* argument : call->args()) {
        check_argument(*call, *argument, owners);
      }
    }
    return !lowering_.diagnostics.failed();
  }

  void check_argument(llvm::CallInst& call, llvm::Value& argument, std::map<llvm::Value*, llvm::CallInst*>& owners) {
    std::set<llvm::Value*> seen;
    bool depends = false;
    if (is_copied(call, argument)) {
      depends = content_depends_on_call(*argument.stripInBoundsOffsets(), seen);
    } else if (argument.getType()->isPointerTy()) {
      llvm::Value* object = argument.stripInBoundsOffsets();
      auto* parameter = llvm::dyn_cast<llvm::Argument>(object);
      const bool is_stream = parameter != nullptr
                                 ? bindings_[parameter->getArgNo()].kind == ArgumentBinding::Kind::kStream
                                 : is_stream_alloca(*object);
      const bool is_constant =
          llvm::isa<llvm::GlobalVariable>(object) && llvm::cast<llvm::GlobalVariable>(object)->isConstant();
      llvm::CallInst*& owner = owners[object];
      if (!is_stream && !is_constant && owner != nullptr && owner != &call) {
        lowering_.error(call.getDebugLoc(),
                        "'" + object_name(lowering_, *object) +
                            "' is shared by two processes of a DATAFLOW region; pass the data in an "
                            "hls::stream");
      }
      owner = &call;
    } else {
      depends = depends_on_call(argument, seen);
    }
    if (depends) {
      lowering_.error(call.getDebugLoc(),
                      "a value that one process of a DATAFLOW region computes for another; pass it in an hls::stream");
    }
  }

  // A value in memory: what the address is of, not the address, is passed.
  static bool is_copied(const llvm::CallInst& call, const llvm::Value& argument) {
    for (unsigned i = 0; i < call.arg_size(); ++i) {
      if (call.getArgOperand(i) == &argument && call.isByValArgument(i)) {
        return true;
      }
    }
    return false;
  }

  bool depends_on_call(llvm::Value& value, std::set<llvm::Value*>& seen) const {
    auto* instruction = llvm::dyn_cast<llvm::Instruction>(&value);
    if (instruction == nullptr || !seen.insert(&value).second) {
      return false;
    }
    if (process_call(*instruction) != nullptr) {
      return true;
    }
    if (auto* load = llvm::dyn_cast<llvm::LoadInst>(instruction)) {
      return content_depends_on_call(*load->getPointerOperand()->stripInBoundsOffsets(), seen);
    }
    return std::ranges::any_of(instruction->operands(),
                               [&](llvm::Value* operand) { return depends_on_call(*operand, seen); });
  }

  // Whether a call, or a value that one makes, may have been stored in an object.
  bool content_depends_on_call(llvm::Value& object, std::set<llvm::Value*>& seen) const {
    if (auto* global = llvm::dyn_cast<llvm::GlobalVariable>(&object)) {
      return !global->isConstant();
    }
    const auto* parameter = llvm::dyn_cast<llvm::Argument>(&object);
    const bool is_local =
        llvm::isa<llvm::AllocaInst>(object) ||
        (parameter != nullptr && bindings_[parameter->getArgNo()].kind == ArgumentBinding::Kind::kScalar);
    return !is_local || is_changed_by_call(object, seen);
  }

  bool is_changed_by_call(llvm::Value& address, std::set<llvm::Value*>& seen) const {
    if (!seen.insert(&address).second) {
      return false;
    }
    return std::ranges::any_of(address.users(), [&](llvm::User* user) {
      if (auto* store = llvm::dyn_cast<llvm::StoreInst>(user)) {
        return store->getValueOperand() == &address || depends_on_call(*store->getValueOperand(), seen);
      }
      if (auto* call = llvm::dyn_cast<llvm::CallInst>(user)) {
        return process_call(*call) != nullptr && !is_copied(*call, address);
      }
      return llvm::isa<llvm::GEPOperator>(user) && is_changed_by_call(*user, seen);
    });
  }

  static bool is_stream_type(llvm::Type* type) {
    while (auto* array = llvm::dyn_cast<llvm::ArrayType>(type)) {
      type = array->getElementType();
    }
    auto* structure = llvm::dyn_cast<llvm::StructType>(type);
    return structure != nullptr && structure->hasName() && structure->getName().starts_with("class.hls::stream");
  }

  static bool is_stream_alloca(llvm::Value& object) {
    auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(&object);
    return alloca != nullptr &&
           (is_stream_type(alloca->getAllocatedType()) || alloca->getName().starts_with(kStreamPrefix));
  }

  void name_streams(llvm::Function& region) {
    for (llvm::Instruction& instruction : llvm::instructions(region)) {
      auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(&instruction);
      if (alloca == nullptr || !is_stream_type(alloca->getAllocatedType()) ||
          alloca->getName().starts_with(kStreamPrefix)) {
        continue;
      }
      name_stream(*alloca);
    }
  }

  void name_stream(llvm::AllocaInst& alloca) {
    std::vector<Stream>& streams = lowering_.kernel.streams;
    const std::size_t first = streams.size();
    const std::uint64_t count =
        alloca.getModule()->getDataLayout().getTypeAllocSize(alloca.getAllocatedType()).getFixedValue();  // a char each
    const std::string name = object_name(lowering_, alloca);
    for (std::uint64_t i = 0; i < count; ++i) {
      Stream stream;
      stream.name = unique(name + (count > 1 ? "_" + std::to_string(i) : ""));
      stream.direction = StreamDirection::kInternal;
      stream.location = lowering_.location(alloca.getDebugLoc());
      streams.push_back(std::move(stream));
    }
    read_depths(alloca, first, count);
    alloca.setName(llvm::Twine(kStreamPrefix) + llvm::Twine(first));
  }

  // From hls::stream<T, Depth> and STREAM; a pragma wins.
  void read_depths(llvm::AllocaInst& alloca, std::size_t first, std::uint64_t count) {
    std::vector<llvm::Instruction*> done;
    for (CallKind wanted : {CallKind::kDepth, CallKind::kObject}) {
      for (llvm::Instruction& instruction : llvm::instructions(*alloca.getFunction())) {
        if (call_kind(instruction) != wanted) {
          continue;
        }
        llvm::APInt offset(64, 0);
        llvm::Value* object =
            instruction.getOperand(wanted == CallKind::kDepth ? 0 : 1)
                ->stripAndAccumulateConstantOffsets(alloca.getModule()->getDataLayout(), offset, true);
        if (object != &alloca) {
          continue;
        }
        if (wanted == CallKind::kDepth) {
          const auto depth = llvm::cast<llvm::ConstantInt>(instruction.getOperand(1))->getSExtValue();
          lowering_.kernel.streams[first + offset.getZExtValue()].depth = std::max(1, static_cast<int>(depth));
        } else {
          const auto& [marker, place] =
              lowering_.object_markers[llvm::cast<llvm::ConstantInt>(instruction.getOperand(0))->getZExtValue()];
          if (marker.numbers.contains("depth") && marker.numbers.at("depth") < 1) {
            lowering_.error(place, "a stream's depth must be 1 or more");
          }
          for (std::uint64_t i = 0; i < count && marker.directive == "stream" && marker.numbers.contains("depth");
               ++i) {
            lowering_.kernel.streams[first + i].depth = std::max(1, marker.numbers.at("depth"));
          }
        }
        done.push_back(&instruction);
      }
    }
    for (llvm::Instruction* instruction : done) {
      instruction->eraseFromParent();
    }
  }

  // The region with one call only, inlined.
  void split_off(llvm::Function& region, std::size_t number) {
    llvm::ValueToValueMapTy map;
    llvm::Function* copy = llvm::CloneFunction(&region, map);
    copy->removeFnAttr(kRegion);
    std::vector<llvm::CallInst*> all = calls(*copy);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i != number) {
        all[i]->replaceAllUsesWith(llvm::PoisonValue::get(all[i]->getType()));
        all[i]->eraseFromParent();
      }
    }
    llvm::Function* callee = all[number]->getCalledFunction();
    if (is_region(*callee)) {
      copy->addFnAttr(kRegion);
    }
    llvm::InlineFunctionInfo info;
    llvm::InlineFunction(*all[number], info, false, nullptr, /*InsertLifetime=*/false);
    promote_pointers(*copy);
    plan(*copy, function_name(*callee), callee->getSubprogram());
  }

  std::string unique(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !names_.insert(name).second; ++i) {
      name = wanted + "_" + std::to_string(i);
    }
    return name;
  }

  Lowering& lowering_;
  std::vector<ArgumentBinding> bindings_;
  std::vector<ProcessPlan> plans_;
  std::set<std::string> names_;
};

}  // namespace

void mark_processes(Lowering& lowering) { mark(*lowering.compiled.module->getFunction(lowering.compiled.top_symbol)); }

std::vector<ProcessPlan> plan_processes(Lowering& lowering) {
  llvm::Module& module = *lowering.compiled.module;
  std::vector<ProcessPlan> plans = ProcessPlanner(lowering).run(*module.getFunction(lowering.compiled.top_symbol));
  // The regions and what they called hold uses of statics that are not there any more.
  for (llvm::Function& function : module) {
    if (std::ranges::none_of(plans, [&](const ProcessPlan& plan) { return plan.function == &function; })) {
      function.deleteBody();
    }
  }
  return plans;
}

std::optional<StreamId> local_stream(const llvm::Value& object) {
  llvm::StringRef name = object.getName();
  std::size_t number = 0;
  if (!llvm::isa<llvm::AllocaInst>(object) || !name.consume_front(kStreamPrefix) ||
      name.split('.').first.getAsInteger(10, number)) {
    return std::nullopt;
  }
  return static_cast<StreamId>(number);
}

}  // namespace sluice::hlsc
