// Building commands from operands.
//
// Purpose: a command is a header, an operand block and the token table; this puts them together.
// Ownership, threading, errors: plain values and pure functions.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "host/device/command.hpp"

namespace sluice::engine {

constexpr std::uint32_t low_word(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
constexpr std::uint32_t high_word(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

template <typename Operand>
device::Command make_command(device::Opcode opcode, const Operand& operand,
                             std::span<const device::TokenEntry> tokens = {}) {
  static_assert(std::is_trivially_copyable_v<Operand> && sizeof(Operand) <= device::kOperandBytes);
  device::Command command;
  command.header.opcode = static_cast<std::uint16_t>(opcode);
  std::memcpy(command.operand, &operand, sizeof(operand));
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    command.tokens[t] = tokens[t];
  }
  return command;
}

}  // namespace sluice::engine
