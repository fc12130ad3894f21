// Random sequences of valid commands of every kind, for running on several devices.
//
// Purpose: a generator that knows what lies where in vector memory, so that each command finds inputs of its own kind.
// Ownership: plain values; weights and tables are placed by a callback. Threading: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "host/device/command.hpp"

namespace sluice::test {

class RandomCommands {
 public:
  // Puts bytes into card memory and returns their address.
  using Place = std::function<std::uint64_t(const std::vector<std::byte>&)>;

  RandomCommands(std::uint32_t seed, Place place);

  // Vectors to import, with random values, before the first command.
  struct Vector {
    std::uint32_t bank, line, elements;
  };
  [[nodiscard]] std::vector<Vector> initial_vectors();

  // Commands of the load queue that publish all experts; to be run before next().
  [[nodiscard]] std::vector<device::Command> publications();

  // The next command of the compute queue; every opcode but nop, import and export comes up.
  struct Next {
    device::Queue queue;
    device::Command command;
  };
  [[nodiscard]] Next next();

  // Card memory that commands write: the KV pages.
  [[nodiscard]] std::uint64_t kv_address() const { return kv_address_; }
  [[nodiscard]] std::uint64_t kv_bytes() const;

  static constexpr std::uint32_t kAreas = 16;
  static constexpr std::uint32_t kAreaLines = 200;

 private:
  enum class Kind { kVector, kQ8, kQ16, kRoute };
  struct Area {
    Kind kind;
    std::uint32_t elements;
  };

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + below(high - low + 1); }
  std::uint32_t tokens() { return between(1, device::kMaxTokens); }
  std::uint32_t line_of(std::uint32_t area) const { return area * kAreaLines; }
  std::uint32_t find(Kind kind, std::uint32_t multiple_of, std::uint32_t least);
  std::uint32_t output(Kind kind, std::uint32_t elements, std::uint32_t busy);
  device::Outputs outputs(std::uint32_t elements, std::uint32_t busy);
  std::uint64_t place_with_bias(std::uint32_t rows, std::uint32_t columns);
  void set_tokens(device::Command& command);

  Next linear();
  Next experts();
  Next quantise();
  Next norm();
  Next rope();
  Next activation();
  Next route();
  Next kv_append();
  Next attend();
  Next combine();

  std::mt19937 random_;
  Place place_;
  std::vector<Area> areas_;
  std::uint64_t kv_address_ = 0;
  std::uint64_t table_address_ = 0;
  std::uint32_t expert_phase_ = 0;
};

}  // namespace sluice::test
