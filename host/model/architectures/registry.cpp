#include <algorithm>
#include <array>

#include "host/base/check.hpp"
#include "host/model/architectures/architecture.hpp"

namespace sluice {

std::span<const Architecture* const> architectures() {
  static constexpr std::array<const Architecture*, 1> kTable{&kDeepseekV3};
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
