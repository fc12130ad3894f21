// AXI4 memory channels for tests of the striped masters: latency, random stalls, errors, and checks of the protocol.
//
// Purpose: stands for `kChannels` memories of 1024 / kChannels bits a word behind flat Verilated ports. Ownership:
// holds the data. Threading: none. Errors: a broken rule (burst over 4 KiB or 16 beats, payload changed before
// acceptance, a W beat
//   without its burst, wrong WLAST, data outside the memory) is counted in `violations`.
// Use, once a cycle: drive inputs from the accessors, evaluate with the clock low, then read() or write() with the
//   model's outputs, then the clock edge.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

namespace sluice::test {

struct AxiTiming {
  std::uint64_t latency_cycles = 63;  // from AR accepted to the first R beat; from the last W beat to B
  int stall_percent = 0;              // chance that a ready is low, or that a beat that is due waits, in a cycle
  std::uint64_t seed = 1;
};

template <unsigned kChannels>
class AxiMemory {
 public:
  static constexpr unsigned kBeatWords = 32 / kChannels;
  static constexpr unsigned kBeatBytes = 4 * kBeatWords;
  using Line = std::array<std::uint32_t, kChannels * kBeatWords>;

  AxiMemory(std::size_t lines, const AxiTiming& timing)
      : lines(lines), error_line(lines), timing_(timing), random_(timing.seed) {}

  std::vector<Line> lines;
  std::size_t error_line;  // a read or write of this line answers SLVERR
  int violations = 0;
  std::uint64_t reads = 0;   // R beats accepted, all channels
  std::uint64_t writes = 0;  // W beats accepted, all channels

  // Reading side: inputs of the model for this cycle.
  unsigned ar_ready() const { return ready_; }
  unsigned r_valid() const {
    return gather([](const Channel& c) { return c.r_shown; });
  }
  unsigned r_last() const {
    return gather([](const Channel& c) { return c.r_shown && c.reads.front().beats == 1; });
  }
  unsigned r_resp() const {
    unsigned resp = 0;
    for (unsigned c = 0; c < kChannels; ++c) {
      const Channel& channel = channels_[c];
      resp |= (channel.r_shown && channel.reads.front().line == error_line ? 2u : 0u) << (2 * c);
    }
    return resp;
  }
  template <typename Wide>
  void drive_r_data(Wide& data) const {
    for (unsigned c = 0; c < kChannels; ++c) {
      if (channels_[c].r_shown) {
        const Line& line = lines[channels_[c].reads.front().line % lines.size()];
        for (unsigned w = 0; w < kBeatWords; ++w) {
          data[c * kBeatWords + w] = line[c * kBeatWords + w];
        }
      }
    }
  }

  // The model's outputs of this cycle. addr: 40 bits a channel, len: 8 bits a channel.
  template <typename Wide>
  void read(unsigned ar_valid, const Wide& addr, std::uint32_t len, unsigned r_ready) {
    for (unsigned c = 0; c < kChannels; ++c) {
      Channel& channel = channels_[c];
      check_address(channel.ar, bit(ar_valid, c), bit(ready_, c), address(addr, c), len >> (8 * c) & 0xFF);
      if (bit(ar_valid, c) && bit(ready_, c)) {
        channel.reads.push_back(
            {address(addr, c) / kBeatBytes, (len >> (8 * c) & 0xFF) + 1, cycle_ + timing_.latency_cycles});
      }
      if (channel.r_shown && bit(r_ready, c)) {
        channel.r_shown = false;
        ++reads;
        Burst& burst = channel.reads.front();
        ++burst.line;
        if (--burst.beats == 0) {
          channel.reads.pop_front();
        }
      }
      if (!channel.r_shown && !channel.reads.empty() && channel.reads.front().due <= cycle_ + 1) {
        channel.r_shown = !stalled();
      }
    }
    end_cycle();
  }

