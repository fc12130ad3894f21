// The host link's readers, writers and multiplexers against a host memory that answers bursts in any order, interleaves
// their beats and stalls at random.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "Vhost_link.h"

namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kBeat = 64;
constexpr std::uint64_t kBadAddress = 0x5000'0000'0000;  // answered with an error from here on

struct Run {
  std::uint64_t address = 0;
  std::uint32_t beats = 0;
};

struct ReadBurst {
  unsigned id = 0;
  std::uint64_t address = 0;
  unsigned left = 0;
};

class Link {
 public:
  Link(unsigned seed, int stall_percent) : random_(seed), stall_percent_(stall_percent) {
    model_.rst_ni = 0;
    model_.clk_i = 0;
    edge();
    edge();
    model_.rst_ni = 1;
  }

  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  std::uint32_t below(std::uint32_t n) { return random_() % n; }

  void start_read(unsigned reader, Run run) {
    set(model_.read_address_i, reader, run.address);
    model_.read_beats_i = replace(model_.read_beats_i, reader, run.beats);
    model_.read_start_i = static_cast<CData>(1u << reader);
    clock();
    model_.read_start_i = 0;
    reads_[reader] = run;
  }
  void start_write(unsigned writer, Run run) {
    set(model_.write_address_i, writer, run.address);
    model_.write_beats_i = replace(model_.write_beats_i, writer, run.beats);
    model_.write_start_i = static_cast<CData>(1u << writer);
    clock();
    model_.write_start_i = 0;
    writes_[writer] = run;
  }

  // One cycle with the clients' streams served; what a reader hands over must be the next beat of its run.
  void clock() {
    model_.read_ready_i = (chance(stall_percent_) ? 0u : 1u) | (chance(stall_percent_) ? 0u : 2u);
    model_.write_valid_i = 0;
    for (unsigned w = 0; w < 2; ++w) {
      if (writes_[w].beats > 0 && !chance(stall_percent_)) {
        model_.write_valid_i = static_cast<CData>(model_.write_valid_i | 1u << w);
        model_.write_data_i[16 * w] = static_cast<std::uint32_t>(writes_[w].address / kBeat);
      }
    }
    drive_memory();
    model_.eval();
    sample_clients();
    sample_memory();
    edge();
    ++cycles;
  }

  bool reads_done() const { return reads_[0].beats == 0 && reads_[1].beats == 0; }
  bool writes_done() const { return writes_[0].beats == 0 && writes_[1].beats == 0 && model_.write_done_o == 3; }
  bool read_failed(unsigned reader) const { return (model_.read_error_o >> reader & 1) != 0; }
  bool write_failed(unsigned writer) const { return (model_.write_error_o >> writer & 1) != 0; }

  std::uint64_t cycles = 0;
  std::size_t most_outstanding = 0;
  std::map<std::uint64_t, std::uint32_t> written;  // beat address -> first word

 private:
  template <typename Wide>
  static void set(Wide& wide, unsigned index, std::uint64_t value) {
    wide[2 * index] = static_cast<std::uint32_t>(value);
    wide[2 * index + 1] = static_cast<std::uint32_t>(value >> 32);
  }
  static std::uint64_t replace(std::uint64_t packed, unsigned index, std::uint64_t beats) {
    const std::uint64_t mask = std::uint64_t{0x1FFFFFF} << 25 * index;
    return (packed & ~mask) | beats << 25 * index;
  }
  void edge() {
    model_.clk_i = 1;
    model_.eval();
    model_.clk_i = 0;
    model_.eval();
  }

  void sample_clients() {
    for (unsigned r = 0; r < 2; ++r) {
      if ((model_.read_valid_o & model_.read_ready_i & 1u << r) != 0) {
        REQUIRE(reads_[r].beats > 0);
        REQUIRE(model_.read_data_o[16 * r] == static_cast<std::uint32_t>(reads_[r].address / kBeat));
        reads_[r] = {reads_[r].address + kBeat, reads_[r].beats - 1};
      }
      if ((model_.write_valid_i & model_.write_ready_o & 1u << r) != 0) {
        writes_[r] = {writes_[r].address + kBeat, writes_[r].beats - 1};
      }
    }
  }

  void drive_memory() {
    model_.arready_i = !chance(stall_percent_);
    model_.awready_i = !chance(stall_percent_);
    model_.wready_i = !chance(stall_percent_);
    model_.rvalid_i = !outstanding_.empty() && !chance(stall_percent_);
    if (model_.rvalid_i != 0) {
      chosen_ = below(static_cast<std::uint32_t>(outstanding_.size()));
      const ReadBurst& burst = outstanding_[chosen_];
      model_.rid_i = static_cast<CData>(burst.id);
      model_.rdata_i[0] = static_cast<std::uint32_t>(burst.address / kBeat);
      model_.rlast_i = burst.left == 1;
      model_.rresp_i = burst.address >= kBadAddress ? 3 : 0;
    }
    model_.bvalid_i = !answers_.empty() && !chance(stall_percent_);
    if (model_.bvalid_i != 0) {
      model_.bid_i = static_cast<CData>(answers_.front().first);
      model_.bresp_i = answers_.front().second ? 2 : 0;
    }
  }

