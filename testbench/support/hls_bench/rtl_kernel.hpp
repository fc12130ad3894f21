// A Verilated kernel as a table of ports, so that one bench drives them all.
//
// Purpose: sluice-hls writes an adapter a kernel, which fills an RtlKernel from its Verilated class by the helpers
// below. Ownership: the table's functions share ownership of the model. Threading: one thread. Errors: none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sluice::hls_bench {

// Any number of bits, in 32-bit words, least significant first; bits above the width are zero.
using Words = std::vector<std::uint32_t>;

[[nodiscard]] inline std::size_t words_for(unsigned width) { return (width + 31) / 32; }

struct Pin {
  std::function<void(const Words&)> set;
  std::function<Words()> get;
};

struct RtlStream {
  std::string name;
  unsigned width = 0;
  bool is_input = false;
  std::function<void(const Words&)> set_data;  // inputs
  std::function<Words()> data;                 // outputs
  std::function<void(bool)> set;               // tvalid of an input, tready of an output
  std::function<bool()> get;                   // tready of an input, tvalid of an output
};

struct RtlScalar {
  std::string name;
  unsigned width = 0;
  bool is_signed = false;
  std::function<void(const Words&)> set;
};

struct RtlOutput {
  std::string name;
  unsigned width = 0;
  int parameter = -1;  // of the C++ function, counted from 0; -1: the return value
  std::function<Words()> value;
  std::function<bool()> valid;
};

struct RtlArrayPort {
  std::function<std::uint64_t()> address;
  std::function<bool()> enable;
  std::function<bool()> write;              // empty: the port only reads
  std::function<Words()> data;              // likewise
  std::function<void(const Words&)> set_q;  // empty: the port only writes
};

// How a dimension of an array parameter is spread over banks, and which of them a port has.
struct RtlDimension {
  std::uint64_t count = 0, banks = 1, per_bank = 0, bank = 0;
  bool is_cyclic = false;
};

// A port to an array parameter, or to a bank or a member of one.
struct RtlArray {
  std::string name;
  unsigned width = 0;
  std::uint64_t depth = 0;
  int parameter = -1;                    // as above
  unsigned low = 0;                      // where the word is in the parameter's packed element
  std::vector<RtlDimension> dimensions;  // row-major
  std::vector<RtlArrayPort> ports;
};

struct RtlKernel {
  std::string name;
  bool has_handshake = true;        // ap_start and ap_done; else it runs again and again
  bool has_lasting_memory = false;  // keeps contents that no reset restores
  std::function<void(bool)> set_clock, set_reset_n, set_start;
  std::function<bool()> done, idle;
  std::uint64_t num_mutants = 0;  // built in; the number 0 is none of them
  std::function<void(std::uint64_t)> set_mutant;
  std::function<void()> eval;
  std::vector<RtlStream> streams;  // in the order of the kernel's parameters, as the lists below
  std::vector<RtlScalar> scalars;
  std::vector<RtlOutput> outputs;
  std::vector<RtlArray> arrays;
};

}  // namespace sluice::hls_bench
