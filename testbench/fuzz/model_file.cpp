// Fuzzes the reader of a quantised model. The input is the JSON header of a model file, a NUL, and the last bytes of
// the data; zeros, which are good weights, come before them. In a whole file, tens of kilobytes, a mutation would
// seldom come where it matters.
#include "host/quant/model_file.hpp"

#include <string>

#include "host/model/json.hpp"
#include "testbench/fuzz/target.hpp"
#include "testbench/fuzz/tiny_model.hpp"

namespace sluice::fuzz {
namespace {

using quant::PackedMatrix;
using quant::QuantisedModel;
using quant::SharedBytes;

// Calls for_each_part()'s visitor with the bytes that each part must have.
class PartChecker {
 public:
  explicit PartChecker(std::span<const std::byte> file) : file_(file) {}

  Status operator()(const std::string&, const PackedMatrix& matrix) const {
    SLUICE_CHECK(lies_within(matrix.data.span(), file_));
    SLUICE_CHECK(matrix.data.size() == quant::packed_bytes(matrix.format, matrix.shape));
    SLUICE_CHECK(matrix.scale_max <= 255 && matrix.scale_bias >= -1024 && matrix.scale_bias <= 1023);
    SLUICE_CHECK(quant::unpack(matrix).elements.size() == matrix.shape.num_weights());
    return {};
  }
  Status operator()(const std::string&, const quant::Gamma& gamma) const {
    SLUICE_CHECK(!gamma.values.empty() && gamma.exponent >= -256 && gamma.exponent <= 256);
    return {};
  }
  Status operator()(const std::string&, const quant::Embedding& embedding) const {
    SLUICE_CHECK(lies_within(embedding.elements.span(), file_) && lies_within(embedding.scales.span(), file_));
    SLUICE_CHECK(embedding.elements.size() == std::size_t{embedding.rows} * embedding.columns);
    SLUICE_CHECK(embedding.scales.size() == std::size_t{embedding.rows} * embedding.columns / 32);
    return {};
  }
  Status operator()(const std::string&, const std::vector<std::int32_t>& numbers) const {
    SLUICE_CHECK(!numbers.empty());
    return {};
  }

 private:
  std::span<const std::byte> file_;
};

// The end of the last tensor of a header, 0 if it has none that fits a small file.
std::size_t end_of_data(std::string_view header) {
  constexpr std::uint64_t kMaxDataBytes = 65'536;
  const Result<nlohmann::json> document = parse_json(header, JsonLimits{});
  std::uint64_t end = 0;
  if (document.ok() && document.value().is_object()) {
    for (const nlohmann::json& entry : document.value()) {
      const auto last = "/data_offsets/1"_json_pointer;
      const nlohmann::json offset = entry.is_object() ? entry.value(last, nlohmann::json()) : nlohmann::json();
      if (offset.is_number_unsigned() && offset.get<std::uint64_t>() <= kMaxDataBytes) {
        end = std::max(end, offset.get<std::uint64_t>());
      }
    }
  }
  return end;
}

std::vector<std::byte> file_of(Halves input) {
  constexpr std::size_t kLengthBytes = 8;
  const std::uint64_t length = input.first.size();
  const std::span<const std::byte> header = std::as_bytes(std::span(input.first));
  const std::span<const std::byte> tail = std::as_bytes(std::span(input.second));
  std::vector<std::byte> file(kLengthBytes + header.size() + end_of_data(input.first));
  std::memcpy(file.data(), &length, kLengthBytes);
  std::ranges::copy(header, file.begin() + kLengthBytes);
  const std::size_t given = std::min(tail.size(), file.size() - kLengthBytes - header.size());
  std::ranges::copy(tail.first(given), file.end() - static_cast<std::ptrdiff_t>(given));
  return file;
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::fuzz;
  const SharedBytes file(file_of(split_at_nul(as_text(data, size))));
  const Result<QuantisedModel> model = quant::parse_model_file(file, tiny_config(), tiny_config_hash());
  if (!model.ok()) {
    check_error(model.error());
    return 0;
  }
  const Status visited = quant::for_each_part(model.value(), PartChecker(file.span()));
  SLUICE_CHECK(visited.ok());
  return 0;
}
