// C++ source to LLVM IR with the pragmas kept: clang 19, in this process.
//
// Purpose: compile_source() runs clang's front end on one kernel file as `-std=c++17 -O2 -disable-llvm-passes
//   -fno-exceptions -gline-tables-only -fno-discard-value-names -D__SYNTHESIS__ -D__SLUICE_HLS__`, with hls/include on
//   the search path, and returns the module as clang emitted it, before any pass, less what the top does not reach.
//   README.md says how. It adds what LLVM IR lacks:
//   - every `#pragma HLS` became a call to the varargs function `__sluice_hls_pragma`, in place: first argument the
//     directive's text in lower case with '%' for each value ("pipeline ii=%", "array_partition variable=% complete
//     dim=%"), then the values: for `variable=` (and `port=`) the address of the object, for numbers a constant i32
//     (template parameters and macros work). read_marker() (marker.hpp) takes such a call apart. A pointer variable
//     (a parameter `int a[16]` is one) stands for what it points at: its value is passed, not its address.
//     `port=return` stays text and has no value. A pragma that is not a statement inside braces, or whose directive or
//     option is unknown or never supported (pragma_table.cpp), is an error here;
//   - the payloads of streams: for each instantiation of the functions in namespace sluice_hls of hls/include/
//     hls_stream.h, by mangled name, where the payload's bits lie in memory;
//   - how the top's parameters arrive in LLVM's arguments, what the source calls globals and labels.
// Of the module: all but the top is internal; there are no global constructors, a global that would need one is an
//   error; an alloca's debug location is its variable's declaration; DILocation::getFilename() is the path as it was
//   given (or as an #include found it).
// Ownership: the result owns the context and the module. Threading: none. Errors: diagnostics, clang's included.
#pragma once

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hls/compiler/base/diagnostic.hpp"

namespace sluice::hlsc {

// A scalar of a payload (or of any type): where it is in memory and in the packed word.
struct PackedField {
  std::string name;                // path: "data", "tag[2]"
  std::uint64_t offset_bytes = 0;  // in memory
  unsigned memory_bits = 0;        // of the LLVM type that loads and stores it (i17 is kept in i32)
  unsigned low = 0;                // in the word
  unsigned width = 0;              // declared: ap_int<17> has 17, bool 1
  bool is_signed = false;
};

struct PayloadLayout {
  std::string type_name;
  unsigned width = 0;
  std::vector<PackedField> fields;
};

// A parameter of the top function as the source declares it.
struct Parameter {
  enum class Kind : std::uint8_t { kStream, kScalar, kScalarPointer, kArray };
  std::string name;
  Kind kind = Kind::kScalar;
  unsigned width = 0;  // kScalar, kScalarPointer: declared bits; kArray: of an element with one field
  bool is_signed = false;
  bool is_const = false;
  std::vector<std::uint64_t> dimensions;  // kArray: int a[4][8] is {4, 8}; kStream: an array of streams
  PayloadLayout layout;                   // kStream: the payload; kArray, kScalarPointer: an element
  int line = 0;
  int column = 0;
  // Where LLVM's function has it. kStream, kScalarPointer, kArray: one argument, a pointer. kScalar: `llvm_arguments`
  // integers from `llvm_argument` on whose concatenation, lowest first, holds the value in its low `width` bits (an
  // ap_int<17> is one i32, an ap_int<100> two i64); where `in_memory` is set, one pointer to the value in memory
  // (ap_int<200>). Of the result, `llvm_argument` is -1 where LLVM's function returns it (an integer, or a struct of
  // two), or with `in_memory` the pointer argument to write it to.
  int llvm_argument = -1;
  int llvm_arguments = 1;
  bool in_memory = false;
};

// As DILocation says it.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;
  auto operator<=>(const SourcePosition&) const = default;
};

// A global of the module as the source calls it; a static local too.
struct NamedGlobal {
  std::string name;
  SourcePosition position;
};

struct Options {
  std::string source;
  std::string top;  // C or C++ name of the kernel's function
  std::vector<std::string> include_folders;
  std::vector<std::string> definitions;  // NAME=VALUE
  std::string hls_include;               // folder of hls_stream.h; empty: the one of this build
};

struct Compiled {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;  // after context: destroyed first
  std::string top_symbol;                // mangled name
  std::vector<Parameter> parameters;
  std::optional<Parameter> result;                // absent: void
  std::map<std::string, PayloadLayout> payloads;  // by mangled name of the stream function
  std::map<std::string, NamedGlobal> globals;     // by name in the module
  // By the position of the loop's first token (`for`, `while`, `do`), which is Loop::getStartLoc() of LLVM.
  std::map<SourcePosition, std::string> loop_labels;
  std::set<SourcePosition> pragmas_in_loops;  // of the source; LLVM has no loop where one never repeats
};

// Nothing where diagnostics.failed().
[[nodiscard]] std::optional<Compiled> compile_source(const Options& options, Diagnostics& diagnostics);

}  // namespace sluice::hlsc
