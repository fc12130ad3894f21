#include "testbench/support/hls_bench/simulation.hpp"

#include <fmt/format.h>

#include <utility>

namespace sluice::hls_bench {

std::string to_hex(const Words& words) {
  std::string text = "0x";
  for (std::size_t i = words.size(); i > 0; --i) {
    text += fmt::format("{:08x}", words[i - 1]);
  }
  return text;
}

Simulation::Simulation(RtlKernel kernel, std::uint64_t seed, Source source, Sink sink)
    : kernel_(std::move(kernel)),
      random_(seed),
      source_(std::move(source)),
      sink_(std::move(sink)),
      streams_(kernel_.streams.size()) {
  for (const RtlArray& array : kernel_.arrays) {
    arrays.emplace_back(array.depth, Words(words_for(array.width)));
  }
}

void Simulation::fail(const std::string& message) {
  if (failure_.empty()) {
    failure_ = fmt::format("cycle {}: {}", cycles_, message);
  }
}

void Simulation::reset(const std::vector<std::uint64_t>& positions) {
  constexpr int kCycles = 3;
  kernel_.set_reset_n(false);
  kernel_.set_start(false);
  for (const RtlStream& stream : kernel_.streams) {
    stream.set(false);
  }
  for (int i = 0; i < kCycles; ++i) {
    for (const bool clock : {false, true}) {
      kernel_.set_clock(clock);
      kernel_.eval();
    }
  }
  kernel_.set_reset_n(true);
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    streams_[s] = {.position = positions[s], .pause_percent = streams_[s].pause_percent, .held_word = {}};
  }
  done_ = false;
  idle_cycles_ = 0;
}

void Simulation::set_scalars(const std::vector<Words>& scalars) {
  for (std::size_t i = 0; i < scalars.size(); ++i) {
    kernel_.scalars[i].set(scalars[i]);
  }
}

void Simulation::choose_traffic(bool busy) {
  constexpr int kPercents[] = {0, 10, 50, 90};
  for (StreamState& stream : streams_) {
    stream.pause_percent = busy ? 0 : kPercents[random_() % std::size(kPercents)];
  }
}

// What the outside does to a stream in this cycle. A word that was offered stays until it is taken.
void Simulation::offer(std::size_t s) {
  const RtlStream& port = kernel_.streams[s];
  StreamState& stream = streams_[s];
  if (!port.is_input) {
    stream.offers = !chance(stream.pause_percent);
    port.set(stream.offers);
    return;
  }
  const bool kept = stream.offers && !stream.answers;
  if (kept) {
    return;
  }
  const Words* word = chance(stream.pause_percent) ? nullptr : source_(s, stream.position);
  stream.offers = word != nullptr;
  port.set(stream.offers);
  port.set_data(word != nullptr ? *word : Words(words_for(port.width), static_cast<std::uint32_t>(random_()) & 1U));
}

// What happened to it at the end of the cycle.
void Simulation::settle(std::size_t s) {
  const RtlStream& port = kernel_.streams[s];
  StreamState& stream = streams_[s];
  stream.answers = port.get();
  const bool moves = stream.offers && stream.answers;
  if (!port.is_input) {
    if (stream.held && (!stream.answers || port.data() != stream.held_word)) {
      fail(fmt::format("'{}' took back a word that was not accepted yet", port.name));
    }
    stream.held = stream.answers && !stream.offers;
    if (stream.held) {
      stream.held_word = port.data();
    }
    if (moves) {
      if (const auto wrong = sink_(s, stream.position, port.data())) {
        fail(*wrong);
      }
    }
  }
  if (moves) {
    ++stream.position;
    ++words_moved_;
    idle_cycles_ = 0;
  }
}

// Read first, latency one, as the memories inside.
void Simulation::access_arrays() {
  after_edge_.clear();
  for (std::size_t a = 0; a < arrays.size(); ++a) {
    for (const RtlArrayPort& port : kernel_.arrays[a].ports) {
      if (!port.enable()) {
        continue;
      }
      idle_cycles_ = 0;
      const std::uint64_t address = port.address();
      const bool inside = address < arrays[a].size();
      if (port.set_q) {
        const Words old = inside ? arrays[a][address] : Words(words_for(kernel_.arrays[a].width));
        after_edge_.emplace_back([&port, old] { port.set_q(old); });
      }
      if (port.write && port.write() && inside) {
        after_edge_.emplace_back([this, a, address, data = port.data()] { arrays[a][address] = data; });
      }
    }
  }
}

void Simulation::step() {
  kernel_.set_clock(false);
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    offer(s);
  }
  kernel_.eval();
  ++cycles_;
  ++idle_cycles_;
  done_ = kernel_.done();
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    settle(s);
  }
  access_arrays();
  kernel_.set_clock(true);
  kernel_.eval();
  for (const auto& change : after_edge_) {
    change();
  }
}

std::string Simulation::describe() const {
  std::string text;
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    const RtlStream& port = kernel_.streams[s];
    const StreamState& stream = streams_[s];
    const char* what = nullptr;
    if (port.is_input) {
      what = !stream.offers ? "has no word to offer" : stream.answers ? "moves" : "offers a word that is not taken";
    } else {
      what = !stream.answers ? "gives no word" : stream.offers ? "moves" : "has a word that the bench does not take";
    }
    text +=
        fmt::format("  {} '{}' at word {} {}\n", port.is_input ? "input" : "output", port.name, stream.position, what);
  }
  return text;
}

}  // namespace sluice::hls_bench
