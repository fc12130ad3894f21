// What the passes of lower/ share: the module, the directives read from it, and how errors find their place.
//
// Purpose: passes are functions on an llvm::Function (a process) and this. Directives live here by number, not in
//   LLVM's metadata, which passes may drop.
// Ownership: refers to Compiled and Diagnostics of lower(). Threading: none. Errors: error() and warning() add them.
#pragma once

#include <llvm/IR/DebugLoc.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Instructions.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hls/compiler/base/diagnostic.hpp"
#include "hls/compiler/frontend/frontend.hpp"
#include "hls/compiler/frontend/marker.hpp"
#include "hls/compiler/ir/ir.hpp"

namespace sluice::hlsc {

// A loop of the source with what its pragmas ask for.
struct LoopDirectives {
  std::string name;  // label, or loop_LINE
  llvm::DebugLoc location;
  int depth = 0;                     // in its function: 1 is outermost
  std::optional<int> pipeline_ii;    // PIPELINE
  bool ii_may_be_larger = false;     // PIPELINE without an II
  std::optional<int> unroll_factor;  // UNROLL; 0 is all
  bool flatten = false;              // LOOP_FLATTEN
  bool dissolve = false;             // inside a pipelined loop or function: to be unrolled whole
  std::optional<std::uint64_t> min_trips, max_trips;
  bool honoured = false;  // the PIPELINE became a pipelined block, or the loop is gone
};

struct Partition {
  enum class Kind : std::uint8_t { kComplete, kCyclic, kBlock };
  Kind kind = Kind::kComplete;
  unsigned factor = 0;
  unsigned dimension = 1;  // counted from 1; 0 is all
};

struct DependenceDirective {
  bool inter = true;  // else intra
  bool dependent = false;
  std::optional<DependenceKind> kind;
  int distance = 0;  // 0: not given
};

// What pragmas ask for one array or stream.
struct ObjectDirectives {
  std::vector<Partition> partitions;
  std::string storage_type, storage_impl;
  std::optional<int> depth;
  std::vector<DependenceDirective> dependences;
};

struct Lowering {
  Compiled& compiled;
  Diagnostics& diagnostics;
  Kernel kernel;
  std::vector<LoopDirectives> loops;                                    // sluice.loop's operand
  std::vector<std::pair<PragmaMarker, llvm::DebugLoc>> object_markers;  // sluice.object's operand
  std::map<std::string, ObjectDirectives> objects;                      // of the process at hand, by object_key()

  std::map<const llvm::GlobalVariable*, std::string> static_owners;  // name of the process
  std::vector<ObjectDirectives> memory_directives;  // of the process at hand, parallel to Process::memories

  void error(const llvm::DebugLoc& location, std::string message);
  void warning(const llvm::DebugLoc& location, std::string message);
  // The place in the user's file: the innermost that is not inside hls/include. Adds to kernel.files.
  Location location(const llvm::DebugLoc& location);
};

// The name that the source gave, from LLVM's: without what passes append; empty where clang made it up.
[[nodiscard]] std::string source_name(llvm::StringRef name);

// Of a function as the source calls it, without namespaces, template arguments and parameters.
[[nodiscard]] std::string function_name(const llvm::Function& function);

// Of an object (alloca, global or argument): the key of Lowering::objects; an alloca that SROA split off has its
// whole's.
[[nodiscard]] std::string object_key(const llvm::Value& object);

// Of an object: what the source calls it.
[[nodiscard]] std::string object_name(const Lowering& lowering, const llvm::Value& object);

}  // namespace sluice::hlsc
