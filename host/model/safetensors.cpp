#include "host/model/safetensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "host/base/check.hpp"
#include "host/model/json.hpp"

namespace sluice {
namespace {

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation
constexpr std::size_t kMaxRank = 8;
constexpr JsonLimits kHeaderLimits{.max_depth = 3, .max_values = 16'000'000};

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  std::int64_t bytes;
};

constexpr std::array<DTypeInfo, 16> kDTypes{{
    {DType::kBool, "BOOL", 1},
    {DType::kU8, "U8", 1},
    {DType::kI8, "I8", 1},
    {DType::kF8E4M3, "F8_E4M3", 1},
    {DType::kF8E5M2, "F8_E5M2", 1},
    {DType::kF8E8M0, "F8_E8M0", 1},
    {DType::kI16, "I16", 2},
    {DType::kU16, "U16", 2},
    {DType::kF16, "F16", 2},
    {DType::kBF16, "BF16", 2},
    {DType::kI32, "I32", 4},
    {DType::kU32, "U32", 4},
    {DType::kF32, "F32", 4},
    {DType::kF64, "F64", 8},
    {DType::kI64, "I64", 8},
    {DType::kU64, "U64", 8},
}};

const DTypeInfo& dtype_info(DType dtype) {
  const auto* found =
      std::find_if(kDTypes.begin(), kDTypes.end(), [dtype](const DTypeInfo& info) { return info.dtype == dtype; });
  SLUICE_CHECK(found != kDTypes.end());
  return *found;
}

Error invalid(std::string message) { return {ErrorCode::kInvalidInput, std::move(message)}; }

// The bytes that `shape` takes, or nothing if that passes 2^63.
std::optional<std::int64_t> shape_bytes(std::span<const std::int64_t> shape, std::int64_t element_bytes) {
  std::int64_t bytes = element_bytes;
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) {
      return std::nullopt;
    }
  }
  return bytes;
}

// One entry of the header: {"dtype": "BF16", "shape": [4096, 256], "data_offsets": [0, 2097152]}.
Result<TensorView> parse_entry(const json& entry, std::span<const std::byte> data) {
  if (!entry.is_object()) {
    return invalid(fmt::format("is {} instead of an object", summary(entry)));
  }
  const JsonFields fields(entry, "");
  TensorView view;
  SLUICE_ASSIGN_OR_RETURN(const std::string name, fields.text("dtype"));
  const auto* info = std::find_if(kDTypes.begin(), kDTypes.end(), [&](const DTypeInfo& i) { return i.name == name; });
  if (info == kDTypes.end()) {
    return Error(ErrorCode::kUnsupported, fmt::format("dtype {} is unknown", in_quotes(name)));
  }
  view.dtype = info->dtype;

  constexpr IntegerRange kAny{0, std::numeric_limits<std::int64_t>::max()};
  SLUICE_ASSIGN_OR_RETURN(view.shape, fields.integers("shape", kAny, kMaxRank));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::int64_t> offsets, fields.integers("data_offsets", kAny, 2));
  if (!fields.find("shape")->is_array() || offsets.size() != 2) {
    return invalid("shape and data_offsets must be lists, the latter of two numbers");
  }
  const std::int64_t begin = offsets[0];
  const std::int64_t end = offsets[1];
  if (begin > end || std::cmp_greater(end, data.size())) {
    return invalid(
        fmt::format("data_offsets [{}, {}] are outside the file's {} bytes of data", begin, end, data.size()));
  }
  const std::optional<std::int64_t> bytes = shape_bytes(view.shape, info->bytes);
  if (!bytes || *bytes != end - begin) {
    return invalid(fmt::format("{} {} does not take the {} bytes that data_offsets give it", info->name,
                               shape_text(view.shape), end - begin));
  }
  view.bytes = data.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(*bytes));
  return view;
}

