#include "hls/compiler/frontend/frontend.hpp"

#include <clang/AST/Mangle.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Sema/Sema.h>
#include <clang/Sema/SemaConsumer.h>

#include "hls/compiler/frontend/clang_diagnostics.hpp"
#include "hls/compiler/frontend/finish.hpp"
#include "hls/compiler/frontend/invocation.hpp"
#include "hls/compiler/frontend/layout.hpp"
#include "hls/compiler/frontend/pragma_handler.hpp"
#include "hls/compiler/frontend/report_source.hpp"
#include "hls/compiler/frontend/source_facts.hpp"
#include "hls/compiler/frontend/top.hpp"

namespace sluice::hlsc {
namespace {

// After clang's code generator in line: has the AST and the module at once, and makes Compiled of them.
class KernelConsumer : public clang::SemaConsumer {
 public:
  KernelConsumer(const Options& options, const PragmaSites& sites, clang::CodeGenerator& generator,
                 Diagnostics& diagnostics, Compiled& compiled)
      : options_(options), sites_(sites), generator_(generator), diagnostics_(diagnostics), compiled_(compiled) {}

  void InitializeSema(clang::Sema& sema) override { sema_ = &sema; }

  void HandleTranslationUnit(clang::ASTContext& context) override {
    SourceFacts facts = collect_facts(context, sites_, diagnostics_);
    compiled_.module.reset(generator_.ReleaseModule());
    if (diagnostics_.failed() || compiled_.module == nullptr) {
      return;
    }
    const clang::FunctionDecl* top = find_top(facts, options_.top, context, diagnostics_);
    if (top == nullptr || !describe_parameters(*top, *sema_, generator_, compiled_, diagnostics_)) {
      return;
    }
    compiled_.top_symbol = clang::ASTNameGenerator(context).getName(top);
    const llvm::Function* function = compiled_.module->getFunction(compiled_.top_symbol);
    if (function == nullptr || function->isDeclaration()) {
      report(diagnostics_, context, top->getLocation(),
             "the top '" + options_.top + "' is static or inline; make it an ordinary function");
      return;
    }
    std::set<std::string> touched = touched_by_constructors(*compiled_.module);
    finish_module(*compiled_.module, compiled_.top_symbol);
    report_run_time_initialisers(facts, touched);
    take_payloads(facts);
    compiled_.loop_labels = std::move(facts.loop_labels);
    compiled_.pragmas_in_loops = std::move(facts.pragmas_in_loops);
    for (auto& [name, global] : facts.globals) {
      if (compiled_.module->getNamedGlobal(name) != nullptr) {
        compiled_.globals.emplace(name, std::move(global));
      }
    }
  }

 private:
  void report_run_time_initialisers(const SourceFacts& facts, const std::set<std::string>& touched) {
    for (const std::string& name :
         remaining_run_time_initialised(*compiled_.module, facts.run_time_initialised, touched)) {
      const NamedGlobal& global = facts.globals.at(name);
      report(diagnostics_, global.position,
             "'" + global.name +
                 "' is initialised by code that runs before the kernel; make its initialiser a constant "
                 "expression (constexpr)");
    }
  }

  void take_payloads(const SourceFacts& facts) {
    for (const auto& [name, function] : facts.stream_functions) {
      if (compiled_.module->getFunction(name) == nullptr) {
        continue;
      }
      clang::QualType payload = function->getTemplateSpecializationArgs()->get(0).getAsType();
      auto layout = layout_of(*sema_, payload, "the payload '" + payload.getAsString() + "' of a stream",
                              function->getPointOfInstantiation(), diagnostics_);
      if (layout) {
        compiled_.payloads.emplace(name, std::move(*layout));
      }
    }
  }

  clang::Sema* sema_ = nullptr;
  const Options& options_;
  const PragmaSites& sites_;
  clang::CodeGenerator& generator_;
  Diagnostics& diagnostics_;
  Compiled& compiled_;
};

class KernelAction : public clang::ASTFrontendAction {
 public:
  KernelAction(const Options& options, PragmaSites& sites, Diagnostics& diagnostics, Compiled& compiled)
      : options_(options), sites_(sites), diagnostics_(diagnostics), compiled_(compiled) {}

  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& instance,
                                                        llvm::StringRef file) override {
    clang::Preprocessor& preprocessor = instance.getPreprocessor();
    preprocessor.setPredefines(preprocessor.getPredefines() + marker_declarations());
    add_pragma_handlers(preprocessor, sites_);
    std::unique_ptr<clang::CodeGenerator> generator(clang::CreateLLVMCodeGen(
        instance.getDiagnostics(), file, &instance.getVirtualFileSystem(), instance.getHeaderSearchOpts(),
        instance.getPreprocessorOpts(), instance.getCodeGenOpts(), *compiled_.context));
    auto kernel = std::make_unique<KernelConsumer>(options_, sites_, *generator, diagnostics_, compiled_);
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    consumers.push_back(std::move(generator));
    consumers.push_back(std::move(kernel));
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
  }

 private:
  const Options& options_;
  PragmaSites& sites_;
  Diagnostics& diagnostics_;
  Compiled& compiled_;
};

}  // namespace

std::optional<Compiled> compile_source(const Options& options, Diagnostics& diagnostics) {
  PragmaSites sites;
  clang::CompilerInstance instance;
  instance.createDiagnostics(new ClangDiagnostics(diagnostics, sites));
  std::shared_ptr<clang::CompilerInvocation> invocation = make_invocation(options, instance.getDiagnostics());
  if (invocation == nullptr) {
    if (!diagnostics.failed()) {
      report(diagnostics, {}, "clang can't be set up for '" + options.source + "'");
    }
    return std::nullopt;
  }
  instance.setInvocation(std::move(invocation));
  // Again, now that the warnings of the invocation are known.
  instance.createDiagnostics(new ClangDiagnostics(diagnostics, sites));
  Compiled compiled;
  compiled.context = std::make_unique<llvm::LLVMContext>();
  KernelAction action(options, sites, diagnostics, compiled);
  if (!instance.ExecuteAction(action) && !diagnostics.failed()) {
    report(diagnostics, {}, "clang failed on '" + options.source + "'");
  }
  if (diagnostics.failed()) {
    return std::nullopt;
  }
  return compiled;
}

}  // namespace sluice::hlsc
