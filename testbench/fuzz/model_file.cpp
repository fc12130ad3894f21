// Fuzzes the reader of a quantised model, for a tiny config of every architecture. The input is the JSON header of a
// model file, a NUL, and the last bytes of the data (tiny_model.hpp): in a whole file, tens of kilobytes, a mutation
// would seldom come where it matters.
#include "host/quant/model_file.hpp"

#include <string>

#include "host/quant/model_file_fields.hpp"
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
    if (matrix.bias) {
      constexpr std::int32_t kLimit = 8'388'607;  // numerics.md, section 2
      SLUICE_CHECK(matrix.bias->mantissas.size() == matrix.shape.num_rows());
      for (const std::int32_t mantissa : matrix.bias->mantissas) {
        SLUICE_CHECK(mantissa >= -kLimit && mantissa <= kLimit);
      }
    }
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

void check_model(const SharedBytes& file, const TinyModel& expected) {
  const Result<QuantisedModel> model =
      quant::parse_model_file(file, expected.config, quant::fnv1a(expected.config_text));
  if (!model.ok()) {
    check_error(model.error());
    return;
  }
  const Status visited = quant::for_each_part(model.value(), PartChecker(file.span()));
  SLUICE_CHECK(visited.ok());
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::fuzz;
  const Halves input = split_at_nul(as_text(data, size));
  const SharedBytes file(model_file_of(input.first, input.second));
  for (const TinyModel& model : tiny_models()) {
    check_model(file, model);
  }
  return 0;
}
