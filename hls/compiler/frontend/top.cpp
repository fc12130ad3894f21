#include "hls/compiler/frontend/top.hpp"

#include <clang/AST/DeclTemplate.h>
#include <clang/CodeGen/CGFunctionInfo.h>
#include <clang/CodeGen/CodeGenABITypes.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/IR/DerivedTypes.h>

#include <algorithm>

#include "hls/compiler/frontend/layout.hpp"
#include "hls/compiler/frontend/pragma_table.hpp"
#include "hls/compiler/frontend/report_source.hpp"

namespace sluice::hlsc {
namespace {

// T of hls::stream<T, ...>.
std::optional<clang::QualType> stream_payload(clang::QualType type) {
  const auto* record = llvm::dyn_cast_or_null<clang::ClassTemplateSpecializationDecl>(type->getAsCXXRecordDecl());
  const auto* space =
      record == nullptr ? nullptr : llvm::dyn_cast<clang::NamespaceDecl>(record->getDeclContext()->getRedeclContext());
  if (space == nullptr || space->getName() != "hls" || record->getName() != "stream" ||
      record->getTemplateArgs().size() == 0) {
    return std::nullopt;
  }
  return record->getTemplateArgs()[0].getAsType();
}

class ParameterReader {
 public:
  ParameterReader(clang::Sema& sema, Diagnostics& diagnostics)
      : sema_(sema), context_(sema.getASTContext()), diagnostics_(diagnostics) {}

  std::optional<Parameter> read(const clang::ParmVarDecl& declared) {
    location_ = declared.getLocation();
    begin(declared.getNameAsString());
    subject_ = "parameter '" + parameter_.name + "'";
    if (parameter_.name.empty()) {
      return fail("a parameter of the top has no name; its port needs one");
    }
    clang::QualType type = declared.getOriginalType();
    if (type->isRValueReferenceType()) {
      return fail(subject_ + " is an rvalue reference; pass a reference or a value");
    }
    if (type->isLValueReferenceType() || type->isArrayType()) {
      return read_object(type.getNonReferenceType());
    }
    if (type->isPointerType()) {
      return read_pointee(type->getPointeeType());
    }
    if (stream_payload(type)) {
      return fail(subject_ + " is a stream by value; streams are passed by reference: hls::stream<T>& " +
                  parameter_.name);
    }
    return read_scalar(type, Parameter::Kind::kScalar);
  }

  std::optional<Parameter> read_result(const clang::FunctionDecl& top) {
    location_ = top.getLocation();
    begin("return");
    subject_ = "the result of '" + top.getNameAsString() + "'";
    return read_scalar(top.getReturnType(), Parameter::Kind::kScalar);
  }

 private:
  void begin(std::string name) {
    parameter_ = {};
    parameter_.name = std::move(name);
    SourcePosition position = position_of(context_.getSourceManager(), location_);
    parameter_.line = position.line;
    parameter_.column = position.column;
  }

  std::optional<Parameter> read_object(clang::QualType type) {
    bool is_array = type->isArrayType();
    while (type->isArrayType()) {
      const auto* array = context_.getAsConstantArrayType(type);
      if (array == nullptr) {
        return fail(subject_ + " is an array of unknown size; write the size: " + parameter_.name + "[N]");
      }
      parameter_.dimensions.push_back(array->getSize().getZExtValue());
      type = array->getElementType();
    }
    if (auto payload = stream_payload(type)) {
      return read_stream(*payload);
    }
    return is_array ? read_array(type) : read_scalar(type, Parameter::Kind::kScalarPointer);
  }

  std::optional<Parameter> read_pointee(clang::QualType type) {
    if (stream_payload(type)) {
      return fail(subject_ + " is a pointer to a stream; streams are passed by reference");
    }
    if (type->isArrayType() || type->isPointerType()) {
      return fail(subject_ + " points at an array of unknown size; write the sizes: " + parameter_.name + "[M][N]");
    }
    return read_scalar(type, Parameter::Kind::kScalarPointer);
  }

  std::optional<Parameter> read_stream(clang::QualType payload) {
    parameter_.kind = Parameter::Kind::kStream;
    return take_layout(payload, "the payload of stream '" + parameter_.name + "'");
  }

  std::optional<Parameter> read_array(clang::QualType element) {
    parameter_.kind = Parameter::Kind::kArray;
    parameter_.is_const = element.isConstQualified();
    return take_layout(element, "an element of array '" + parameter_.name + "'");
  }

  std::optional<Parameter> read_scalar(clang::QualType type, Parameter::Kind kind) {
    parameter_.kind = kind;
    parameter_.is_const = type.isConstQualified();
    auto read = take_layout(type, subject_);
    if (read && read->layout.fields.size() != 1) {
      return fail(subject_ + " is the struct '" + read->layout.type_name +
                  "'; pass its members one by one or send it in an hls::stream");
    }
    if (read && kind == Parameter::Kind::kScalar) {
      read->layout = {};
    }
    return read;
  }

