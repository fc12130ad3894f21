#include "testbench/rtl/card/kernel_port_bench.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace sluice::test {
namespace {

constexpr std::uint32_t kLastBit = 1038;
constexpr std::uint32_t kDataBit = 14;

Line random_line(std::mt19937& random) {
  Line line;
  std::generate(line.begin(), line.end(), [&] { return static_cast<std::uint32_t>(random()); });
  return line;
}

// Puts the low `width` bits of `value` at bit `at` of a wide port.
template <typename Wide>
void put_bits(Wide& port, std::uint32_t at, std::uint32_t width, std::uint64_t value) {
  for (std::uint32_t b = 0; b < width; ++b) {
    const std::uint32_t mask = 1u << ((at + b) % 32);
    std::uint32_t& word = port[(at + b) / 32];
    word = (value >> b & 1) != 0 ? word | mask : word & ~mask;
  }
}

}  // namespace

KernelPortBench::KernelPortBench(const Stalls& of_test, std::uint32_t seed)
    : card_memory(kLines), stalls(of_test), model_(std::make_unique<Vkernel_port>()), random_(seed) {
  for (std::vector<Line>& bank : vector_memory) {
    bank.resize(kLines);
    std::generate(bank.begin(), bank.end(), [&] { return random_line(random_); });
  }
  std::generate(card_memory.begin(), card_memory.end(), [&] { return random_line(random_); });
  reset();
}

void KernelPortBench::reset() {
  kernel_ = {};
  due_.clear();
  come_.clear();
  card_shown_ = error_ = false;
  model_->start_i = 0;
  model_->rst_ni = 0;
  drive();
  settle_and_clock();
  model_->rst_ni = 1;
}

void KernelPortBench::start(const Job& job) {
  kernel_ = {};
  kernel_.ranges.assign(job.ranges.begin(), job.ranges.end());
  kernel_.writes.assign(job.writes.begin(), job.writes.end());
  kernel_.count = static_cast<std::uint32_t>(job.writes.size());
  for (const Range& range : job.ranges) {
    const std::vector<Line>& from = range.card ? card_memory : vector_memory.at(range.bank);
    for (std::uint32_t i = 0; i < range.count; ++i) {
      kernel_.expected.push_back(from.at(range.line + i));
    }
  }
  for (std::size_t w = 0; w < command_.size(); ++w) {
    command_[w] = static_cast<std::uint32_t>(random_());
    model_->command_i[w] = command_[w];
  }
  model_->start_i = 1;
  drive();
  settle_and_clock();
  model_->start_i = 0;
}

KernelPortBench::Outcome KernelPortBench::run(const Job& job) {
  start(job);
  Outcome outcome;
  while (model_->done_o == 0) {
    REQUIRE(++outcome.cycles < kLimitCycles);
    REQUIRE(model_->busy_o != 0);
    drive();
    model_->eval();
    outcome.waiting += model_->progress_o != 0 ? 0 : 1;
    settle_and_clock();
  }
  outcome.bus_error = model_->bus_error_o != 0;
  REQUIRE(kernel_.has_command);
  REQUIRE(kernel_.expected.empty());
  REQUIRE(kernel_.counted);
  REQUIRE(come_.empty());
  REQUIRE(due_.empty());
  check_vector_memory(job);
  drive();
  settle_and_clock();
  REQUIRE(model_->done_o == 0);
  REQUIRE(model_->busy_o == 0);
  return outcome;
}

void KernelPortBench::check_vector_memory(const Job& job) const {
  for (const Write& write : job.writes) {
    REQUIRE(vector_memory.at(write.bank).at(write.line) == write.data);
  }
}

void KernelPortBench::cut_off(const Job& job, std::uint64_t cycles) {
  start(job);
  for (std::uint64_t i = 0; i < cycles && model_->done_o == 0; ++i) {
    drive();
    settle_and_clock();
  }
  reset();
}

