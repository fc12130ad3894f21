#include "hls/compiler/lower/array_layout.hpp"

#include <llvm/IR/DerivedTypes.h>

#include <algorithm>
#include <cstdlib>

namespace sluice::hlsc {
namespace {

void add_leaves(ArrayLayout& layout, llvm::Type* type, const llvm::DataLayout& data_layout, Leaf path) {
  if (auto* array = llvm::dyn_cast<llvm::ArrayType>(type)) {
    auto stride = static_cast<std::int64_t>(data_layout.getTypeAllocSize(array->getElementType()).getFixedValue());
    path.dimensions.push_back({.stride_bytes = stride, .count = array->getNumElements()});
    add_leaves(layout, array->getElementType(), data_layout, std::move(path));
    return;
  }
  if (auto* structure = llvm::dyn_cast<llvm::StructType>(type)) {
    const llvm::StructLayout* offsets = data_layout.getStructLayout(structure);
    for (unsigned i = 0; i < structure->getNumElements(); ++i) {
      Leaf member = path;
      member.offset_bytes += static_cast<std::int64_t>(offsets->getElementOffset(i).getFixedValue());
      if (structure->getNumElements() > 1) {
        member.name += "_" + std::to_string(i);
      }
      add_leaves(layout, structure->getElementType(i), data_layout, std::move(member));
    }
    return;
  }
  path.memory_bits = static_cast<unsigned>(data_layout.getTypeAllocSizeInBits(type).getFixedValue());
  layout.push_back(std::move(path));
}

// Floor and remainder, for offsets that may be negative.
std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  std::int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

// Whether constant + terms is in [0, count) for all that is known of the values.
bool is_in_range(const AffineIndex& index, std::uint64_t count, llvm::ScalarEvolution& evolution) {
  llvm::ConstantRange range(llvm::APInt(64, static_cast<std::uint64_t>(index.constant), true));
  for (const auto& [value, factor] : index.terms) {
    llvm::ConstantRange term = evolution.getSignedRange(evolution.getSCEV(value)).sextOrTrunc(64);
    range = range.add(term.multiply(llvm::ConstantRange(llvm::APInt(64, static_cast<std::uint64_t>(factor), true))));
  }
  return range.getSignedMin().sge(0) && range.getSignedMax().slt(static_cast<std::int64_t>(count));
}

// Splits the constant among the dimensions from `dimension` on. An inner index that is a constant must be inside its
// array; of one that varies, the constant may be negative (a[i][j - 1]) and the range of the values decides. `outside`
// says whether the outermost index may be a constant outside of the array.
bool split_constant(const Leaf& leaf, std::vector<AffineIndex>& indices, std::size_t dimension, std::int64_t rest,
                    unsigned access_bytes, bool outside, llvm::ScalarEvolution& evolution, std::int64_t& inside) {
  if (dimension == leaf.dimensions.size()) {
    inside = rest;
    return rest >= 0 && rest + access_bytes <= static_cast<std::int64_t>(leaf.memory_bits / 8);
  }
  const Dimension& here = leaf.dimensions[dimension];
  bool inner_varies = false;
  for (std::size_t i = dimension + 1; i < indices.size(); ++i) {
    inner_varies |= !indices[i].terms.empty();
  }
  std::int64_t quotient = floor_div(rest, here.stride_bytes);
  std::vector<std::int64_t> candidates = {quotient};
  if (inner_varies) {
    candidates.push_back(quotient + 1);
    if (std::abs(rest - (quotient + 1) * here.stride_bytes) < std::abs(rest - quotient * here.stride_bytes)) {
      std::swap(candidates[0], candidates[1]);
    }
  }
  std::optional<std::vector<AffineIndex>> first;
  std::int64_t first_inside = 0;
  for (std::int64_t candidate : candidates) {
    std::vector<AffineIndex> attempt = indices;
    attempt[dimension].constant = candidate;
    bool constant_outside =
        attempt[dimension].terms.empty() && (candidate < 0 || candidate >= static_cast<std::int64_t>(here.count));
    if (constant_outside && (dimension > 0 || !outside)) {
      continue;
    }
    if (!split_constant(leaf, attempt, dimension + 1, rest - candidate * here.stride_bytes, access_bytes, outside,
                        evolution, inside)) {
      continue;
    }
    bool all_inside = true;
    for (std::size_t i = dimension; i < attempt.size(); ++i) {
      all_inside &= is_in_range(attempt[i], leaf.dimensions[i].count, evolution);
    }
    if (all_inside || !inner_varies) {
      indices = std::move(attempt);
      return true;
    }
    if (!first) {
      first = std::move(attempt);
      first_inside = inside;
    }
  }
  if (first) {
    indices = std::move(*first);
    inside = first_inside;
  }
  return first.has_value();
}

}  // namespace

std::uint64_t Leaf::count() const {
  std::uint64_t product = 1;
  for (const Dimension& dimension : dimensions) {
    product *= dimension.count;
  }
  return product;
}

ArrayLayout layout_of(llvm::Type* type, const llvm::DataLayout& data_layout) {
  ArrayLayout layout;
  add_leaves(layout, type, data_layout, {});
  return layout;
}

ArrayLayout layout_of(const Parameter& parameter) {
  std::int64_t element_bytes = 0;
  std::int64_t alignment = 1;
  for (const PackedField& field : parameter.layout.fields) {
    auto bytes = static_cast<std::int64_t>(field.memory_bits / 8);
    element_bytes = std::max(element_bytes, static_cast<std::int64_t>(field.offset_bytes) + bytes);
    alignment = std::max(alignment, std::min<std::int64_t>(bytes, 8));
  }
  element_bytes = (element_bytes + alignment - 1) / alignment * alignment;
  std::vector<Dimension> dimensions;
  std::int64_t stride = element_bytes;
  for (std::size_t i = parameter.dimensions.size(); i-- > 0;) {
    dimensions.insert(dimensions.begin(), {.stride_bytes = stride, .count = parameter.dimensions[i]});
    stride *= static_cast<std::int64_t>(parameter.dimensions[i]);
  }
  ArrayLayout layout;
  for (const PackedField& field : parameter.layout.fields) {
    std::string name = field.name;
    std::ranges::replace_if(name, [](char c) { return c == '.' || c == '[' || c == ']'; }, '_');
    layout.push_back({.name = name.empty() ? "" : "_" + name,
                      .offset_bytes = static_cast<std::int64_t>(field.offset_bytes),
                      .memory_bits = field.memory_bits,
                      .dimensions = dimensions,
                      .declared_width = field.width,
                      .is_signed = field.is_signed,
                      .packed_low = field.low});
  }
  return layout;
}

std::optional<Element> find_element(const ArrayLayout& layout, const ByteOffset& offset, unsigned access_bits,
                                    llvm::ScalarEvolution& evolution) {
  // An array in a struct does not reach into the members behind it: only what is no element at all may be outside.
  for (std::size_t attempt = 0; attempt < 2 * layout.size(); ++attempt) {
    const std::size_t number = attempt % layout.size();
    const bool outside = attempt >= layout.size();
    const Leaf& leaf = layout[number];
    std::vector<AffineIndex> indices(leaf.dimensions.size());
    bool fits = true;
    for (const auto& [value, bytes] : offset.terms) {
      auto dimension = std::ranges::find_if(
          leaf.dimensions, [step = bytes](const Dimension& candidate) { return step % candidate.stride_bytes == 0; });
      if (dimension == leaf.dimensions.end()) {
        fits = false;
        break;
      }
      indices[static_cast<std::size_t>(dimension - leaf.dimensions.begin())].terms.emplace_back(
          value, bytes / dimension->stride_bytes);
    }
    std::int64_t inside = 0;
    if (fits && split_constant(leaf, indices, 0, offset.constant - leaf.offset_bytes, (access_bits + 7) / 8, outside,
                               evolution, inside)) {
      return Element{.leaf = number, .indices = std::move(indices), .low_bit = static_cast<unsigned>(inside * 8)};
    }
  }
  return std::nullopt;
}

}  // namespace sluice::hlsc
