// Reading the golden vectors of testbench/golden (its README describes them).
#pragma once

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sluice::test {

// Cases of one operation. Tests run in the repository's root.
inline nlohmann::json golden_cases(const std::string& operation) {
  std::ifstream file("testbench/golden/" + operation + ".json");
  return nlohmann::json::parse(file).at("cases");
}

// A number, or a decimal string where JSON's numbers are too small.
inline std::int64_t integer(const nlohmann::json& value) {
  return value.is_string() ? std::stoll(value.get<std::string>()) : value.get<std::int64_t>();
}
inline std::uint64_t unsigned_integer(const nlohmann::json& value) {
  return value.is_string() ? std::stoull(value.get<std::string>()) : value.get<std::uint64_t>();
}

template <typename T>
std::vector<T> integers(const nlohmann::json& values) {
  std::vector<T> out;
  for (const nlohmann::json& value : values) {
    if constexpr (std::is_unsigned_v<T>) {
      out.push_back(static_cast<T>(unsigned_integer(value)));
    } else {
      out.push_back(static_cast<T>(integer(value)));
    }
  }
  return out;
}

}  // namespace sluice::test
