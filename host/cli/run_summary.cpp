#include "host/cli/run_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sluice::cli {
namespace {

using device::Counter;

// Counters of the decode phase.
struct Decode {
  std::uint64_t steps;
  double seconds;
  std::uint64_t cycles, unit_cycles, mac_cycles, mac_lanes;
  std::uint64_t host_read, host_write, memory_read, memory_write;
};

Decode decode_of(const engine::Generated& g) {
  const auto delta = [&g](Counter which) { return g.after_decode[which] - g.before_decode[which]; };
  return {g.decode_steps,
          g.decode_time.count(),
          delta(Counter::kCycles),
          delta(Counter::kUnitBusy),
          delta(Counter::kEngineMac),
          delta(Counter::kMacLanes),
          delta(Counter::kHostReadBytes),
          delta(Counter::kHostWriteBytes),
          delta(Counter::kMemoryReadLines) * device::kLineBytes,
          delta(Counter::kMemoryWriteLines) * device::kLineBytes};
}

double ratio(double a, double b) { return b > 0 ? a / b : 0.0; }
double number(std::uint64_t x) { return static_cast<double>(x); }

const char* reason_of(engine::Finish finish) {
  switch (finish) {
    case engine::Finish::kLength:
      return "ended by the limit";
    case engine::Finish::kEndToken:
      return "ended by the model";
    case engine::Finish::kStop:
      return "ended by a stop string";
    case engine::Finish::kInterrupted:
      return "interrupted";
  }
  return "";
}

}  // namespace

const char* name_of(engine::Finish finish) {
  switch (finish) {
    case engine::Finish::kLength:
      return "length";
    case engine::Finish::kEndToken:
      return "end_token";
    case engine::Finish::kStop:
      return "stop";
    case engine::Finish::kInterrupted:
      return "interrupted";
  }
  return "";
}

std::string summary_text(const RunSummary& s) {
  const engine::Generated& g = s.generated;
  const Decode d = decode_of(g);
  const double steps = number(d.steps);
  std::string out = "\n";
  const auto line = [&out](const std::string& label, const std::string& value) {
    out += fmt::format("{:<24}{}\n", label, value);
  };
  line("device", fmt::format("{} ({})", s.info.name, s.info.description));
  line("tokens",
       fmt::format("{} generated from {} of prompt ({})", g.tokens.size(), s.prompt_tokens, reason_of(g.finish)));
  line("speed", fmt::format("{:.1f} tokens/s decode, {:.1f} tokens/s prefill (wall time)", ratio(steps, d.seconds),
                            ratio(number(s.prompt_tokens), g.prefill_time.count())));
  if (s.info.has_cycles && d.steps > 0) {
    line("card cycles a token",
         fmt::format("{:.0f} in RTL (measured in simulation)", number(d.cycles - d.unit_cycles) / steps));
    line("", fmt::format("{:.0f} in the behavioural unit (not RTL yet: modelled)", number(d.unit_cycles) / steps));
    line("matrix engine", fmt::format("multipliers busy in {:.1f} % of all cycles, {:.2f} lanes of {} in use",
                                      100 * ratio(number(d.mac_cycles), number(d.cycles)),
                                      ratio(number(d.mac_lanes), number(d.mac_cycles)), device::kMaxTokens));
    line("simulation", fmt::format("{:.0f} cycles/s", ratio(number(d.cycles), d.seconds)));
  }
  if (d.steps > 0) {
    line("host link a token", fmt::format("{:.0f} bytes to the card, {:.0f} bytes from it (DMA, commands included)",
                                          number(d.host_read) / steps, number(d.host_write) / steps));
  }
  if (s.info.has_cycles && d.steps > 0) {
    line("card memory a token", fmt::format("{:.0f} bytes read, {:.0f} bytes written", number(d.memory_read) / steps,
                                            number(d.memory_write) / steps));
  }
  return out;
}

std::string summary_json(const RunSummary& s) {
  const engine::Generated& g = s.generated;
  const Decode d = decode_of(g);
  nlohmann::json out = {{"text", s.text},
                        {"tokens", g.tokens},
                        {"num_tokens", g.tokens.size()},
                        {"prompt_tokens", s.prompt_tokens},
                        {"finish", name_of(g.finish)},
                        {"device", s.info.name},
                        {"tokens_per_second", ratio(number(d.steps), d.seconds)},
                        {"prefill_seconds", g.prefill_time.count()},
                        {"decode_seconds", d.seconds},
                        {"card_cycles", nullptr},
                        {"cycles_per_token", nullptr},
                        {"host_read_bytes", d.host_read},
                        {"host_write_bytes", d.host_write}};
  if (s.info.has_cycles) {
    out["card_cycles"] = d.cycles;
    out["cycles_per_token"] = ratio(number(d.cycles), number(d.steps));
    out["modelled_unit_cycles"] = d.unit_cycles;
    out["engine_utilisation"] = ratio(number(d.mac_cycles), number(d.cycles));
    out["memory_read_bytes"] = d.memory_read;
    out["memory_write_bytes"] = d.memory_write;
    out["simulated_cycles_per_second"] = ratio(number(d.cycles), d.seconds);
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace sluice::cli
