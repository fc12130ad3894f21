#include "hls/compiler/frontend/pragma_table.hpp"

#include <llvm/ADT/StringRef.h>

#include <algorithm>
#include <utility>

namespace sluice::hlsc {
namespace {

using enum OptionKind;
using enum Use;

PragmaOption object(std::string_view name, bool required = true) {
  return {.name = name, .kind = kObject, .use = kLowered, .required = required, .bare = false, .words = {}};
}

PragmaOption number(std::string_view name, Use use = kLowered) {
  return {.name = name, .kind = kNumber, .use = use, .required = false, .bare = false, .words = {}};
}

PragmaOption flag(std::string_view name, Use use = kLowered) {
  return {.name = name, .kind = kFlag, .use = use, .required = false, .bare = false, .words = {}};
}

// `plain` are the words that need no remark.
PragmaOption word(std::string_view name, Use use, const std::vector<std::string_view>& plain = {},
                  std::vector<PragmaWord> others = {}) {
  for (std::string_view text : plain) {
    others.push_back({.text = text, .use = kLowered, .advice = {}});
  }
  return {.name = name, .kind = kWord, .use = use, .required = false, .bare = false, .words = std::move(others)};
}

PragmaOption bare_word(std::string_view name, const std::vector<std::string_view>& plain, Use use = kLowered,
                       std::vector<PragmaWord> others = {}) {
  PragmaOption option = word(name, use, plain, std::move(others));
  option.bare = true;
  return option;
}

PragmaDirective lowered(std::string_view name, std::vector<PragmaOption> options) {
  return {.name = name, .use = kLowered, .advice = {}, .options = std::move(options)};
}

PragmaWord refused(std::string_view text, std::string_view advice) {
  return {.text = text, .use = kRefused, .advice = advice};
}

constexpr std::string_view kNoEcc = "memories have no error correction";
constexpr std::string_view kAxiLiteIgnored =
    "there are no AXI-Lite registers here: the argument is a plain port, to be driven by hand-written registers";
constexpr std::string_view kNoAxiMaster = "there are no AXI masters here; take the data as an hls::stream";

// What a directive that is not lowered takes is not looked at.
const std::vector<PragmaDirective>& directives() {
  static const std::vector<PragmaDirective> all = {
      lowered("pipeline", {number("ii"), flag("off"), flag("rewind", kIgnored), flag("enable_flush", kIgnored),
                           word("style", kIgnored, {"stp", "flp", "frp"})}),
      lowered("unroll",
              {number("factor"), flag("skip_exit_check", kSatisfied), flag("region", kSatisfied), flag("off")}),
      lowered("array_partition", {object("variable"), bare_word("type", {"complete", "cyclic", "block"}),
                                  number("factor"), number("dim"), flag("off")}),
      lowered("array_reshape", {object("variable"), bare_word("type", {"complete", "cyclic", "block"}),
                                number("factor"), number("dim"), flag("object", kRefused), flag("off")}),
      lowered("resource", {object("variable"), word("core", kLowered), number("latency", kIgnored)}),
      lowered("bind_storage",
              {object("variable"),
               word("type", kLowered, {"ram_1p", "ram_2p", "ram_s2p", "ram_t2p", "rom_1p", "rom_2p", "rom_np"},
                    {refused("ram_1wnr", "no memory here has one write and many read ports; partition the array"),
                     refused("fifo", "use an hls::stream and STREAM depth=N")}),
               word("impl", kLowered, {"bram", "lutram", "uram", "auto"},
                    {refused("bram_ecc", kNoEcc), refused("uram_ecc", kNoEcc),
                     refused("memory", "name bram, lutram or uram"),
                     refused("srl", "use an hls::stream and STREAM depth=N")}),
               number("latency")}),
      lowered("stream", {object("variable"), number("depth"), number("dim", kSatisfied), flag("off"),
                         word("type", kLowered, {},
                              {{.text = "fifo", .use = kSatisfied, .advice = {}},
                               refused("pipo", "there are no ping-pong buffers; pass the data in an hls::stream"),
                               refused("shared", "there are no shared buffers; pass the data in an hls::stream"),
                               refused("unsync", "there are no shared buffers; pass the data in an hls::stream")})}),
      lowered("dataflow", {flag("disable_start_propagation", kSatisfied)}),
      lowered("inline", {flag("off"), flag("recursive"), flag("region", kSatisfied)}),
      lowered("dependence",
              {object("variable", false), bare_word("type", {"inter", "intra"}),
               bare_word("direction", {"raw", "war", "waw"}), number("distance"),
               bare_word("dependent", {"true", "false"}), bare_word("class", {"array", "pointer"}, kSatisfied)}),
      lowered("loop_tripcount", {number("min"), number("max"), number("avg")}),
      lowered("loop_flatten", {flag("off")}),
      lowered(
          "interface",
          {object("port"),
           bare_word("mode", {"axis", "ap_none", "ap_vld", "ap_memory", "bram", "m_axi", "ap_ctrl_hs", "ap_ctrl_none"},
                     kLowered,
                     {{.text = "ap_stable", .use = kSatisfied, .advice = {}},
                      {.text = "s_axilite", .use = kIgnored, .advice = kAxiLiteIgnored},
                      refused("ap_ctrl_chain", "write ap_ctrl_hs"),
                      refused("ap_ack", "write ap_vld or use an hls::stream"),
                      refused("ap_hs", "use an hls::stream"),
                      refused("ap_ovld", "write ap_vld"),
                      refused("ap_fifo", "use an hls::stream")}),
           flag("register", kSatisfied), bare_word("register_mode", {"both", "forward", "reverse", "off"}, kSatisfied),
           // What only a bus has; the remark about the mode covers it.
           word("bundle", kSatisfied), word("offset", kSatisfied), word("name", kIgnored), number("depth"),
           number("latency", kIgnored), word("storage_type", kIgnored), word("storage_impl", kIgnored),
           word("clock", kIgnored), number("num_read_outstanding", kSatisfied),
           number("num_write_outstanding", kSatisfied), number("max_read_burst_length", kSatisfied),
           number("max_write_burst_length", kSatisfied), number("max_widen_bitwidth", kSatisfied)}),

      {.name = "function_instantiate", .use = kSatisfied, .advice = {}, .options = {}},  // functions are inlined
      {.name = "stable", .use = kSatisfied, .advice = {}, .options = {}},     // arguments are latched at the start
      {.name = "aggregate", .use = kSatisfied, .advice = {}, .options = {}},  // payloads are packed without gaps
      {.name = "data_pack", .use = kSatisfied, .advice = {}, .options = {}},  // its older name
      {.name = "top", .use = kSatisfied, .advice = {}, .options = {}},        // --top says it
      {.name = "bind_op", .use = kIgnored, .advice = "operators are bound by the target's table", .options = {}},
      {.name = "expression_balance", .use = kIgnored, .advice = "chains are balanced where it is safe", .options = {}},

      {.name = "disaggregate", .use = kRefused, .advice = "use one hls::stream a member", .options = {}},
      {.name = "reset",
       .use = kRefused,
       .advice = "registers of a static always return to their initial value at "
                 "reset, memories never do",
       .options = {}},
      {.name = "allocation",
       .use = kRefused,
       .advice = "operators are not shared; raise the II instead",
       .options = {}},
      {.name = "latency", .use = kRefused, .advice = "the schedule follows from the clock and the II", .options = {}},
      {.name = "loop_merge", .use = kRefused, .advice = "merge the loops in the source", .options = {}},
      {.name = "protocol",
       .use = kRefused,
       .advice = "there is no cycle-accurate region; use hls::stream",
       .options = {}},
      {.name = "occurrence", .use = kRefused, .advice = "pipeline the loop without it", .options = {}},
      {.name = "performance", .use = kRefused, .advice = "ask for an II with PIPELINE", .options = {}},
      {.name = "array_map", .use = kRefused, .advice = "declare one array", .options = {}},
      {.name = "cache", .use = kRefused, .advice = kNoAxiMaster, .options = {}},
  };
  return all;
}

template <typename Items>
auto find_by_name(const Items& items, std::string_view name) {
  auto found = std::ranges::find_if(items, [&](const auto& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

std::span<const PragmaDirective> pragma_table() { return directives(); }

const PragmaDirective* find_directive(std::string_view name) { return find_by_name(directives(), name); }

const PragmaOption* find_option(const PragmaDirective& directive, std::string_view name) {
  return find_by_name(directive.options, name);
}

const PragmaOption* find_bare_option(const PragmaDirective& directive, std::string_view word) {
  auto found = std::ranges::find_if(
      directive.options, [&](const PragmaOption& option) { return option.bare && find_word(option, word) != nullptr; });
  return found == directive.options.end() ? nullptr : &*found;
}

const PragmaWord* find_word(const PragmaOption& option, std::string_view word) {
  auto found = std::ranges::find_if(option.words, [&](const PragmaWord& known) { return known.text == word; });
  return found == option.words.end() ? nullptr : &*found;
}

std::string nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  unsigned best_edits = 0;
  for (std::string_view candidate : candidates) {
    unsigned edits = llvm::StringRef(name).edit_distance(candidate);
    if (edits * 3 <= std::max(name.size(), candidate.size()) && (best.empty() || edits < best_edits)) {
      best = candidate;
      best_edits = edits;
    }
  }
  return std::string(best);
}

}  // namespace sluice::hlsc
