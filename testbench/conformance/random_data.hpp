// What random commands find in card memory: weights, biases and tables of integers, as bytes of whole lines.
// Ownership, threading, errors: plain functions; the same bytes for the same state of the generator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "host/device/command.hpp"

namespace sluice::test {

// A matrix in the layout of docs/device.md, block exponents from scale_max - 19 to scale_max.
[[nodiscard]] std::vector<std::byte> random_weights(std::mt19937& random, device::Format format, std::uint32_t rows,
                                                    std::uint32_t columns, std::uint32_t groups,
                                                    std::uint32_t scale_max);

// A vector as it lies in memory; now and then all zero, or with numbers that only garbage has.
[[nodiscard]] std::vector<std::byte> random_bias(std::mt19937& random, std::uint32_t elements);

// Signed integers of `bytes_each` bytes, 64 random bits shifted right by `shift`.
[[nodiscard]] std::vector<std::byte> random_integers(std::mt19937& random, std::uint32_t count,
                                                     std::uint32_t bytes_each, int shift);

}  // namespace sluice::test
