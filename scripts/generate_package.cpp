// Prints rtl/pkg/sluice_pkg.sv: the constants of host/device/command.hpp for SystemVerilog.
//
// Purpose: one definition for host and card. The printed file is committed, so that rtl/ can be read and linted without
//   a build; the test rtl_package compares it with what this program prints.
// Use: generate_package > rtl/pkg/sluice_pkg.sv; generate_package FILE compares instead, status 1 when FILE differs.
// Naming: kFoo becomes Foo, prefixed by the name of its enumeration or structure. A field's constant is the index of
//   its 32-bit word in its structure (header, token entry, completion or operand block).

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "host/device/command.hpp"

namespace {

using namespace sluice::device;

// "num_tokens" -> "NumTokens"
std::string camel(const std::string& snake) {
  std::string result;
  bool upper = true;
  for (const char letter : snake) {
    if (letter == '_' || letter == '.') {
      upper = true;
    } else {
      result += (upper && letter >= 'a' && letter <= 'z') ? static_cast<char>(letter - 'a' + 'A') : letter;
      upper = false;
    }
  }
  return result;
}

void print_constant(std::ostream& out, const std::string& name, std::uint64_t value, int bits = 32) {
  out << "  localparam logic [" << bits - 1 << ":0] " << name << " = " << bits << "'d" << value << ";\n";
}

#define LIMIT(name) print_constant(out, std::string(#name).substr(1), name)
#define ENUM(prefix, type, name, bits) \
  print_constant(out, std::string(prefix) + std::string(#name).substr(1), static_cast<std::uint64_t>(type::name), bits)

void print_limits(std::ostream& out) {
  out << "\n  // Identity and limits.\n";
  print_constant(out, "CommandSetHash", command_set_hash());
  LIMIT(kMagic);
  LIMIT(kCommandVersion);
  LIMIT(kNumericsVersion);
  LIMIT(kLineBytes);
  LIMIT(kBlock);
  LIMIT(kMaxTokens);
  LIMIT(kVectorLines);
  LIMIT(kMaxColumns);
  LIMIT(kMaxRows);
  LIMIT(kMaxExperts);
  LIMIT(kMaxTopK);
  LIMIT(kMaxTerms);
  LIMIT(kMaxSlots);
  LIMIT(kMaxLayers);
  LIMIT(kSemaphores);
  LIMIT(kSlotBytes);
  LIMIT(kCompletionBytes);
  LIMIT(kOperandBytes);
  LIMIT(kPageTokens);
  LIMIT(kNone);
  LIMIT(kQueues);
  LIMIT(kCounters);
}

void print_enumerations(std::ostream& out) {
  out << "\n  // Queues, opcodes, flags and faults.\n";
  ENUM("Queue", Queue, kLoad, 1);
  ENUM("Queue", Queue, kCompute, 1);
  ENUM("Opcode", Opcode, kNop, 16);
  ENUM("Opcode", Opcode, kLoad, 16);
  ENUM("Opcode", Opcode, kStore, 16);
  ENUM("Opcode", Opcode, kPublish, 16);
  ENUM("Opcode", Opcode, kRetire, 16);
  ENUM("Opcode", Opcode, kImport, 16);
  ENUM("Opcode", Opcode, kExport, 16);
  ENUM("Opcode", Opcode, kLinear, 16);
  ENUM("Opcode", Opcode, kExperts, 16);
  ENUM("Opcode", Opcode, kQuantise, 16);
  ENUM("Opcode", Opcode, kNorm, 16);
  ENUM("Opcode", Opcode, kRope, 16);
  ENUM("Opcode", Opcode, kActivation, 16);
  ENUM("Opcode", Opcode, kRoute, 16);
  ENUM("Opcode", Opcode, kKvAppend, 16);
  ENUM("Opcode", Opcode, kAttend, 16);
  ENUM("Opcode", Opcode, kCombine, 16);
  ENUM("Opcode", Opcode, kBias, 16);
  print_constant(out, "FlagComplete", kFlagComplete, 8);
  print_constant(out, "FlagInterrupt", kFlagInterrupt, 8);
  ENUM("Fault", Fault, kNone, 4);
  ENUM("Fault", Fault, kBadOpcode, 4);
  ENUM("Fault", Fault, kBadVersion, 4);
  ENUM("Fault", Fault, kBadOperand, 4);
  ENUM("Fault", Fault, kBadHeader, 4);
  ENUM("Fault", Fault, kTimeout, 4);
  ENUM("Fault", Fault, kNotResident, 4);
  ENUM("Fault", Fault, kBusError, 4);
  ENUM("Fault", Fault, kBadToken, 4);
  ENUM("Format", Format, kMxInt8, 2);
  ENUM("Format", Format, kInt4, 2);
  ENUM("Format", Format, kMxFp4, 2);
  ENUM("Format", Format, kMxInt16, 2);
}

void print_registers(std::ostream& out) {
  out << "\n  // Registers: byte offsets; RingXxx within the ring of a queue; CounterXxx is the counter's number.\n";
  ENUM("Register", Register, kMagic, 16);
  ENUM("Register", Register, kVersion, 16);
  ENUM("Register", Register, kCommandSetHash, 16);
  ENUM("Register", Register, kInfo, 16);
  ENUM("Register", Register, kGeometry, 16);
  ENUM("Register", Register, kVectorLines, 16);
  ENUM("Register", Register, kMemoryMib, 16);
  ENUM("Register", Register, kControl, 16);
  ENUM("Register", Register, kStatus, 16);
  ENUM("Register", Register, kInterruptEnable, 16);
  ENUM("Register", Register, kRing, 16);
  ENUM("Register", Register, kCounters, 16);
  ENUM("Ring", RingRegister, kBaseLo, 6);
  ENUM("Ring", RingRegister, kBaseHi, 6);
  ENUM("Ring", RingRegister, kSizeLog2, 6);
  ENUM("Ring", RingRegister, kTail, 6);
  ENUM("Ring", RingRegister, kHead, 6);
  ENUM("Ring", RingRegister, kCompletionLo, 6);
  ENUM("Ring", RingRegister, kCompletionHi, 6);
  ENUM("Ring", RingRegister, kCompletionSizeLog2, 6);
  print_constant(out, "RingStride", kRingStride, 16);
  ENUM("Counter", Counter, kCycles, 4);
  ENUM("Counter", Counter, kCommands, 4);
  ENUM("Counter", Counter, kEngineBusy, 4);
  ENUM("Counter", Counter, kEngineMac, 4);
  ENUM("Counter", Counter, kEngineWeightLines, 4);
  ENUM("Counter", Counter, kEngineStallMemory, 4);
  ENUM("Counter", Counter, kUnitBusy, 4);
  ENUM("Counter", Counter, kMemoryReadLines, 4);
  ENUM("Counter", Counter, kMemoryWriteLines, 4);
  ENUM("Counter", Counter, kHostReadBytes, 4);
  ENUM("Counter", Counter, kHostWriteBytes, 4);
  ENUM("Counter", Counter, kMacLanes, 4);
}

#define FIELD(prefix, type, member)               \
  static_assert(offsetof(type, member) % 4 == 0); \
  out << "  localparam int " << prefix << camel(#member) << " = " << offsetof(type, member) / 4 << ";\n"
#define HEADER(member) FIELD("Header", CommandHeader, member)
#define TOKEN(member) FIELD("Token", TokenEntry, member)
#define COMPLETION(member) FIELD("Completion", Completion, member)
#define COPY(member) FIELD("Copy", CopyOperand, member)
#define SLOT(member) FIELD("Slot", SlotOperand, member)
#define MOVE(member) FIELD("Move", MoveOperand, member)
#define LINEAR(member) FIELD("Linear", LinearOperand, member)
#define EXPERTS(member) FIELD("Experts", ExpertsOperand, member)
#define BIAS(member) FIELD("Bias", BiasOperand, member)
#define QUANTISE(member) FIELD("Quantise", QuantiseOperand, member)
#define NORM(member) FIELD("Norm", NormOperand, member)
#define ROPE(member) FIELD("Rope", RopeOperand, member)
#define ACTIVATION(member) FIELD("Activation", ActivationOperand, member)
#define ROUTE(member) FIELD("Route", RouteOperand, member)
#define KV_APPEND(member) FIELD("KvAppend", KvAppendOperand, member)
#define ATTEND(member) FIELD("Attend", AttendOperand, member)
#define COMBINE(member) FIELD("Combine", CombineOperand, member)

void print_slot_fields(std::ostream& out) {
  out << "\n  // A slot of a command ring: first bit of the operand block and of the token table. Word 0 of the header "
         "is\n"
         "  // {flags, version, opcode}.\n";
  out << "  localparam int CommandOperandBit = " << offsetof(Command, operand) * 8 << ";\n";
  out << "  localparam int CommandTokensBit = " << offsetof(Command, tokens) * 8 << ";\n";
  HEADER(opcode);
  HEADER(context);
  HEADER(wait_semaphore);
  HEADER(wait_value);
  HEADER(signal_semaphore);
  HEADER(signal_value);
  HEADER(operand_lo);
  HEADER(operand_hi);
  HEADER(timeout_cycles);
  HEADER(tag_lo);
  HEADER(tag_hi);
  TOKEN(sequence);
  TOKEN(position);
  TOKEN(page_table_lo);
  TOKEN(page_table_hi);
  TOKEN(ancestor_mask_lo);
  TOKEN(ancestor_mask_hi);
  TOKEN(adapter);
  COMPLETION(tag_lo);
  COMPLETION(tag_hi);
  COMPLETION(fault);
  COMPLETION(detail);
  COMPLETION(queue);
  COMPLETION(sequence);
  COMPLETION(cycle_lo);
  COMPLETION(cycle_hi);
}

void print_transfer_fields(std::ostream& out) {
  out << "\n  // Operand blocks of the commands that rtl/ executes.\n";
  COPY(host_address_lo);
  COPY(host_address_hi);
  COPY(card_address_lo);
  COPY(card_address_hi);
  COPY(bytes);
  SLOT(layer);
  SLOT(expert);
  SLOT(gate_up_address_lo);
  SLOT(gate_up_address_hi);
  SLOT(down_address_lo);
  SLOT(down_address_hi);
  SLOT(gate_up_scale_max);
  SLOT(gate_up_scale_bias);
  SLOT(down_scale_max);
  SLOT(down_scale_bias);
  SLOT(generation);
  MOVE(host_address_lo);
  MOVE(host_address_hi);
  MOVE(bank);
  MOVE(line);
  MOVE(lines);
}

void print_linear_fields(std::ostream& out) {
  LINEAR(num_tokens);
  LINEAR(input_line);
  LINEAR(input_elements);
  LINEAR(column_offset);
  LINEAR(columns);
  LINEAR(rows);
  LINEAR(groups);
  LINEAR(input_stride);
  LINEAR(output_line);
  LINEAR(format);
  LINEAR(scale_max);
  LINEAR(scale_bias);
  LINEAR(weight_address_lo);
  LINEAR(weight_address_hi);
  LINEAR(rows_stored);
  LINEAR(columns_stored);
  LINEAR(bias_address_lo);
  LINEAR(bias_address_hi);
  EXPERTS(num_tokens);
  EXPERTS(layer);
  EXPERTS(top_k);
  EXPERTS(route_line);
  EXPERTS(input_line);
  EXPERTS(hidden);
  EXPERTS(intermediate);
  EXPERTS(format);
  EXPERTS(gate_up_line);
  EXPERTS(activated_line);
  EXPERTS(output_line);
  EXPERTS(output_stride);
  EXPERTS(activation);
  EXPERTS(limit);
  EXPERTS(scale);
  EXPERTS(gate_up_bias_offset);
  EXPERTS(down_bias_offset);
  BIAS(num_tokens);
  BIAS(elements);
  BIAS(bias_address_lo);
  BIAS(bias_address_hi);
  BIAS(token_mask);
  BIAS(line);
}

void print_vector_unit_fields(std::ostream& out) {
  out << "\n  // Operand blocks of the unit commands.\n";
  QUANTISE(num_tokens);
  QUANTISE(input_line);
  QUANTISE(offset);
  QUANTISE(elements);
  QUANTISE(out.vector_line);
  QUANTISE(out.q8_line);
  QUANTISE(out.q16_line);
  NORM(num_tokens);
  NORM(input_line);
  NORM(offset);
  NORM(elements);
  NORM(out.vector_line);
  NORM(out.q8_line);
  NORM(out.q16_line);
  NORM(gamma_address_lo);
  NORM(gamma_address_hi);
  NORM(gamma_exponent);
  NORM(epsilon_mantissa);
  NORM(epsilon_exponent);
  NORM(root_n);
  ROPE(num_tokens);
  ROPE(input_line);
  ROPE(offset);
  ROPE(heads);
  ROPE(dim);
  ROPE(out.vector_line);
  ROPE(out.q8_line);
  ROPE(out.q16_line);
  ROPE(increments_address_lo);
  ROPE(increments_address_hi);
  ROPE(amplitude);
  ACTIVATION(num_tokens);
  ACTIVATION(input_line);
  ACTIVATION(intermediate);
  ACTIVATION(out.vector_line);
  ACTIVATION(out.q8_line);
  ACTIVATION(out.q16_line);
  ACTIVATION(activation);
  ACTIVATION(limit);
  ACTIVATION(scale);
  ACTIVATION(token_mask);
}

void print_other_unit_fields(std::ostream& out) {
  ROUTE(num_tokens);
  ROUTE(logits_line);
  ROUTE(output_line);
  ROUTE(experts);
  ROUTE(top_k);
  ROUTE(groups);
  ROUTE(groups_kept);
  ROUTE(rule);
  ROUTE(normalise);
  ROUTE(scale);
  ROUTE(bias_address_lo);
  ROUTE(bias_address_hi);
  KV_APPEND(num_tokens);
  KV_APPEND(kind);
  KV_APPEND(first_line);
  KV_APPEND(first_elements);
  KV_APPEND(second_line);
  KV_APPEND(second_elements);
  KV_APPEND(layer_line);
  KV_APPEND(entry_lines);
  ATTEND(num_tokens);
  ATTEND(kind);
  ATTEND(heads);
  ATTEND(kv_heads);
  ATTEND(query_line);
  ATTEND(query_rope_line);
  ATTEND(value_dim);
  ATTEND(rope_dim);
  ATTEND(window);
  ATTEND(score_mul);
  ATTEND(score_shift);
  ATTEND(sink_address_lo);
  ATTEND(sink_address_hi);
  ATTEND(has_sinks);
  ATTEND(layer_line);
  ATTEND(entry_lines);
  ATTEND(out.vector_line);
  ATTEND(out.q8_line);
  ATTEND(out.q16_line);
  COMBINE(num_tokens);
  COMBINE(elements);
  COMBINE(routed);
  COMBINE(route_line);
  COMBINE(terms_line);
  COMBINE(terms_stride);
  COMBINE(plain);
  COMBINE(plain_line);
  COMBINE(out.vector_line);
  COMBINE(out.q8_line);
  COMBINE(out.q16_line);
}

std::string package() {
  std::ostringstream out;
  out << "// The command set's constants. Generated by scripts/generate_package.cpp from host/device/command.hpp:\n"
         "// do not edit, build the target update_package. Constants only, so that every tool reads it; used as\n"
         "// sluice_pkg::Name, without import.\n"
         "package sluice_pkg;\n";
  print_limits(out);
  print_enumerations(out);
  print_registers(out);
  print_slot_fields(out);
  print_transfer_fields(out);
  print_linear_fields(out);
  print_vector_unit_fields(out);
  print_other_unit_fields(out);
  out << "\nendpackage\n";
  return out.str();
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 1) {
    std::cout << package();
    return 0;
  }
  std::ifstream file(arguments[1]);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file || content.str() != package()) {
    std::cerr << arguments[1] << " differs from host/device/command.hpp: build the target update_package\n";
    return 1;
  }
  return 0;
}
