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

// Whether the object is an array: a step of its elements' size stays in one member.
bool is_array(const ArrayLayout& layout) {
  return std::ranges::all_of(layout, [&](const Leaf& leaf) {
    return !leaf.dimensions.empty() && leaf.offset_bytes < leaf.dimensions[0].stride_bytes;
  });
}

// Each term at the outermost dimension that it steps through; nothing where it steps through none.
std::optional<std::vector<AffineIndex>> terms_of(const Leaf& leaf, const ByteOffset& offset) {
  std::vector<AffineIndex> indices(leaf.dimensions.size());
  for (const auto& [value, bytes] : offset.terms) {
    auto dimension = std::ranges::find_if(
        leaf.dimensions, [step = bytes](const Dimension& candidate) { return step % candidate.stride_bytes == 0; });
    if (dimension == leaf.dimensions.end()) {
      return std::nullopt;
    }
    indices[static_cast<std::size_t>(dimension - leaf.dimensions.begin())].terms.emplace_back(
        value, bytes / dimension->stride_bytes);
  }
  return indices;
}

// How much must be known of an index beside which other members lie: `member[i + 1]` may be an element of the next one.
enum class Belief : std::uint8_t {
  kInRange,   // it is in the range of its dimension
  kPlain,     // or it is a plain index of which nothing is known: LLVM keeps no other trace of the member than the
              // constant
  kAnywhere,  // or, where no other members are, anything
};

bool is_believable(const ArrayLayout& layout, const Leaf& leaf, const std::vector<AffineIndex>& indices, Belief belief,
                   bool in_bytes, llvm::ScalarEvolution& evolution) {
  const std::size_t whole = is_array(layout) ? 1 : 0;  // dimensions in which a step does not leave the member
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (is_in_range(indices[i], leaf.dimensions[i].count, evolution)) {
      continue;
    }
    const bool has_neighbours = i >= whole && layout.size() > 1;
    const bool is_plain = !indices[i].terms.empty() && indices[i].constant == 0 && !in_bytes;
    if (belief == Belief::kInRange || (has_neighbours && !is_plain)) {
      return false;
    }
  }
  return true;
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
  for (const Belief belief : {Belief::kInRange, Belief::kPlain, Belief::kAnywhere}) {
    for (std::size_t number = 0; number < layout.size(); ++number) {
      const Leaf& leaf = layout[number];
      std::optional<std::vector<AffineIndex>> indices = terms_of(leaf, offset);
      std::int64_t inside = 0;
      if (indices &&
          split_constant(leaf, *indices, 0, offset.constant - leaf.offset_bytes, (access_bits + 7) / 8,
                         belief == Belief::kAnywhere, evolution, inside) &&
          is_believable(layout, leaf, *indices, belief, offset.in_bytes, evolution)) {
        return Element{.leaf = number, .indices = std::move(*indices), .low_bit = static_cast<unsigned>(inside * 8)};
      }
    }
  }
  return std::nullopt;
}

}  // namespace sluice::hlsc
