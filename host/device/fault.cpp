// Faults in words: the command, the field and the fault of a failed command's completion.
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "host/device/device.hpp"

namespace sluice::device {
namespace {

using Names = std::span<const std::string_view>;

// Fields of the structures of command.hpp, by word; an address is two words. Of the header's first word, opcode and
// version have faults of their own.
constexpr std::string_view kHeaderWords[] = {
    "flags",        "context",  "wait_semaphore", "wait_value",     "signal_semaphore",
    "signal_value", "operand",  "operand",        "timeout_cycles", "tag",
    "tag",          "reserved", "reserved",       "reserved",       "reserved",
    "reserved"};
constexpr std::string_view kTokenWords[] = {"sequence",      "position",      "page_table", "page_table",
                                            "ancestor_mask", "ancestor_mask", "adapter",    "reserved"};
constexpr std::string_view kCopyWords[] = {"host_address", "host_address", "card_address", "card_address", "bytes"};
constexpr std::string_view kSlotWords[] = {
    "layer",          "expert",          "gate_up_address",   "gate_up_address",
    "down_address",   "down_address",    "gate_up_scale_max", "gate_up_scale_bias",
    "down_scale_max", "down_scale_bias", "generation"};
constexpr std::string_view kMoveWords[] = {"host_address", "host_address", "bank", "line", "lines"};
constexpr std::string_view kLinearWords[] = {
    "num_tokens",     "input_line",     "input_elements", "column_offset",  "columns",      "rows",
    "groups",         "input_stride",   "output_line",    "format",         "scale_max",    "scale_bias",
    "weight_address", "weight_address", "rows_stored",    "columns_stored", "bias_address", "bias_address"};
constexpr std::string_view kExpertsWords[] = {
    "num_tokens",   "layer",  "top_k",        "route_line",          "input_line",      "hidden",
    "intermediate", "format", "gate_up_line", "activated_line",      "output_line",     "output_stride",
    "activation",   "limit",  "scale",        "gate_up_bias_offset", "down_bias_offset"};
constexpr std::string_view kQuantiseWords[] = {"num_tokens",      "input_line",  "offset",      "elements",
                                               "out.vector_line", "out.q8_line", "out.q16_line"};
constexpr std::string_view kNormWords[] = {"num_tokens",      "input_line",     "offset",           "elements",
                                           "out.vector_line", "out.q8_line",    "out.q16_line",     "gamma_address",
                                           "gamma_address",   "gamma_exponent", "epsilon_mantissa", "epsilon_exponent",
                                           "root_n"};
constexpr std::string_view kRopeWords[] = {"num_tokens",
                                           "input_line",
                                           "offset",
                                           "heads",
                                           "dim",
                                           "out.vector_line",
                                           "out.q8_line",
                                           "out.q16_line",
                                           "increments_address",
                                           "increments_address",
                                           "amplitude"};
constexpr std::string_view kActivationWords[] = {"num_tokens",  "input_line",   "intermediate", "out.vector_line",
                                                 "out.q8_line", "out.q16_line", "activation",   "limit",
                                                 "scale",       "token_mask"};
constexpr std::string_view kRouteWords[] = {"num_tokens", "logits_line", "output_line",  "experts",
                                            "top_k",      "groups",      "groups_kept",  "rule",
                                            "normalise",  "scale",       "bias_address", "bias_address"};
constexpr std::string_view kKvAppendWords[] = {"num_tokens",     "kind",        "first_line",
                                               "first_elements", "second_line", "second_elements",
                                               "layer_line",     "entry_lines"};
constexpr std::string_view kAttendWords[] = {
    "num_tokens", "kind",        "heads",           "kv_heads",    "query_line",   "query_rope_line", "value_dim",
    "rope_dim",   "window",      "score_mul",       "score_shift", "sink_address", "sink_address",    "has_sinks",
    "layer_line", "entry_lines", "out.vector_line", "out.q8_line", "out.q16_line"};
constexpr std::string_view kCombineWords[] = {"num_tokens",    "elements",      "routed",        "route_line",
                                              "terms_line",    "terms_stride",  "plain",         "plain_line[0]",
                                              "plain_line[1]", "plain_line[2]", "plain_line[3]", "out.vector_line",
                                              "out.q8_line",   "out.q16_line"};

struct OpcodeNames {
  Opcode opcode;
  std::string_view name;
  Names operand_words;
};
constexpr OpcodeNames kOpcodes[] = {{Opcode::kNop, "nop", {}},
                                    {Opcode::kLoad, "load", kCopyWords},
                                    {Opcode::kStore, "store", kCopyWords},
                                    {Opcode::kPublish, "publish", kSlotWords},
                                    {Opcode::kRetire, "retire", kSlotWords},
                                    {Opcode::kImport, "import", kMoveWords},
                                    {Opcode::kExport, "export", kMoveWords},
                                    {Opcode::kLinear, "linear", kLinearWords},
                                    {Opcode::kExperts, "experts", kExpertsWords},
                                    {Opcode::kQuantise, "quantise", kQuantiseWords},
                                    {Opcode::kNorm, "norm", kNormWords},
                                    {Opcode::kRope, "rope", kRopeWords},
                                    {Opcode::kActivation, "activation", kActivationWords},
                                    {Opcode::kRoute, "route", kRouteWords},
                                    {Opcode::kKvAppend, "kv append", kKvAppendWords},
                                    {Opcode::kAttend, "attend", kAttendWords},
                                    {Opcode::kCombine, "combine", kCombineWords}};

OpcodeNames names_of(std::uint16_t opcode) {
  for (const OpcodeNames& names : kOpcodes) {
    if (names.opcode == static_cast<Opcode>(opcode)) {
      return names;
    }
  }
  return {};
}

// "operand word 4 (columns) is out of range".
std::string word_out_of_range(std::string_view where, std::uint32_t word, Names names) {
  const std::string name = word < names.size() ? " (" + std::string(names[word]) + ")" : "";
  return std::string(where) + " word " + std::to_string(word) + name + " is out of range";
}

std::string token_word_out_of_range(std::uint32_t word) {
  constexpr std::uint32_t kWords = sizeof(TokenEntry) / sizeof(std::uint32_t);
  return "token " + std::to_string(word / kWords) + ", " + word_out_of_range("entry", word % kWords, kTokenWords);
}

}  // namespace

std::string describe_fault(std::uint16_t opcode, std::uint32_t fault, std::uint32_t detail) {
  const OpcodeNames names = names_of(opcode);
  const std::string command = names.name.empty() ? "opcode " + std::to_string(opcode) : std::string(names.name);
  switch (static_cast<Fault>(fault)) {
    case Fault::kNone:
      return command + ": no fault";
    case Fault::kBadOpcode:
      return command + ": unknown, or not a command of this queue (bad opcode)";
    case Fault::kBadVersion:
      return command + ": the card does not take this version of the command (bad version)";
    case Fault::kBadOperand:
      return command + ": " + word_out_of_range("operand", detail, names.operand_words) + " (bad operand)";
    case Fault::kBadHeader:
      return command + ": " + word_out_of_range("header", detail, kHeaderWords) + " (bad header)";
    case Fault::kTimeout:
      return command + ": a semaphore, memory or the host link did not answer in time (timeout)";
    case Fault::kNotResident:
      return command + ": expert " + std::to_string(detail & 0xFFFF) + " of layer " + std::to_string(detail >> 16) +
             " is in no slot (not resident)";
    case Fault::kBusError:
      return command + ": card or host memory answered with an error (bus error)";
    case Fault::kBadToken:
      return command + ": " + token_word_out_of_range(detail) + " (bad token)";
  }
  return command + ": fault " + std::to_string(fault) + ", detail " + std::to_string(detail);
}

}  // namespace sluice::device
