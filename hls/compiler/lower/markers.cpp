// Pass 3: reads the pragma markers while loops and functions are as the source wrote them.
//
// Every loop, with pragmas or without, gets a call of sluice.loop in its header with the number of its LoopDirectives:
// loop metadata would be dropped silently, and a number for every loop lets a later pass tell an inner loop's number,
// left behind where the inner loop dissolved, from the loop's own. Pragmas about objects wait as sluice.object until
// inlining has shown which object an argument is. The markers themselves go: they take addresses.
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/InstIterator.h>

#include "hls/compiler/lower/calls.hpp"
#include "hls/compiler/lower/passes.hpp"

namespace sluice::hlsc {
namespace {

int number(const PragmaMarker& marker, const std::string& option, int otherwise) {
  auto found = marker.numbers.find(option);
  return found == marker.numbers.end() ? otherwise : found->second;
}

class MarkerReader {
 public:
  MarkerReader(Lowering& lowering, llvm::Function& function)
      : lowering_(lowering), function_(function), dominators_(function), loops_(dominators_) {}

  void run() {
    for (llvm::Loop* loop : loops_.getLoopsInPreorder()) {
      number_loop(*loop);
    }
    for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::instructions(function_))) {
      auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
      if (call == nullptr) {
        continue;
      }
      if (std::optional<PragmaMarker> marker = read_marker(*call)) {
        read(*call, *marker);
        call->eraseFromParent();
      }
    }
  }

 private:
  LoopDirectives& directives(const llvm::Loop& loop) { return lowering_.loops[numbers_.at(&loop)]; }

  void number_loop(llvm::Loop& loop) {
    LoopDirectives result;
    result.location = loop.getStartLoc();
    result.depth = static_cast<int>(loop.getLoopDepth());
    Location place = lowering_.location(result.location);
    result.name = "loop_" + std::to_string(place.line);
    if (const llvm::DILocation* start = result.location.get()) {
      auto label = lowering_.compiled.loop_labels.find(SourcePosition{.file = start->getFilename().str(),
                                                                      .line = static_cast<int>(start->getLine()),
                                                                      .column = static_cast<int>(start->getColumn())});
      if (label != lowering_.compiled.loop_labels.end()) {
        result.name = label->second;
      }
    }
    numbers_[&loop] = lowering_.loops.size();
    llvm::IRBuilder<> builder(&*loop.getHeader()->getFirstInsertionPt());
    builder.SetCurrentDebugLocation(result.location);
    create_call(builder, CallKind::kLoop, builder.getVoidTy(),
                {builder.getInt32(static_cast<std::uint32_t>(lowering_.loops.size()))});
    lowering_.loops.push_back(std::move(result));
    loop.setLoopID(nullptr);
  }

  void read(llvm::CallInst& call, const PragmaMarker& marker) {
    const std::string& directive = marker.directive;
    llvm::Loop* loop = loops_.getLoopFor(call.getParent());
    if (directive == "pipeline" || directive == "unroll" || directive == "loop_tripcount" ||
        directive == "loop_flatten" || (directive == "dependence" && marker.object == nullptr)) {
      if (loop == nullptr && is_in_loop_of_source(call)) {
        return;  // one that never repeats
      }
      if (loop == nullptr) {
        read_function_directive(call, marker);
      } else {
        read_loop_directive(call, marker, directives(*loop));
      }
    } else if (directive == "dataflow") {
      if (loop != nullptr) {
        lowering_.error(call.getDebugLoc(),
                        "DATAFLOW inside a loop is not supported; make the loop part of each process");
      }
      function_.addFnAttr("sluice-dataflow");
    } else if (directive == "inline") {
      if (marker.words.contains("off")) {
        lowering_.warning(call.getDebugLoc(),
                          "INLINE off is ignored: every function outside of a DATAFLOW region is inlined");
      }
    } else if (directive == "interface") {
      read_interface(call, marker);
    } else {
      keep_object_marker(call, marker);
    }
  }

  bool is_in_loop_of_source(const llvm::CallInst& call) const {
    const llvm::DILocation* place = call.getDebugLoc().get();
    return place != nullptr &&
           lowering_.compiled.pragmas_in_loops.contains(SourcePosition{.file = place->getFilename().str(),
                                                                       .line = static_cast<int>(place->getLine()),
                                                                       .column = static_cast<int>(place->getColumn())});
  }

  void read_function_directive(llvm::CallInst& call, const PragmaMarker& marker) {
    if (marker.directive != "pipeline") {
      std::string name = llvm::StringRef(marker.directive).upper();
      lowering_.error(call.getDebugLoc(), name + " is in no loop");
      return;
    }
    if (marker.words.contains("off")) {
      return;
    }
    // The function becomes one iteration of whatever calls it; all its loops dissolve.
    lowering_.warning(
        call.getDebugLoc(),
        "PIPELINE of a function unrolls its loops; an II from call to call is promised only where the call "
        "is in a pipelined loop");
    for (llvm::Loop* top : loops_) {
      directives(*top).dissolve = true;
    }
  }

