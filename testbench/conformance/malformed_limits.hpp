// How the tables of malformed_cases.hpp are written down: a field by its name, and the limits that many fields share.
// Ownership, threading, errors: plain functions.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "host/engine/commands.hpp"
#include "testbench/conformance/malformed_cases.hpp"

namespace sluice::test {

using namespace device;
using engine::make_command;

inline constexpr std::uint32_t kAll = 0xFFFFFFFF;
inline constexpr std::uint32_t kMultiple = 0xFFFFFFE0;  // the largest multiple of 32
inline constexpr std::uint32_t kMostElements = (kVectorLines - 1) * 32;
constexpr std::uint32_t negative(std::int32_t x) { return static_cast<std::uint32_t>(x); }

#define WORD(Operand, field) (offsetof(Operand, field) / 4)
#define FIELD(Operand, field) Limits({#field, WORD(Operand, field), WORD(Operand, field), {}, {}, {}})
#define LOW(Operand, field) Limits({#field, WORD(Operand, field##_lo), WORD(Operand, field##_lo), {}, {}, {}})
#define HIGH(Operand, field) Limits({#field, WORD(Operand, field##_hi), WORD(Operand, field##_lo), {}, {}, {}})

template <typename Operand>
CommandLimits limits_of(std::string_view name, Queue queue, Opcode opcode, const Operand& operand,
                        std::vector<Limits> limits) {
  static_assert(sizeof(Operand) % 4 == 0);
  return {name, queue, make_command(opcode, operand), sizeof(Operand) / 4, std::move(limits)};
}

// A line of vector memory at which `lines` lines must fit.
inline Limits line(Limits field, std::uint32_t lines) {
  const std::uint32_t last = kVectorLines - lines;
  return field.take({0, last}).refuse({last + 1, kVectorLines, kAll - 1});
}

// The lower word of a card address at which `bytes` bytes, whole lines, must fit. The card ends where the upper word
// is 1.
inline Limits card(Limits field, std::uint32_t bytes) {
  const auto last = static_cast<std::uint32_t>(kCardBytes - bytes);
  field.take({0, last}).refuse({1, 64, kData + 127, last + 1, kAll});
  if (bytes > kLineBytes) {
    field.refused.push_back(last + kLineBytes);
  }
  return field;
}

inline Limits tokens(Limits field) { return field.take({1, kMaxTokens}).refuse({0, kMaxTokens + 1, 1u << 31, kAll}); }
inline Limits exponent(Limits field) {
  return field.take({0, 1023, negative(-1024)}).refuse({1024, negative(-1025), 1u << 31, (1u << 31) - 1});
}

// Without one, an output may also be left out.
template <typename Operand>
void append_outputs(std::vector<Limits>& limits, std::uint32_t elements) {
  limits.push_back(line(FIELD(Operand, out.vector_line), 1 + (elements + 31) / 32));
  const std::uint32_t planes = (elements + 127) / 128;
  const std::uint32_t deltas = ((elements + 31) / 32 + 127) / 128;
  limits.push_back(line(FIELD(Operand, out.q8_line), 1 + deltas + planes));
  limits.push_back(line(FIELD(Operand, out.q16_line), 1 + deltas + 2 * planes));
  limits.push_back(FIELD(Operand, out.vector_line).take({kNone}));
  limits.push_back(FIELD(Operand, out.q8_line).take({kNone}));
  limits.push_back(FIELD(Operand, out.q16_line).take({kNone}));
}

// Activations of the two commands that have one.
template <typename Operand>
void append_activation(std::vector<Limits>& limits) {
  const Change clamped = {WORD(Operand, activation), 1};
  limits.push_back(FIELD(Operand, activation).take({0}).refuse({2, kAll}));
  limits.push_back(FIELD(Operand, activation).take({1}).with({{WORD(Operand, limit), 1}}));
  limits.push_back(FIELD(Operand, limit).take({1, kAll}).refuse({0}).with({clamped}));
  limits.push_back(FIELD(Operand, scale).take({0, kAll}));
  limits.push_back(FIELD(Operand, scale).take({0, kAll}).with({clamped, {WORD(Operand, limit), 1}}));
}

// The commands of the units (malformed_unit_cases.cpp).
[[nodiscard]] std::vector<CommandLimits> unit_command_limits();

}  // namespace sluice::test
