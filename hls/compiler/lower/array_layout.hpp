// An object in memory as typed arrays, one a scalar member, and an address as indices into one of them.
//
// Purpose: LLVM's memory is bytes. An ArrayLayout says which leaf arrays an object has (an array of structs is a struct
//   of arrays here) and find_element() turns a byte offset (a constant plus multiples of values) into a leaf and an
//   index for each of its dimensions.
// Ownership: values; ByteOffset refers to LLVM values. Threading: none. Errors: an offset that fits no leaf is nothing.
#pragma once

#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/IR/DataLayout.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hls/compiler/frontend/frontend.hpp"

namespace sluice::hlsc {

struct Dimension {
  std::int64_t stride_bytes = 0;
  std::uint64_t count = 0;
};

// The elements of one scalar member: at offset_bytes + sum of index * stride.
struct Leaf {
  std::string name;  // "_tag" of a member, "" of an array of scalars
  std::int64_t offset_bytes = 0;
  unsigned memory_bits = 0;
  std::vector<Dimension> dimensions;  // outermost first; none: a scalar
  // Where the source's type is known (array arguments): its bits.
  std::optional<unsigned> declared_width;
  bool is_signed = false;
  unsigned packed_low = 0;  // and where they are in a packed element

  [[nodiscard]] std::uint64_t count() const;
};

using ArrayLayout = std::vector<Leaf>;

[[nodiscard]] ArrayLayout layout_of(llvm::Type* type, const llvm::DataLayout& data_layout);
[[nodiscard]] ArrayLayout layout_of(const Parameter& parameter);

struct ByteOffset {
  std::int64_t constant = 0;
  std::vector<std::pair<llvm::Value*, std::int64_t>> terms;  // value (sign-extended) * bytes
  // A term was counted in bytes: it may step through anything of its size, and what is known of its values decides.
  bool in_bytes = false;
};

// Of one dimension: constant + sum of value * factor.
struct AffineIndex {
  std::int64_t constant = 0;
  std::vector<std::pair<llvm::Value*, std::int64_t>> terms;
};

struct Element {
  std::size_t leaf = 0;
  std::vector<AffineIndex> indices;  // parallel to the leaf's dimensions
  unsigned low_bit = 0;              // of the access inside the element
};

[[nodiscard]] std::optional<Element> find_element(const ArrayLayout& layout, const ByteOffset& offset,
                                                  unsigned access_bits, llvm::ScalarEvolution& evolution);

}  // namespace sluice::hlsc