// Inputs of the cycle. What is valid stays so until it is taken; whether it becomes so is random.
void KernelPortBench::drive() {
  Kernel& k = kernel_;
  k.command_ready = !k.has_command && !stalled(stalls.kernel);
  k.ranges_valid = k.ranges_valid || (k.has_command && !k.ranges.empty() && !stalled(stalls.kernel));
  k.lines_ready = k.has_command && !stalled(stalls.kernel);
  // Before the last write lines may be left to take; after it none is.
  const bool may_write = k.has_command && !k.writes.empty() && (k.writes.size() > 1 || k.expected.empty());
  k.writes_valid = may_write && !stalled(stalls.kernel);
  k.done_valid = k.done_valid || (k.has_command && !k.counted && k.expected.empty() && !stalled(stalls.kernel));
  model_->command_tready_i = k.command_ready;
  model_->ranges_tvalid_i = k.ranges_valid;
  if (k.ranges_valid) {
    const Range& range = k.ranges.front();
    model_->ranges_tdata_i =
        std::uint64_t{range.count} << 35 | std::uint64_t{range.line} << 3 | range.bank << 1 | (range.card ? 1u : 0u);
  }
  model_->lines_tready_i = k.lines_ready;
  model_->writes_tvalid_i = k.writes_valid;
  if (k.writes_valid) {
    const Write& write = k.writes.front();
    put_bits(model_->writes_tdata_i, 0, 2, write.bank);
    put_bits(model_->writes_tdata_i, 2, 12, write.line);
    for (std::uint32_t w = 0; w < kLineWords; ++w) {
      put_bits(model_->writes_tdata_i, kDataBit + 32 * w, 32, write.data[w]);
    }
    put_bits(model_->writes_tdata_i, kLastBit, 1, k.writes.size() == 1 ? 1 : 0);
  }
  model_->done_tvalid_i = k.done_valid;
  model_->done_tdata_i = k.count;

  model_->card_read_ready_i = !stalled(stalls.card);
  card_shown_ = card_shown_ || (!come_.empty() && !stalled(stalls.card));
  model_->card_data_valid_i = card_shown_;
  if (card_shown_) {
    std::copy(come_.front().begin(), come_.front().end(), &model_->card_data_i[0]);
  }
  model_->card_read_error_i = error_;
}

void KernelPortBench::settle_and_clock() {
  model_->clk_i = 0;
  model_->eval();
  if (model_->rst_ni != 0) {
    take_streams();
  }
  step_memories();
  model_->clk_i = 1;
  model_->eval();
  ++cycle_;
}

void KernelPortBench::take_streams() {
  Kernel& k = kernel_;
  if (model_->command_tvalid_o != 0 && k.command_ready) {
    REQUIRE(std::equal(command_.begin(), command_.end(), &model_->command_tdata_o[0]));
    k.has_command = true;
  }
  if (k.ranges_valid && model_->ranges_tready_o != 0) {
    k.ranges.pop_front();
    k.ranges_valid = false;
  }
  if (model_->lines_tvalid_o != 0 && k.lines_ready) {
    REQUIRE_FALSE(k.expected.empty());
    REQUIRE(std::equal(k.expected.front().begin(), k.expected.front().end(), &model_->lines_tdata_o[0]));
    k.expected.pop_front();
  }
  if (k.writes_valid && model_->writes_tready_o != 0) {
    k.writes.pop_front();
  }
  if (k.done_valid && model_->done_tready_o != 0) {
    k.counted = true;
    k.done_valid = false;
  }
}

// Vector memory shows a line in the next cycle and then holds it; a card line comes when it is due, one a cycle.
void KernelPortBench::step_memories() {
  if (model_->vector_write_o != 0) {
    Line& line = vector_memory.at(model_->vector_write_bank_o).at(model_->vector_write_line_o);
    std::copy_n(&model_->vector_write_data_o[0], kLineWords, line.begin());
  }
  if (model_->vector_read_o != 0) {
    for (std::uint32_t bank = 0; bank < 4; ++bank) {
      const Line& line = vector_memory[bank].at(model_->vector_read_line_o);
      std::copy(line.begin(), line.end(), &model_->vector_data_i[kLineWords * bank]);
    }
  }
  if (card_shown_ && model_->card_data_ready_o != 0) {
    come_.pop_front();
    card_shown_ = false;
  }
  const bool accepted = model_->card_read_valid_o != 0 && model_->card_read_ready_i != 0;
  bool fault = false;
  if (!due_.empty() && due_.front().cycle <= cycle_ && !stalled(stalls.card)) {
    fault = due_.front().line == error_line;
    come_.push_back(card_memory.at(due_.front().line));
    due_.pop_front();
  }
  error_ = fault || (error_ && !accepted);
  if (accepted) {
    for (std::uint32_t i = 0; i < model_->card_read_count_o; ++i) {
      due_.push_back({model_->card_read_line_o + i, cycle_ + stalls.latency_cycles});
    }
  }
}

}  // namespace sluice::test
