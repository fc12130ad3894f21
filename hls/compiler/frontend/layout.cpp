#include "hls/compiler/frontend/layout.hpp"

#include <clang/AST/DeclCXX.h>
#include <clang/AST/RecordLayout.h>

#include "hls/compiler/frontend/report_source.hpp"

namespace sluice::hlsc {
namespace {

class Flattener {
 public:
  Flattener(clang::Sema& sema, const std::string& subject, Diagnostics& diagnostics)
      : sema_(sema), context_(sema.getASTContext()), subject_(subject), diagnostics_(diagnostics) {}

  // Appends the scalars of `type` at `offset`; false: reported.
  bool flatten(clang::QualType type, const std::string& path, std::uint64_t offset, clang::SourceLocation location) {
    type = type.getCanonicalType().getUnqualifiedType();
    if (const auto* array = context_.getAsConstantArrayType(type)) {
      std::uint64_t count = array->getSize().getZExtValue();
      std::uint64_t stride = bytes_of(array->getElementType());
      for (std::uint64_t i = 0; i < count; ++i) {
        if (!flatten(array->getElementType(), path + "[" + std::to_string(i) + "]", offset + i * stride, location)) {
          return false;
        }
      }
      return true;
    }
    if (const auto* record = type->getAsCXXRecordDecl(); record != nullptr && sema_.isCompleteType(location, type)) {
      std::size_t first = layout.fields.size();
      if (!flatten_record(record, path, offset, location)) {
        return false;
      }
      // What holds one scalar is called as the scalar would be, unless an array of one lies between.
      if (layout.fields.size() == first + 1 && !layout.fields[first].name.ends_with(']')) {
        layout.fields[first].name = path;
      }
      return true;
    }
    if (const auto* enumeration = type->getAs<clang::EnumType>()) {
      type = enumeration->getDecl()->getIntegerType().getCanonicalType();
    }
    if (!type->isIntegerType()) {
      return fail(type, path, location);
    }
    PackedField field{.name = path,
                      .offset_bytes = offset,
                      .memory_bits = static_cast<unsigned>(context_.getTypeSize(type)),
                      .low = layout.width,
                      .width = context_.getIntWidth(type),
                      .is_signed = type->isSignedIntegerType()};
    layout.width += field.width;
    layout.fields.push_back(std::move(field));
    return true;
  }

  PayloadLayout layout;

 private:
  bool flatten_record(const clang::CXXRecordDecl* record, const std::string& path, std::uint64_t offset,
                      clang::SourceLocation location) {
    record = record->getDefinition();
    if (record->isUnion() || record->isPolymorphic() || record->getNumVBases() != 0) {
      report(diagnostics_, context_, location,
             subject_ + (path.empty() ? "" : ", member '" + path + "',") +
                 " is a union or has virtual functions; use a plain struct of integers");
      return false;
    }
    const clang::ASTRecordLayout& places = context_.getASTRecordLayout(record);
    for (const clang::CXXBaseSpecifier& base : record->bases()) {
      const clang::CXXRecordDecl* base_record = base.getType()->getAsCXXRecordDecl();
      auto base_offset = static_cast<std::uint64_t>(places.getBaseClassOffset(base_record).getQuantity());
      if (!flatten_record(base_record, path, offset + base_offset, location)) {
        return false;
      }
    }
    for (const clang::FieldDecl* member : record->fields()) {
      std::string name = join(path, member->getName());
      if (member->isBitField()) {
        report(diagnostics_, context_, member->getLocation(),
               subject_ + " has the bit-field '" + name + "'; make it an ap_uint<N>");
        return false;
      }
      std::uint64_t place = offset + places.getFieldOffset(member->getFieldIndex()) / 8;
      if (!flatten(member->getType(), name, place, member->getLocation())) {
        return false;
      }
    }
    return true;
  }

  // std::array calls its only member _M_elems; that is no name of the source.
  static std::string join(const std::string& path, llvm::StringRef member) {
    if (member.starts_with("_M_")) {
      return path;
    }
    return path.empty() ? member.str() : path + "." + member.str();
  }

  bool fail(clang::QualType type, const std::string& path, clang::SourceLocation location) {
    std::string member = path.empty() ? " is" : ", member '" + path + "', is";
    const char* advice = type->isFloatingType()  ? "; there is no floating point in kernels: use a fixed-point integer"
                         : type->isPointerType() ? "; only integers can be sent"
                                                 : "; only integers and structs of them have a layout";
    report(diagnostics_, context_, location, subject_ + member + " of type '" + type.getAsString() + "'" + advice);
    return false;
  }

  std::uint64_t bytes_of(clang::QualType type) const {
    return static_cast<std::uint64_t>(context_.getTypeSizeInChars(type).getQuantity());
  }

  clang::Sema& sema_;
  const clang::ASTContext& context_;
  const std::string& subject_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::optional<PayloadLayout> layout_of(clang::Sema& sema, clang::QualType type, const std::string& subject,
                                       clang::SourceLocation location, Diagnostics& diagnostics) {
  Flattener flattener(sema, subject, diagnostics);
  const clang::ASTContext& context = sema.getASTContext();
  clang::PrintingPolicy policy(context.getLangOpts());
  flattener.layout.type_name = type.getUnqualifiedType().getAsString(policy);
  if (!flattener.flatten(type, "", 0, location)) {
    return std::nullopt;
  }
  if (flattener.layout.width == 0) {
    report(diagnostics, context, location, subject + " holds no bits");
    return std::nullopt;
  }
  return std::move(flattener.layout);
}

}  // namespace sluice::hlsc