  void sample_memory() {
    if (model_.rvalid_i != 0) {
      REQUIRE(model_.rready_o != 0);
      outstanding_[chosen_].address += kBeat;
      if (--outstanding_[chosen_].left == 0) {
        outstanding_.erase(outstanding_.begin() + static_cast<std::ptrdiff_t>(chosen_));
      }
    }
    if (model_.bvalid_i != 0) {
      answers_.pop_front();
    }
    if (model_.arvalid_o != 0 && model_.arready_i != 0) {
      check_burst(model_.araddr_o, model_.arlen_o);
      for (const ReadBurst& other : outstanding_) {
        REQUIRE(other.id != model_.arid_o);
      }
      outstanding_.push_back({model_.arid_o, model_.araddr_o, model_.arlen_o + 1u});
      most_outstanding = std::max(most_outstanding, outstanding_.size());
    }
    if (model_.wvalid_o != 0 && model_.wready_i != 0) {
      beats_.push_back({model_.wdata_o[0], model_.wlast_o != 0});
    }
    // Store and forward: once a burst's data have begun they do not pause.
    REQUIRE((model_.wvalid_o != 0 || !mid_burst_));
    mid_burst_ = model_.wvalid_o != 0 && !(model_.wready_i != 0 && model_.wlast_o != 0);
    if (model_.awvalid_o != 0 && model_.awready_i != 0) {
      check_burst(model_.awaddr_o, model_.awlen_o);
      addresses_.push_back({model_.awid_o, model_.awaddr_o, model_.awlen_o + 1u});
    }
    finish_writes();
  }

  void finish_writes() {
    while (!addresses_.empty() && beats_.size() >= addresses_.front().left) {
      const ReadBurst burst = addresses_.front();
      addresses_.pop_front();
      for (unsigned i = 0; i < burst.left; ++i) {
        REQUIRE(beats_.front().second == (i + 1 == burst.left));
        written[burst.address + i * kBeat] = beats_.front().first;
        beats_.pop_front();
      }
      answers_.push_back({burst.id, burst.address >= kBadAddress});
    }
  }

  static void check_burst(std::uint64_t address, unsigned length) {
    REQUIRE(address % kBeat == 0);
    REQUIRE(address / kPage == (address + length * kBeat) / kPage);
  }

  Vhost_link model_;
  std::mt19937 random_;
  int stall_percent_;
  std::array<Run, 2> reads_{};
  std::array<Run, 2> writes_{};
  std::vector<ReadBurst> outstanding_;
  std::size_t chosen_ = 0;
  std::deque<ReadBurst> addresses_;
  std::deque<std::pair<std::uint32_t, bool>> beats_;
  std::deque<std::pair<unsigned, bool>> answers_;
  bool mid_burst_ = false;
};

}  // namespace

TEST_CASE("host reads come in order although their bursts are answered in any order", "[rtl][dma]") {
  const int stall = GENERATE(0, 20, 60);
  const unsigned seed = GENERATE(1u, 2u);
  CAPTURE(stall, seed);
  Link link(seed, stall);
  for (int i = 0; i < 30; ++i) {
    link.start_read(0, {link.below(1u << 20) * kBeat, link.below(300)});
    link.start_read(1, {link.below(1u << 20) * kBeat, link.below(1500)});
    const std::uint64_t limit = link.cycles + 20000;
    while (!link.reads_done() && link.cycles < limit) {
      link.clock();
    }
    REQUIRE(link.reads_done());
    CHECK_FALSE(link.read_failed(0));
    link.clock();
  }
  CHECK(link.most_outstanding <= 16);
  CHECK(link.most_outstanding >= (stall == 60 ? 2 : 8));
}

TEST_CASE("host writes arrive whole, in bursts inside 4 KiB pages, and are answered before they are done",
          "[rtl][dma]") {
  const int stall = GENERATE(0, 20, 60);
  const unsigned seed = GENERATE(1u, 2u);
  CAPTURE(stall, seed);
  Link link(seed, stall);
  for (int i = 0; i < 30; ++i) {
    const std::array<Run, 2> runs = {Run{link.below(1u << 20) * kBeat, link.below(200)},
                                     Run{(std::uint64_t{1} << 30) + link.below(1u << 20) * kBeat, link.below(500)}};
    link.written.clear();
    link.start_write(0, runs[0]);
    link.start_write(1, runs[1]);
    const std::uint64_t limit = link.cycles + 20000;
    while (!link.writes_done() && link.cycles < limit) {
      link.clock();
    }
    REQUIRE(link.writes_done());
    REQUIRE(link.written.size() == runs[0].beats + runs[1].beats);
    for (const Run& run : runs) {
      for (std::uint64_t b = 0; b < run.beats; ++b) {
        const std::uint64_t address = run.address + b * kBeat;
        REQUIRE(link.written.count(address) == 1);
        REQUIRE(link.written[address] == static_cast<std::uint32_t>(address / kBeat));
      }
    }
  }
}

TEST_CASE("an error on the host link reaches the client that asked, and only it", "[rtl][dma]") {
  Link link(1, 20);
  link.start_read(0, {kBadAddress, 3});
  link.start_read(1, {0, 70});
  link.start_write(0, {0, 70});
  link.start_write(1, {kBadAddress, 3});
  for (int i = 0; i < 2000 && !(link.reads_done() && link.writes_done()); ++i) {
    link.clock();
  }
  REQUIRE(link.reads_done());
  REQUIRE(link.writes_done());
  CHECK(link.read_failed(0));
  CHECK_FALSE(link.read_failed(1));
  CHECK_FALSE(link.write_failed(0));
  CHECK(link.write_failed(1));
}
