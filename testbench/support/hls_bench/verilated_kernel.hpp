// How a generated adapter fills an RtlKernel: ports of any width of a Verilated class.
//
// Ownership: the functions made here refer to the model; the adapter's RtlKernel::eval owns it. Threading: none.
// Errors: none.
#pragma once

#include <verilated.h>

#include <type_traits>

#include "testbench/support/hls_bench/rtl_kernel.hpp"

namespace sluice::hls_bench {

template <class Signal>
void set_signal(Signal& signal, const Words& words) {
  if constexpr (std::is_integral_v<Signal>) {
    std::uint64_t value = words[0];
    if constexpr (sizeof(Signal) > 4) {
      value |= words.size() > 1 ? static_cast<std::uint64_t>(words[1]) << 32 : 0;
    }
    signal = static_cast<Signal>(value);
  } else {
    for (std::size_t i = 0; i < words.size(); ++i) {
      signal[i] = words[i];
    }
  }
}

template <class Signal>
Words get_signal(const Signal& signal, unsigned width) {
  Words words(words_for(width));
  for (std::size_t i = 0; i < words.size(); ++i) {
    if constexpr (std::is_integral_v<Signal>) {
      words[i] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(signal) >> (32 * i));
    } else {
      words[i] = signal[i];
    }
  }
  return words;
}

// Registers and memories without an initial value start with random bits.
template <class Model>
std::shared_ptr<Model> make_model() {
  struct Owner {
    VerilatedContext context;
    std::unique_ptr<Model> model;
  };
  const auto owner = std::make_shared<Owner>();
  owner->context.randReset(2);
  owner->context.randSeed(1);
  owner->model = std::make_unique<Model>(&owner->context);
  return {owner, owner->model.get()};
}

template <class Model>
RtlKernel make_kernel(const char* name, const std::shared_ptr<Model>& model) {
  RtlKernel kernel;
  kernel.name = name;
  kernel.set_clock = [&m = *model](bool value) { m.clk_i = value; };
  kernel.set_reset_n = [&m = *model](bool value) { m.rst_ni = value; };
  kernel.set_start = [](bool) {};
  kernel.done = kernel.idle = [] { return false; };
  kernel.has_handshake = false;
  kernel.eval = [model] { model->eval(); };
  return kernel;
}

template <class Model>
void add_handshake(RtlKernel& kernel, Model& model) {
  kernel.has_handshake = true;
  kernel.set_start = [&model](bool value) { model.ap_start_i = value; };
  kernel.done = [&model] { return model.ap_done_o != 0; };
  kernel.idle = [&model] { return model.ap_idle_o != 0; };
}

template <class Signal>
void add_mutants(RtlKernel& kernel, std::uint64_t count, Signal& chosen) {
  kernel.num_mutants = count;
  kernel.set_mutant = [&chosen](std::uint64_t number) { chosen = static_cast<Signal>(number); };
}

template <class Data, class Bit>
void add_input(RtlKernel& kernel, const char* name, unsigned width, Data& data, Bit& valid, Bit& ready) {
  RtlStream stream{name, width, true, {}, {}, {}, {}};
  stream.set_data = [&data](const Words& words) { set_signal(data, words); };
  stream.set = [&valid](bool value) { valid = value; };
  stream.get = [&ready] { return ready != 0; };
  kernel.streams.push_back(std::move(stream));
}

template <class Data, class Bit>
void add_output(RtlKernel& kernel, const char* name, unsigned width, Data& data, Bit& valid, Bit& ready) {
  RtlStream stream{name, width, false, {}, {}, {}, {}};
  stream.data = [&data, width] { return get_signal(data, width); };
  stream.set = [&ready](bool value) { ready = value; };
  stream.get = [&valid] { return valid != 0; };
  kernel.streams.push_back(std::move(stream));
}

template <class Data>
void add_scalar(RtlKernel& kernel, const char* name, unsigned width, bool is_signed, Data& data) {
  kernel.scalars.push_back({name, width, is_signed, [&data](const Words& words) { set_signal(data, words); }});
}

template <class Data, class Bit>
void add_scalar_output(RtlKernel& kernel, const char* name, unsigned width, int parameter, Data& data, Bit& valid) {
  kernel.outputs.push_back(
      {name, width, parameter, [&data, width] { return get_signal(data, width); }, [&valid] { return valid != 0; }});
}

template <class Address, class Bit>
RtlArrayPort array_port(Address& address, Bit& enable) {
  RtlArrayPort port;
  port.address = [&address] { return static_cast<std::uint64_t>(address); };
  port.enable = [&enable] { return enable != 0; };
  return port;
}

template <class Data>
void let_read(RtlArrayPort& port, Data& q) {
  port.set_q = [&q](const Words& words) { set_signal(q, words); };
}

template <class Data, class Bit>
void let_write(RtlArrayPort& port, unsigned width, Data& data, Bit& write) {
  port.data = [&data, width] { return get_signal(data, width); };
  port.write = [&write] { return write != 0; };
}

}  // namespace sluice::hls_bench
