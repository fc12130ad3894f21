#include <algorithm>
#include <array>
#include <utility>

#include "host/base/check.hpp"
#include "host/model/architectures/architecture.hpp"

namespace sluice {

TensorSource plain_source(std::string name, const std::vector<std::int64_t>& shape) {
  const std::int64_t columns = shape.back();
  return {.name = std::move(name),
          .rows = shape.size() == 1 ? 1 : shape.front(),
          .columns = columns,
          .row_stride = columns};
}

std::span<const Architecture* const> architectures() {
  static constexpr std::array<const Architecture*, 2> kTable{&kDeepseekV3, &kGptOss};
  return kTable;
}

const Architecture& architecture_of(const ModelConfig& config) {
  const auto table = architectures();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Architecture* entry) { return entry->model_type == config.architecture; });
  SLUICE_CHECK(found != table.end());
  return **found;
}

}  // namespace sluice