  // Writing side.
  unsigned aw_ready() const { return ready_; }
  unsigned w_ready() const { return w_ready_; }
  unsigned b_valid() const {
    return gather([](const Channel& c) { return c.b_shown; });
  }
  unsigned b_resp() const {
    unsigned resp = 0;
    for (unsigned c = 0; c < kChannels; ++c) {
      resp |= (channels_[c].b_shown && channels_[c].responses.front().line == 1 ? 2u : 0u) << (2 * c);
    }
    return resp;
  }
  template <typename Wide, typename WideData>
  void write(unsigned aw_valid, const Wide& addr, std::uint32_t len, unsigned w_valid, const WideData& data,
             unsigned w_last, unsigned b_ready) {
    for (unsigned c = 0; c < kChannels; ++c) {
      Channel& channel = channels_[c];
      check_address(channel.aw, bit(aw_valid, c), bit(ready_, c), address(addr, c), len >> (8 * c) & 0xFF);
      if (bit(aw_valid, c) && bit(ready_, c)) {
        channel.writes.push_back({address(addr, c) / kBeatBytes, (len >> (8 * c) & 0xFF) + 1, 0});
      }
      if (bit(w_valid, c) && bit(w_ready_, c)) {
        std::array<std::uint32_t, kBeatWords> beat{};
        for (unsigned w = 0; w < kBeatWords; ++w) {
          beat[w] = data[c * kBeatWords + w];
        }
        channel.beats.push_back({beat, bit(w_last, c)});
        ++writes;
      }
      if (channel.b_shown && bit(b_ready, c)) {
        channel.b_shown = false;
        channel.responses.pop_front();
      }
      commit(channel, c);
      if (!channel.b_shown && !channel.responses.empty() && channel.responses.front().due <= cycle_ + 1) {
        channel.b_shown = !stalled();
      }
    }
    end_cycle();
  }

 private:
  struct Burst {
    std::uint64_t line;
    std::uint64_t beats;
    std::uint64_t due;
  };
  struct Beat {
    std::array<std::uint32_t, kBeatWords> words;
    bool last;
  };
  struct Shown {  // an address that was valid and not accepted
    bool pending = false;
    std::uint64_t address = 0;
    std::uint32_t len = 0;
  };
  struct Channel {
    std::deque<Burst> reads, writes, responses;  // responses: line is 1 for an error
    std::deque<Beat> beats;                      // W beats, perhaps ahead of their AW
    Shown ar, aw;
    bool r_shown = false, b_shown = false, write_error = false;
  };

  static bool bit(unsigned value, unsigned index) { return (value >> index & 1) != 0; }
  template <typename Wide>
  static std::uint64_t address(const Wide& addr, unsigned channel) {
    std::uint64_t value = 0;
    for (unsigned b = 0; b < 5; ++b) {
      const unsigned byte = channel * 5 + b;
      value |= std::uint64_t{addr[byte / 4] >> (8 * (byte % 4)) & 0xFF} << (8 * b);
    }
    return value;
  }
  template <typename Function>
  unsigned gather(Function function) const {
    unsigned bits = 0;
    for (unsigned c = 0; c < kChannels; ++c) {
      bits |= (function(channels_[c]) ? 1u : 0u) << c;
    }
    return bits;
  }
  bool stalled() { return timing_.stall_percent > 0 && static_cast<int>(random_() % 100) < timing_.stall_percent; }

  void check_address(Shown& shown, bool valid, bool ready, std::uint64_t address, std::uint32_t len) {
    if (shown.pending && (!valid || shown.address != address || shown.len != len)) {
      ++violations;
    }
    if (valid && (len > 15 || address % kBeatBytes != 0 || address / 4096 != (address + len * kBeatBytes) / 4096 ||
                  address / kBeatBytes + len >= lines.size())) {
      ++violations;
    }
    shown = {valid && !ready, address, len};
  }

  // Writes the beats whose burst is known.
  void commit(Channel& channel, unsigned c) {
    while (!channel.writes.empty() && !channel.beats.empty()) {
      Burst& burst = channel.writes.front();
      const Beat& beat = channel.beats.front();
      for (unsigned w = 0; w < kBeatWords; ++w) {
        lines[burst.line % lines.size()][c * kBeatWords + w] = beat.words[w];
      }
      channel.write_error = channel.write_error || burst.line == error_line;
      violations += beat.last != (burst.beats == 1) ? 1 : 0;
      channel.beats.pop_front();
      ++burst.line;
      if (--burst.beats == 0) {
        channel.responses.push_back({channel.write_error ? 1u : 0u, 0, cycle_ + timing_.latency_cycles});
        channel.write_error = false;
        channel.writes.pop_front();
      }
    }
  }

  void end_cycle() {
    ++cycle_;
    ready_ = w_ready_ = (1u << kChannels) - 1;
    if (timing_.stall_percent > 0) {
      for (unsigned c = 0; c < kChannels; ++c) {
        ready_ &= ~((stalled() ? 1u : 0u) << c);
        w_ready_ &= ~((stalled() ? 1u : 0u) << c);
      }
    }
  }

  AxiTiming timing_;
  std::mt19937_64 random_;
  std::array<Channel, kChannels> channels_;
  unsigned ready_ = (1u << kChannels) - 1, w_ready_ = (1u << kChannels) - 1;
  std::uint64_t cycle_ = 0;
};

}  // namespace sluice::test
