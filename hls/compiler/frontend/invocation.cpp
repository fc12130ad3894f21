#include "hls/compiler/frontend/invocation.hpp"

#include <clang/Frontend/Utils.h>

#include <iterator>

namespace sluice::hlsc {
namespace {

// What C++ leaves undefined must not reach the hardware: clang's certain findings are errors here.
constexpr const char* kUndefinedBehaviour[] = {
    "-Wsometimes-uninitialized",    "-Werror=uninitialized",        "-Werror=return-type",     "-Werror=array-bounds",
    "-Werror=shift-count-overflow", "-Werror=shift-count-negative", "-Werror=division-by-zero"};

std::vector<std::string> arguments_of(const Options& options) {
  std::vector<std::string> arguments = {
      std::string(SLUICE_LLVM_TOOLS).append("/clang++"), "-xc++", "-std=c++17", "-O2", "-fno-exceptions",
      "-fno-discard-value-names",
      // Finished to line tables after the places of variables were taken.
      "-g", "-fdebug-compilation-dir=.",
      // A static local that needs a guard is an error of ours; it shall not be hidden in calls.
      "-fno-threadsafe-statics", "-resource-dir", SLUICE_CLANG_RESOURCES, "-D__SYNTHESIS__", "-D__SLUICE_HLS__",
      "-Wunknown-pragmas"};
  arguments.insert(arguments.end(), std::begin(kUndefinedBehaviour), std::end(kUndefinedBehaviour));
  for (const std::string& definition : options.definitions) {
    arguments.insert(arguments.end(), {"-D", definition});
  }
  for (const std::string& folder : options.include_folders) {
    arguments.insert(arguments.end(), {"-I", folder});
  }
  arguments.insert(arguments.end(),
                   {"-isystem", options.hls_include.empty() ? SLUICE_HLS_INCLUDE : options.hls_include});
  arguments.push_back(options.source);
  return arguments;
}

}  // namespace

std::unique_ptr<clang::CompilerInvocation> make_invocation(const Options& options, clang::DiagnosticsEngine& engine) {
  std::vector<std::string> arguments = arguments_of(options);
  std::vector<const char*> pointers;
  pointers.reserve(arguments.size());
  for (const std::string& argument : arguments) {
    pointers.push_back(argument.c_str());
  }
  clang::CreateInvocationOptions how;
  how.Diags = &engine;
  std::unique_ptr<clang::CompilerInvocation> invocation = clang::createInvocation(pointers, how);
  if (invocation != nullptr) {
    invocation->getFrontendOpts().DisableFree = false;
    invocation->getCodeGenOpts().DisableFree = false;
    invocation->getDiagnosticOpts().ShowCarets = false;  // or clang counts its errors on stderr
  }
  return invocation;
}

}  // namespace sluice::hlsc
