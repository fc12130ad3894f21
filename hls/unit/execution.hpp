// What the unit commands share: reading in one or two stages, and writing a vector in its up to three forms.
#pragma once

#include <cstring>
#include <vector>

#include "hls/unit/lines.hpp"
#include "hls/unit/unit.hpp"

namespace sluice::hls {

template <typename Operand>
Operand operand_of(const device::Command& command) {
  static_assert(sizeof(Operand) <= device::kOperandBytes);
  Operand operand;
  std::memcpy(&operand, command.operand, sizeof(operand));
  return operand;
}

constexpr u64 join_words(u32 lo, u32 hi) { return (u64{hi} << 32) | lo; }

// Card-memory range of `bytes` bytes at a line-aligned address.
inline LineRange card_range(u32 lo, u32 hi, u64 bytes) {
  return {Space::kCard, 0, static_cast<u32>(join_words(lo, hi) / device::kLineBytes),
          static_cast<u32>(ceil_div(bytes, device::kLineBytes))};
}

// An execution all of whose ranges are known from the command. Derived classes list ranges in their constructor and
// compute in finish().
class SingleStage : public UnitExecution {
 public:
  std::vector<LineRange> reads() override {
    if (asked_) {
      return {};
    }
    asked_ = true;
    return ranges_;
  }
  void supply(std::span<const Line> lines) override { lines_.assign(lines.begin(), lines.end()); }

 protected:
  // Adds a range; the result is its handle for lines().
  std::size_t want(LineRange range) {
    starts_.push_back(total_);
    total_ += range.count;
    ranges_.push_back(range);
    return starts_.size() - 1;
  }
  std::size_t want_vector(u32 bank, u32 line, u64 elements) {
    return want({Space::kVector, bank, line, static_cast<u32>(vector_lines(elements))});
  }
  [[nodiscard]] std::span<const Line> lines(std::size_t handle) const {
    return {lines_.data() + starts_[handle], ranges_[handle].count};
  }
  template <typename T>
  [[nodiscard]] std::vector<T> values(std::size_t handle, std::size_t count) const {
    std::vector<T> out(count);
    std::memcpy(out.data(), lines(handle).data(), count * sizeof(T));
    return out;
  }
  [[nodiscard]] VectorValue vector(std::size_t handle, std::size_t elements) const {
    return vector_from_lines(lines(handle)[0], lines(handle).subspan(1), elements);
  }

 private:
  bool asked_ = false;
  std::size_t total_ = 0;
  std::vector<LineRange> ranges_;
  std::vector<std::size_t> starts_;
  std::vector<Line> lines_;
};

// Appends the writes of `value` in every form that `out` asks for.
void write_outputs(u32 bank, const device::Outputs& out, const VectorValue& value, std::vector<LineWrite>& writes);

// Appends writes of consecutive lines.
void write_lines(Space space, u32 bank, u32 line, std::span<const Line> data, std::vector<LineWrite>& writes);

std::unique_ptr<UnitExecution> start_vector_unit(const device::Command& command);
std::unique_ptr<UnitExecution> start_route(const device::Command& command);
std::unique_ptr<UnitExecution> start_kv_append(const device::Command& command);
std::unique_ptr<UnitExecution> start_attend(const device::Command& command);

}  // namespace sluice::hls
