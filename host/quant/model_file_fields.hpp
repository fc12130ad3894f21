// Names and number lists of the model file, for model_file.cpp and its tests (README.md describes them).
// Ownership, threading: constants and plain functions. Errors: none.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "host/model/safetensors.hpp"
#include "host/quant/quantised_model.hpp"

namespace sluice::quant {

inline constexpr std::uint32_t kFileVersion = 2;

inline constexpr const char* kVersionName = "sluice.version";          // U32 [8]: file, numerics, the formats
inline constexpr const char* kConfigHashName = "sluice.config_hash";   // U64 [1]: FNV-1a of config.json
inline constexpr const char* kConstantsName = "constants";             // I64 [kNumConstants], as fields_of()
inline constexpr const char* kRopeName = "constants.rope_increments";  // U64 [rope / 2]
inline constexpr const char* kAttributes = ".attributes";              // behind a matrix's name: I32 [kNumAttributes]
inline constexpr const char* kExponent = ".exponent";                  // behind a gamma's name: I32 [1]
inline constexpr const char* kBias = ".bias";                          // behind a matrix's name: I32 [rows]
inline constexpr const char* kBiasExponent = ".bias.exponent";         // I32 [1]
inline constexpr const char* kScales = ".scales";                      // behind the embedding's name: U8

inline constexpr std::size_t kNumAttributes = 6;
inline constexpr std::size_t kAttributeScaleMax = 4;
inline constexpr std::size_t kAttributeScaleBias = 5;

inline std::array<std::int32_t, kNumAttributes> attributes_of(const PackedMatrix& matrix) {
  return {static_cast<std::int32_t>(matrix.format),        static_cast<std::int32_t>(matrix.shape.rows),
          static_cast<std::int32_t>(matrix.shape.columns), static_cast<std::int32_t>(matrix.shape.groups),
          static_cast<std::int32_t>(matrix.scale_max),     matrix.scale_bias};
}

inline constexpr std::size_t kNumVersions = 8;

inline std::array<std::uint32_t, kNumVersions> version_of(const Formats& formats) {
  const auto number = [](device::Format format) { return static_cast<std::uint32_t>(format); };
  return {kFileVersion,          device::kNumericsVersion, number(formats.attention),
          number(formats.dense), number(formats.experts),  number(formats.shared),
          number(formats.head),  number(formats.router)};
}

// False if a number names no format or one that its type cannot have.
inline bool formats_from(std::span<const std::uint32_t> version, Formats& formats) {
  constexpr auto kWidest = static_cast<std::uint32_t>(device::Format::kMxInt16);
  const std::array<device::Format*, 6> members{&formats.attention, &formats.dense, &formats.experts,
                                               &formats.shared,    &formats.head,  &formats.router};
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::uint32_t number = version[2 + i];
    if (number > kWidest || (number == kWidest && i + 1 < members.size())) {
      return false;
    }
    *members[i] = static_cast<device::Format>(number);
  }
  return true;
}

inline constexpr std::size_t kNumConstants = 10;

inline std::array<std::int64_t, kNumConstants> fields_of(const Constants& constants) {
  return {constants.norm_epsilon.mantissa,
          constants.norm_epsilon.exponent,
          constants.latent_epsilon.mantissa,
          constants.latent_epsilon.exponent,
          constants.rope_amplitude,
          constants.score.mul,
          constants.score.shift,
          constants.routed_scale,
          constants.activation_limit,
          constants.activation_scale};
}

inline bool is_exponent(std::int64_t exponent) { return exponent >= -256 && exponent <= 256; }

// Fills in all but the rope increments; false if a field is outside the range that commands take.
inline bool constants_from(std::span<const std::int64_t> fields, Constants& constants) {
  constexpr std::array<std::int64_t, kNumConstants> kMin{0, -256, 0, -256, 0, 0, 16, 0, 0, 0};
  constexpr std::array<std::int64_t, kNumConstants> kMax{
      (1LL << 31) - 1, 256, (1LL << 31) - 1, 256, (1LL << 31) - 1, (1LL << 22) - 1, 62, 1LL << 28, (1LL << 32) - 1,
      (1LL << 32) - 1};
  for (std::size_t i = 0; i < kNumConstants; ++i) {
    if (fields[i] < kMin[i] || fields[i] > kMax[i]) {
      return false;
    }
  }
  constants.norm_epsilon = {static_cast<std::uint32_t>(fields[0]), static_cast<std::int32_t>(fields[1])};
  constants.latent_epsilon = {static_cast<std::uint32_t>(fields[2]), static_cast<std::int32_t>(fields[3])};
  constants.rope_amplitude = static_cast<std::uint32_t>(fields[4]);
  constants.score = {static_cast<std::uint32_t>(fields[5]), static_cast<std::uint32_t>(fields[6])};
  constants.routed_scale = static_cast<std::uint32_t>(fields[7]);
  constants.activation_limit = static_cast<std::uint32_t>(fields[8]);
  constants.activation_scale = static_cast<std::uint32_t>(fields[9]);
  return true;
}

template <typename T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, std::int16_t>) {
    return DType::kI16;
  } else if constexpr (std::is_same_v<T, std::int32_t>) {
    return DType::kI32;
  } else if constexpr (std::is_same_v<T, std::uint32_t>) {
    return DType::kU32;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return DType::kI64;
  } else {
    static_assert(std::is_same_v<T, std::uint64_t>);
    return DType::kU64;
  }
}

inline std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char byte : text) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  }
  return hash;
}

}  // namespace sluice::quant
