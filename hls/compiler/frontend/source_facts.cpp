#include "hls/compiler/frontend/source_facts.hpp"

#include <clang/AST/Mangle.h>
#include <clang/AST/RecursiveASTVisitor.h>

#include <algorithm>
#include <array>

#include "hls/compiler/frontend/clang_diagnostics.hpp"
#include "hls/compiler/frontend/marker_names.hpp"
#include "hls/compiler/frontend/report_source.hpp"

namespace sluice::hlsc {
namespace {

constexpr std::array<std::string_view, 4> kPayloadFunctions = {"stream_read", "stream_write", "stream_read_nb",
                                                               "stream_write_nb"};

bool is_jump(const clang::Stmt* statement) {
  return llvm::isa<clang::ReturnStmt, clang::BreakStmt, clang::ContinueStmt, clang::GotoStmt>(statement);
}

bool is_loop(const clang::Stmt* statement) {
  return llvm::isa<clang::ForStmt, clang::WhileStmt, clang::DoStmt, clang::CXXForRangeStmt>(statement);
}

class Visitor : public clang::RecursiveASTVisitor<Visitor> {
 public:
  Visitor(clang::ASTContext& context, const PragmaSites& sites, Diagnostics& diagnostics)
      : context_(context), sites_(sites), diagnostics_(diagnostics), names_(context) {}

  bool shouldVisitTemplateInstantiations() const { return true; }
  bool shouldVisitImplicitCode() const { return true; }

  bool VisitCompoundStmt(clang::CompoundStmt* block) {
    const clang::Stmt* jump = nullptr;
    for (const clang::Stmt* statement : block->body()) {
      if (const clang::CallExpr* marker = as_marker(statement)) {
        placed_.insert(marker);
        if (jump != nullptr) {
          report(marker, " is never reached: the statement before it leaves the block");
        }
      }
      jump = is_jump(statement) ? statement : jump;
    }
    return true;
  }

  // After the block that it stands in, if it does: parents are visited first.
  bool VisitCallExpr(clang::CallExpr* call) {
    if (as_marker(call) != nullptr && !placed_.contains(call)) {
      report(call, kPragmaPlace);
    }
    return true;
  }

  bool VisitStmt(clang::Stmt* statement) {
    if (is_loop(statement)) {
      note_pragmas(statement);
    }
    return true;
  }

  bool VisitLabelStmt(clang::LabelStmt* label) {
    const clang::Stmt* loop = label->getSubStmt();
    if (is_loop(loop)) {
      facts.loop_labels[position_of(context_.getSourceManager(), loop->getBeginLoc())] = label->getName();
    }
    return true;
  }

  bool VisitVarDecl(clang::VarDecl* variable) {
    if (!variable->hasGlobalStorage() || variable->isTemplated() || is_of_system(variable)) {
      return true;
    }
    std::string name = names_.getName(variable);
    facts.globals[name] = {.name = variable->getNameAsString(),
                           .position = position_of(context_.getSourceManager(), variable->getLocation())};
    if (variable->hasInit() && !variable->isStaticLocal() && !variable->getInit()->isValueDependent() &&
        !variable->hasConstantInitialization()) {
      facts.run_time_initialised.insert(name);
    }
    return true;
  }

  bool VisitFunctionDecl(clang::FunctionDecl* function) {
    if (function->isTemplated() || function->isInvalidDecl()) {
      return true;
    }
    if (is_payload_function(function)) {
      facts.stream_functions[names_.getName(function)] = function;
    }
    if (function->isThisDeclarationADefinition() && !llvm::isa<clang::CXXMethodDecl>(function) &&
        !function->isTemplateInstantiation() && !is_of_system(function) && function->getIdentifier() != nullptr &&
        function->getName() != kMarkerFunction) {
      facts.functions.push_back(function);
    }
    return true;
  }

  SourceFacts facts;

 private:
  const clang::CallExpr* as_marker(const clang::Stmt* statement) const {
    const auto* call = llvm::dyn_cast_or_null<clang::CallExpr>(statement);
    return call != nullptr && sites_.contains(call->getBeginLoc()) ? call : nullptr;
  }

  void note_pragmas(const clang::Stmt* statement) {
    if (const clang::CallExpr* marker = as_marker(statement)) {
      facts.pragmas_in_loops.insert(position_of(context_.getSourceManager(), marker->getBeginLoc()));
    }
    for (const clang::Stmt* child : statement->children()) {
      if (child != nullptr) {
        note_pragmas(child);
      }
    }
  }

  bool is_of_system(const clang::Decl* declaration) const {
    return context_.getSourceManager().isInSystemHeader(declaration->getLocation());
  }

  static bool is_payload_function(const clang::FunctionDecl* function) {
    const auto* space = llvm::dyn_cast<clang::NamespaceDecl>(function->getDeclContext());
    return function->isTemplateInstantiation() && space != nullptr && space->getName() == "sluice_hls" &&
           function->getIdentifier() != nullptr &&
           std::ranges::find(kPayloadFunctions, std::string_view(function->getName())) != kPayloadFunctions.end();
  }

  // Once, however many instantiations there are.
  void report(const clang::CallExpr* marker, const std::string& what) {
    clang::SourceLocation site = marker->getBeginLoc();
    if (reported_.insert(site).second) {
      hlsc::report(diagnostics_, context_, site, "#pragma HLS " + sites_.at(site) + what);
    }
  }

  clang::ASTContext& context_;
  const PragmaSites& sites_;
  Diagnostics& diagnostics_;
  clang::ASTNameGenerator names_;
  std::set<const clang::CallExpr*> placed_;
  std::set<clang::SourceLocation> reported_;
};

}  // namespace

SourceFacts collect_facts(clang::ASTContext& context, const PragmaSites& sites, Diagnostics& diagnostics) {
  Visitor visitor(context, sites, diagnostics);
  visitor.TraverseAST(context);
  return std::move(visitor.facts);
}

}  // namespace sluice::hlsc