// The tensors must tile the data: no overlap, no gap, nothing after the last.
Status check_tiling(const TensorMap& tensors, std::span<const std::byte> data) {
  std::vector<const TensorMap::value_type*> ordered;
  ordered.reserve(tensors.size());
  for (const auto& tensor : tensors) {
    ordered.push_back(&tensor);
  }
  const auto begin_of = [&](const TensorMap::value_type* t) { return t->second.bytes.data() - data.data(); };
  std::sort(ordered.begin(), ordered.end(), [&](const auto* a, const auto* b) {
    return std::pair(begin_of(a), a->second.bytes.size()) < std::pair(begin_of(b), b->second.bytes.size());
  });
  std::ptrdiff_t position = 0;
  for (const auto* tensor : ordered) {
    if (begin_of(tensor) != position) {
      return invalid(fmt::format("tensor {} {}", in_quotes(tensor->first),
                                 begin_of(tensor) < position ? "overlaps another" : "follows a gap in the data"));
    }
    position += static_cast<std::ptrdiff_t>(tensor->second.bytes.size());
  }
  if (std::cmp_not_equal(position, data.size())) {
    return invalid(fmt::format("{} bytes after the last tensor", data.size() - static_cast<std::size_t>(position)));
  }
  return {};
}

Status check_metadata(const json& metadata) {
  const bool is_text_map = metadata.is_object() &&
                           std::all_of(metadata.begin(), metadata.end(), [](const json& v) { return v.is_string(); });
  return is_text_map ? Status() : Status(invalid("__metadata__ must be an object of texts"));
}

// The JSON header's text, and the data that follows it.
struct Parts {
  std::string_view header;
  std::span<const std::byte> data;
};

Result<Parts> split_file(std::span<const std::byte> file) {
  if (file.size() < kLengthBytes) {
    return invalid(fmt::format("{} bytes are too few for a safetensors file", file.size()));
  }
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  if (length > kMaxHeaderBytes) {
    return invalid(fmt::format("header of {} bytes; at most {} are supported", length, kMaxHeaderBytes));
  }
  if (length > file.size() - kLengthBytes) {
    return invalid(fmt::format("truncated: header of {} bytes in a file of {}", length, file.size()));
  }
  const auto size = static_cast<std::size_t>(length);
  const std::string_view header(reinterpret_cast<const char*>(file.data() + kLengthBytes), size);
  if (!header.starts_with('{')) {
    return invalid("header does not start with '{'");
  }
  return Parts{header, file.subspan(kLengthBytes + size)};
}

bool is_plain_file_name(std::string_view name) {
  constexpr std::size_t kMaxNameBytes = 255;
  return !name.empty() && name.size() <= kMaxNameBytes && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1fU;
  const std::uint32_t fraction = bits & 0x3ffU;
  if (exponent == 0) {  // zero and subnormals: fraction * 2^-24, exact in float
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide_exponent = exponent == 0x1fU ? 0xffU : exponent + (127U - 15U);
  return std::bit_cast<float>(sign | (wide_exponent << 23U) | (fraction << 13U));
}

float bfloat_to_float(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U); }

template <typename Bits, typename Convert>
void convert_elements(std::span<const std::byte> bytes, std::size_t stride, std::span<float> out, Convert convert) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Bits bits;
    std::memcpy(&bits, bytes.data() + i * stride * sizeof(Bits), sizeof(Bits));
    out[i] = convert(bits);
  }
}

}  // namespace

std::string_view dtype_name(DType dtype) { return dtype_info(dtype).name; }

std::int64_t dtype_bytes(DType dtype) { return dtype_info(dtype).bytes; }

std::int64_t TensorView::num_elements() const { return static_cast<std::int64_t>(bytes.size()) / dtype_bytes(dtype); }

