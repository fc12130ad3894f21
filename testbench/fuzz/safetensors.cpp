// Fuzzes parse_safetensors and parse_shard_index. The input is a file; it is read as it is, then with a length field
// that fits its header, since almost every mutation of a header would otherwise end at the length.
#include "host/model/safetensors.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "testbench/fuzz/target.hpp"

namespace sluice::fuzz {
namespace {

constexpr std::size_t kLengthBytes = 8;

void check_view(const TensorView& view, std::span<const std::byte> data) {
  SLUICE_CHECK(lies_within(view.bytes, data));
  const bool is_empty = std::find(view.shape.begin(), view.shape.end(), 0) != view.shape.end();
  std::uint64_t elements = is_empty ? 0 : 1;
  for (const std::int64_t extent : view.shape) {
    SLUICE_CHECK(extent >= 0);
    SLUICE_CHECK(!__builtin_mul_overflow(elements, static_cast<std::uint64_t>(extent), &elements));
  }
  SLUICE_CHECK(std::cmp_equal(view.num_elements(), elements));
  SLUICE_CHECK(elements * static_cast<std::uint64_t>(dtype_bytes(view.dtype)) == view.bytes.size());

  std::vector<float> floats(static_cast<std::size_t>(view.num_elements()));
  const Status read = read_as_float(view, 0, floats);
  SLUICE_CHECK(read.ok() || read.error().code() == ErrorCode::kUnsupported);
  std::array<float, 1> one{};
  SLUICE_CHECK(!read_as_float(view, view.num_elements(), one).ok());
  SLUICE_CHECK(!read_as_float(view, -1, one).ok());
}

void check_file(std::span<const std::byte> file) {
  const Result<TensorMap> tensors = parse_safetensors(file);
  if (!tensors.ok()) {
    check_error(tensors.error());
    return;
  }
  std::uint64_t header_bytes = 0;
  SLUICE_CHECK(file.size() >= kLengthBytes);
  std::memcpy(&header_bytes, file.data(), kLengthBytes);
  const std::span<const std::byte> data = file.subspan(kLengthBytes).subspan(header_bytes);
  // Every byte of the data belongs to one tensor.
  std::vector<int> owners(data.size());
  for (const auto& [name, view] : tensors.value()) {
    check_view(view, data);
    for (const std::byte& byte : view.bytes) {
      ++owners[static_cast<std::size_t>(&byte - data.data())];
    }
  }
  SLUICE_CHECK(std::all_of(owners.begin(), owners.end(), [](int count) { return count == 1; }));
}

// The input with the length of what ends in its last '}'.
std::vector<std::byte> with_fitting_length(std::string_view input) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(input));
  std::vector<std::byte> file(bytes.begin(), bytes.end());
  const std::size_t end = input.rfind('}');
  if (end != std::string_view::npos && end >= kLengthBytes) {
    const std::uint64_t length = end + 1 - kLengthBytes;
    std::memcpy(file.data(), &length, kLengthBytes);
  }
  return file;
}

void check_index(std::string_view text) {
  const Result<ShardMap> shards = parse_shard_index(text);
  if (!shards.ok()) {
    check_error(shards.error());
    return;
  }
  for (const auto& [file, tensors] : shards.value()) {
    SLUICE_CHECK(!file.empty() && file != "." && file != "..");
    SLUICE_CHECK(file.find('/') == std::string::npos && file.find('\0') == std::string::npos);
    SLUICE_CHECK(!tensors.empty());
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::fuzz;
  check_file(std::as_bytes(std::span(data, size)));
  check_file(with_fitting_length(as_text(data, size)));
  check_index(as_text(data, size));
  return 0;
}
