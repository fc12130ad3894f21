// Reader of safetensors checkpoints: one file, or shards listed by model.safetensors.index.json.
//
// Purpose: names to typed, shaped views of bytes in memory-mapped files. The format:
//   https://huggingface.co/docs/safetensors (8 bytes of header length, JSON header, data without holes).
// Ownership: a Checkpoint owns its mappings and is move-only; TensorView::bytes die with it (moving it keeps them).
// Threading: everything is read-only after open and may be read from several threads.
// Errors: every field of a header is checked against the file before anything uses it: length, JSON, repeated names,
//   dtype, shape, offsets (in range, as long as dtype and shape say, no overlap, no gap, nothing after the last).
//   A bad file is kInvalidInput, a missing one kNotFound, one line that names the file and the tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.hpp"
#include "host/model/mapped_file.hpp"

namespace sluice {

enum class DType {
  kBool,
  kU8,
  kI8,
  kF8E4M3,
  kF8E5M2,
  kF8E8M0,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kF64,
  kI64,
  kU64
};

// The name of a dtype in a header ("BF16"), and its size in bytes.
std::string_view dtype_name(DType dtype);
std::int64_t dtype_bytes(DType dtype);

struct TensorView {
  DType dtype = DType::kU8;
  std::vector<std::int64_t> shape;   // outermost dimension first; empty for a scalar
  std::span<const std::byte> bytes;  // row-major, little-endian, not necessarily aligned

  [[nodiscard]] std::int64_t num_elements() const;
};

// "[4096, 256]"
std::string shape_text(std::span<const std::int64_t> shape);

using TensorMap = std::map<std::string, TensorView, std::less<>>;

// What one safetensors file holds. `file` is the whole file; the views point into it.
Result<TensorMap> parse_safetensors(std::span<const std::byte> file);

// The files of a sharded checkpoint, beside the index, and the tensors that each holds.
using ShardMap = std::map<std::string, std::vector<std::string>>;

// What the text of a model.safetensors.index.json says.
Result<ShardMap> parse_shard_index(std::string_view text);

class Checkpoint {
 public:
  // Opens DIRECTORY/model.safetensors or, if there is none, the shards that DIRECTORY/model.safetensors.index.json
  // lists. With an index, it alone says which file a tensor comes from.
  static Result<Checkpoint> open(const std::filesystem::path& directory);

  // The tensor's view, or null pointer if the checkpoint has no such tensor.
  [[nodiscard]] const TensorView* find(std::string_view name) const;
  [[nodiscard]] const TensorMap& tensors() const { return tensors_; }

 private:
  Checkpoint() = default;
  Status add_single_file(const std::filesystem::path& path);
  Status add_shards(const std::filesystem::path& directory, const std::filesystem::path& index_path);

  std::vector<MappedFile> files_;
  TensorMap tensors_;
};

// Elements first, first + stride, first + 2 * stride ... of the tensor in row-major order, converted to float (exact
// for BF16, F16 and F32); stride >= 1. kUnsupported for other dtypes, kInvalidInput if one is not inside the tensor.
Status read_as_float(const TensorView& tensor, std::int64_t first, std::int64_t stride, std::span<float> out);

// The same with a stride of 1.
inline Status read_as_float(const TensorView& tensor, std::int64_t first, std::span<float> out) {
  return read_as_float(tensor, first, 1, out);
}

}  // namespace sluice