std::string shape_text(std::span<const std::int64_t> shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

Result<TensorMap> parse_safetensors(std::span<const std::byte> file) {
  SLUICE_ASSIGN_OR_RETURN(const Parts parts, split_file(file));
  Result<json> header = parse_json(parts.header, kHeaderLimits);
  if (!header.ok()) {
    return header.error().within("header");
  }
  TensorMap tensors;
  for (const auto& [name, entry] : header.value().items()) {
    if (name == "__metadata__") {
      SLUICE_RETURN_IF_ERROR(check_metadata(entry));
      continue;
    }
    Result<TensorView> view = parse_entry(entry, parts.data);
    if (!view.ok()) {
      return view.error().within("tensor " + in_quotes(name));
    }
    tensors.emplace(name, std::move(view).value());
  }
  SLUICE_RETURN_IF_ERROR(check_tiling(tensors, parts.data));
  return tensors;
}

Result<ShardMap> parse_shard_index(std::string_view text) {
  constexpr std::size_t kMaxShards = 10'000;
  SLUICE_ASSIGN_OR_RETURN(const json document, parse_json(text, kHeaderLimits));
  if (!document.is_object()) {
    return invalid(fmt::format("is {} instead of an object", summary(document)));
  }
  SLUICE_ASSIGN_OR_RETURN(const JsonFields weights, JsonFields(document, "").fields("weight_map"));
  ShardMap shards;
  for (const auto& [tensor, file] : weights.object().items()) {
    if (!file.is_string() || !is_plain_file_name(file.get_ref<const std::string&>())) {
      return invalid(fmt::format("weight_map places {} in {}; supported: names of files beside the index",
                                 in_quotes(tensor), summary(file)));
    }
    shards[file.get<std::string>()].push_back(tensor);
  }
  if (shards.size() > kMaxShards) {
    return invalid(fmt::format("{} shards; at most {} are supported", shards.size(), kMaxShards));
  }
  return shards;
}

Result<Checkpoint> Checkpoint::open(const std::filesystem::path& directory) {
  const std::filesystem::path single = directory / "model.safetensors";
  const std::filesystem::path index = directory / "model.safetensors.index.json";
  Checkpoint checkpoint;
  std::error_code ignored;
  if (std::filesystem::exists(single, ignored)) {
    SLUICE_RETURN_IF_ERROR(checkpoint.add_single_file(single));
  } else if (std::filesystem::exists(index, ignored)) {
    SLUICE_RETURN_IF_ERROR(checkpoint.add_shards(directory, index));
  } else {
    return Error(ErrorCode::kNotFound,
                 fmt::format("{}: has neither model.safetensors nor model.safetensors.index.json", directory.string()));
  }
  return checkpoint;
}

Status Checkpoint::add_single_file(const std::filesystem::path& path) {
  SLUICE_ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
  Result<TensorMap> tensors = parse_safetensors(file.bytes());
  if (!tensors.ok()) {
    return tensors.error().within(path.string());
  }
  files_.push_back(std::move(file));
  tensors_ = std::move(tensors).value();
  return {};
}

Status Checkpoint::add_shards(const std::filesystem::path& directory, const std::filesystem::path& index_path) {
  constexpr std::uint64_t kMaxIndexBytes = 256'000'000;
  SLUICE_ASSIGN_OR_RETURN(const std::string index, read_small_file(index_path, kMaxIndexBytes));
  const Result<ShardMap> shards = parse_shard_index(index);
  if (!shards.ok()) {
    return shards.error().within(index_path.string());
  }
  for (const auto& [file_name, tensor_names] : shards.value()) {
    const std::filesystem::path path = directory / file_name;
    SLUICE_ASSIGN_OR_RETURN(MappedFile file, MappedFile::open(path));
    Result<TensorMap> tensors = parse_safetensors(file.bytes());
    if (!tensors.ok()) {
      return tensors.error().within(path.string());
    }
    for (const std::string& name : tensor_names) {
      auto node = tensors.value().extract(name);
      if (node.empty()) {
        return invalid(
            fmt::format("{}: has no tensor {}, which the index places there", path.string(), in_quotes(name)));
      }
      tensors_.insert(std::move(node));
    }
    files_.push_back(std::move(file));
  }
  return {};
}

const TensorView* Checkpoint::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

Status read_as_float(const TensorView& tensor, std::int64_t first, std::int64_t stride, std::span<float> out) {
  SLUICE_CHECK(stride >= 1);
  const std::int64_t available = tensor.num_elements();
  const std::int64_t count = first < 0 || first >= available ? 0 : (available - first - 1) / stride + 1;
  if (first < 0 || first > available || std::cmp_greater(out.size(), count)) {
    return invalid(
        fmt::format("{} elements, every {}. from {} on, of a tensor of {}", out.size(), stride, first, available));
  }
  const auto step = static_cast<std::size_t>(stride);
  const auto bytes = tensor.bytes.subspan(static_cast<std::size_t>(first * dtype_bytes(tensor.dtype)));
  switch (tensor.dtype) {
    case DType::kBF16:
      convert_elements<std::uint16_t>(bytes, step, out, bfloat_to_float);
      return {};
    case DType::kF16:
      convert_elements<std::uint16_t>(bytes, step, out, half_to_float);
      return {};
    case DType::kF32:
      convert_elements<float>(bytes, step, out, [](float value) { return value; });
      return {};
    default:
      return Error(ErrorCode::kUnsupported,
                   fmt::format("dtype {}; weights are read from BF16, F16 and F32", dtype_name(tensor.dtype)));
  }
}

}  // namespace sluice