  void read_loop_directive(llvm::CallInst& call, const PragmaMarker& marker, LoopDirectives& loop) {
    bool off = marker.words.contains("off");
    if (marker.directive == "pipeline") {
      loop.pipeline_ii = off ? std::nullopt : std::optional(number(marker, "ii", 1));
      loop.ii_may_be_larger = !marker.numbers.contains("ii");
      if (loop.pipeline_ii && *loop.pipeline_ii < 1) {
        lowering_.error(call.getDebugLoc(), "the II must be 1 or more");
      }
    } else if (marker.directive == "unroll") {
      loop.unroll_factor = off ? std::nullopt : std::optional(number(marker, "factor", 0));
    } else if (marker.directive == "loop_flatten") {
      loop.flatten = !off;
    } else if (marker.directive == "loop_tripcount") {
      loop.min_trips = static_cast<std::uint64_t>(number(marker, "min", 0));
      loop.max_trips = static_cast<std::uint64_t>(number(marker, "max", number(marker, "min", 0)));
    } else {
      lowering_.error(call.getDebugLoc(), "DEPENDENCE needs variable=NAME: name the array that it is about");
    }
  }

  void read_interface(llvm::CallInst& call, const PragmaMarker& marker) {
    auto mode = marker.words.find("mode");
    if (mode == marker.words.end()) {
      return;
    }
    if (mode->second == "ap_ctrl_none") {
      lowering_.kernel.control = Control::kNone;
      return;
    }
    if (marker.object == nullptr) {
      return;
    }
    const auto* argument = interface_argument(marker.object);
    Parameter* parameter = nullptr;
    for (Parameter& candidate : lowering_.compiled.parameters) {
      if (argument != nullptr && function_.getName() == lowering_.compiled.top_symbol &&
          static_cast<int>(argument->getArgNo()) == candidate.llvm_argument) {
        parameter = &candidate;
      }
    }
    if (parameter == nullptr) {
      return;
    }
    const bool is_memory = mode->second == "ap_memory" || mode->second == "bram" || mode->second == "m_axi";
    if (is_memory && parameter->kind == Parameter::Kind::kScalarPointer) {
      make_array(call, marker, *parameter);
    }
    if (mode->second == "m_axi") {
      lowering_.warning(call.getDebugLoc(), "there is no AXI master here: '" + parameter->name +
                                                "' is an ap_memory port, for hand-written logic to serve");
    }
    bool is_stream = parameter->kind == Parameter::Kind::kStream;
    bool is_array = parameter->kind == Parameter::Kind::kArray;
    if ((mode->second == "axis") != is_stream || is_memory != is_array) {
      if (mode->second != "s_axilite") {
        lowering_.error(call.getDebugLoc(), "INTERFACE " + mode->second + " can't be honoured for '" + parameter->name +
                                                "': " +
                                                (is_stream  ? "an hls::stream is an axis port"
                                                 : is_array ? "an array is an ap_memory port"
                                                            : "a scalar is an ap_none port"));
      }
    }
  }

  // A pointer at the first of `depth` elements.
  void make_array(llvm::CallInst& call, const PragmaMarker& marker, Parameter& parameter) {
    const int depth = number(marker, "depth", 0);
    if (depth < 1) {
      lowering_.error(call.getDebugLoc(), "how many elements '" + parameter.name +
                                              "' points at is not known; write depth=N here, or declare it as " +
                                              parameter.name + "[N]");
      return;
    }
    parameter.kind = Parameter::Kind::kArray;
    parameter.dimensions = {static_cast<std::uint64_t>(depth)};
  }

  static const llvm::Argument* interface_argument(llvm::Value* object) {
    object = object->stripPointerCasts();
    if (auto* load = llvm::dyn_cast<llvm::LoadInst>(object)) {
      object = load->getPointerOperand();
    }
    if (auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(object)) {
      for (llvm::User* user : alloca->users()) {
        auto* store = llvm::dyn_cast<llvm::StoreInst>(user);
        if (store != nullptr && llvm::isa<llvm::Argument>(store->getValueOperand())) {
          return llvm::cast<llvm::Argument>(store->getValueOperand());
        }
      }
    }
    return llvm::dyn_cast<llvm::Argument>(object);
  }

  void keep_object_marker(llvm::CallInst& call, const PragmaMarker& marker) {
    llvm::IRBuilder<> builder(&call);
    create_call(builder, CallKind::kObject, builder.getVoidTy(),
                {builder.getInt32(static_cast<std::uint32_t>(lowering_.object_markers.size())), marker.object});
    lowering_.object_markers.emplace_back(marker, call.getDebugLoc());
  }

  Lowering& lowering_;
  llvm::Function& function_;
  llvm::DominatorTree dominators_;
  llvm::LoopInfo loops_;
  std::map<const llvm::Loop*, std::size_t> numbers_;
};

}  // namespace

void read_markers(Lowering& lowering) {
  for (llvm::Function& function : *lowering.compiled.module) {
    if (!function.isDeclaration()) {
      MarkerReader(lowering, function).run();
    }
  }
}

}  // namespace sluice::hlsc
