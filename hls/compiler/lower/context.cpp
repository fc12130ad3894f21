#include "hls/compiler/lower/context.hpp"

#include <llvm/ADT/StringSet.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/DebugInfoMetadata.h>

#include <algorithm>
#include <cstdlib>

namespace sluice::hlsc {
namespace {

const llvm::DILocation* user_place(const llvm::DILocation* place) {
  while (place != nullptr && place->getInlinedAt() != nullptr && place->getFilename().contains("hls/include/")) {
    place = place->getInlinedAt();
  }
  return place;
}

Diagnostic diagnostic(Severity severity, const llvm::DebugLoc& location, std::string message) {
  Diagnostic result{.severity = severity, .file = {}, .line = 0, .column = 0, .message = std::move(message)};
  if (const llvm::DILocation* place = user_place(location.get())) {
    result.file = place->getFilename().str();
    result.line = static_cast<int>(place->getLine());
    result.column = static_cast<int>(place->getColumn());
  }
  return result;
}

// Names that clang and LLVM give to values that have none in the source.
bool is_made_up(llvm::StringRef name) {
  static const llvm::StringSet<> names = {
      "add",      "sub",        "mul",      "div",     "rem",      "shl",   "shr",    "and",     "or",
      "xor",      "conv",       "cmp",      "call",    "tobool",   "cond",  "inc",    "dec",     "neg",
      "not",      "lnot",       "land",     "lor",     "agg",      "ref",   "retval", "this1",   "this",
      "idxprom",  "arrayidx",   "loadedv",  "storedv", "coerce",   "bf",    "spec",   "select",  "lhs",
      "rhs",      "frombool",   "lnot_ext", "sext",    "zext",     "trunc", "tmp",    "or_cond", "value",
      "v",        "value_",     "v_",       "indvars", "exitcond", "lftr",  "narrow", "mask",    "sroa",
      "word",     "storemerge", "umin",     "umax",    "smin",     "smax",  "tr",     "rev",     "masked",
      "highbits", "lowbits",    "incdec",   "extract", "insert",   "bits",  "unneg",  "isneg",   "ref_tmp",
      "agg_tmp",  "undef",      "freeze",   "fr",      "cast"};
  return names.contains(name);
}

}  // namespace

void Lowering::error(const llvm::DebugLoc& location, std::string message) {
  diagnostics.add(diagnostic(Severity::kError, location, std::move(message)));
}

void Lowering::warning(const llvm::DebugLoc& location, std::string message) {
  diagnostics.add(diagnostic(Severity::kWarning, location, std::move(message)));
}

Location Lowering::location(const llvm::DebugLoc& location) {
  const llvm::DILocation* place = user_place(location.get());
  if (place == nullptr || place->getLine() == 0) {
    return {};
  }
  std::string file = place->getFilename().str();
  auto found = std::ranges::find(kernel.files, file);
  int number = static_cast<int>(found - kernel.files.begin());
  if (found == kernel.files.end()) {
    kernel.files.push_back(file);
  }
  return {.file = number, .line = static_cast<int>(place->getLine()), .column = static_cast<int>(place->getColumn())};
}

std::string source_name(llvm::StringRef name) {
  name = name.split('.').first;
  llvm::StringRef stem = name.rtrim("0123456789");
  if (is_made_up(name) || is_made_up(stem)) {
    return {};
  }
  return name.str();
}

std::string function_name(const llvm::Function& function) {
  const std::string mangled = function.getName().str();
  llvm::ItaniumPartialDemangler parts;
  if (!parts.partialDemangle(mangled.c_str()) && parts.isFunction()) {
    std::size_t size = 0;
    char* buffer = parts.getFunctionBaseName(nullptr, &size);
    std::string name = buffer == nullptr ? mangled : buffer;
    std::free(buffer);
    return llvm::StringRef(name).split('<').first.str();
  }
  return mangled;
}

std::string object_key(const llvm::Value& object) {
  std::string prefix = llvm::isa<llvm::GlobalVariable>(object) ? "@" : "";
  return prefix + object.getName().split(".sroa.").first.str();
}

std::string object_name(const Lowering& lowering, const llvm::Value& object) {
  if (llvm::isa<llvm::GlobalVariable>(object)) {
    auto found = lowering.compiled.globals.find(object.getName().str());
    if (found != lowering.compiled.globals.end()) {
      return found->second.name;
    }
  }
  llvm::StringRef text = object.getName();
  if (text.consume_front("__const.")) {  // the contents of a local array: __const.FUNCTION.NAME, perhaps numbered
    text = text.split('.').second;
  }
  std::string name = text.split('.').first.str();
  return name.empty() ? "array" : name;
}

}  // namespace sluice::hlsc