  std::optional<Parameter> take_layout(clang::QualType type, const std::string& subject) {
    auto layout = layout_of(sema_, type, subject, location_, diagnostics_);
    if (!layout) {
      return std::nullopt;
    }
    if (layout->fields.size() == 1) {
      parameter_.width = layout->width;
      parameter_.is_signed = layout->fields[0].is_signed;
    }
    parameter_.layout = std::move(*layout);
    return parameter_;
  }

  std::optional<Parameter> fail(std::string message) {
    report(diagnostics_, context_, location_, std::move(message));
    return std::nullopt;
  }

  clang::Sema& sema_;
  const clang::ASTContext& context_;
  Diagnostics& diagnostics_;
  clang::SourceLocation location_;
  std::string subject_;
  Parameter parameter_;
};

// How many of LLVM's arguments one of the source's takes.
int argument_count(const clang::CodeGen::ABIArgInfo& info) {
  if (info.isIgnore()) {
    return 0;
  }
  const auto* pieces =
      info.isDirect() && info.getCanBeFlattened() ? llvm::dyn_cast<llvm::StructType>(info.getCoerceToType()) : nullptr;
  return pieces == nullptr ? 1 : static_cast<int>(pieces->getNumElements());
}

void place_arguments(const clang::FunctionDecl& top, const clang::ASTContext& context, clang::CodeGenerator& generator,
                     Compiled& compiled) {
  auto type = context.getCanonicalType(top.getType()).castAs<clang::FunctionProtoType>();
  const clang::CodeGen::CGFunctionInfo& info = clang::CodeGen::arrangeFreeFunctionType(generator.CGM(), type);
  int next = 0;
  if (info.getReturnInfo().isIndirect()) {
    compiled.result->in_memory = true;
    compiled.result->llvm_argument = next++;
  }
  std::size_t i = 0;
  for (const clang::CodeGen::CGFunctionInfoArgInfo& argument : info.arguments()) {
    Parameter& parameter = compiled.parameters[i++];
    parameter.llvm_argument = next;
    parameter.llvm_arguments = argument_count(argument.info);
    parameter.in_memory = parameter.kind == Parameter::Kind::kScalar && argument.info.isIndirect();
    next += parameter.llvm_arguments;
  }
}

}  // namespace

const clang::FunctionDecl* find_top(const SourceFacts& facts, const std::string& name, const clang::ASTContext& context,
                                    Diagnostics& diagnostics) {
  std::vector<const clang::FunctionDecl*> found;
  std::vector<std::string> names;
  for (const clang::FunctionDecl* function : facts.functions) {
    std::string qualified = function->getQualifiedNameAsString();
    if (name == qualified || name == function->getName()) {
      found.push_back(function);
    }
    if (std::ranges::find(names, qualified) == names.end()) {
      names.push_back(std::move(qualified));
    }
  }
  if (found.size() == 1) {
    return found.front();
  }
  if (found.empty()) {
    std::string suggestion = nearest(name, {names.begin(), names.end()});
    report(diagnostics, {},
           "no function '" + name + "' with a body" +
               (suggestion.empty() ? "" : "; did you mean '" + suggestion + "'?") +
               (names.empty() ? "" : "; there are: " + llvm::join(names, ", ")) +
               " (a template needs an ordinary function that calls it)");
    return nullptr;
  }
  report(diagnostics, {}, "'" + name + "' names several functions; give the qualified name of one, or rename");
  for (const clang::FunctionDecl* function : found) {
    report(
        diagnostics, position_of(context.getSourceManager(), function->getLocation()),
        "candidate: " + function->getQualifiedNameAsString() + ", of type '" + function->getType().getAsString() + "'",
        Severity::kNote);
  }
  return nullptr;
}

bool describe_parameters(const clang::FunctionDecl& top, clang::Sema& sema, clang::CodeGenerator& generator,
                         Compiled& compiled, Diagnostics& diagnostics) {
  const clang::ASTContext& context = sema.getASTContext();
  ParameterReader reader(sema, diagnostics);
  bool good = true;
  if (top.isVariadic()) {
    report(diagnostics, context, top.getLocation(), "the top has variable arguments");
    return false;
  }
  for (const clang::ParmVarDecl* declared : top.parameters()) {
    auto parameter = reader.read(*declared);
    good &= parameter.has_value();
    compiled.parameters.push_back(parameter.value_or(Parameter{}));
  }
  if (!top.getReturnType()->isVoidType()) {
    compiled.result = reader.read_result(top);
    good &= compiled.result.has_value();
  }
  if (good) {
    place_arguments(top, context, generator, compiled);
  }
  return good;
}

}  // namespace sluice::hlsc
