// A kernel's C++ function as the bench calls it: words in, words out, whatever its parameters' types.
//
// Purpose: make_native(&function, rtl) matches the function's parameters to the RTL's ports, kind by kind in order:
//   ::hls::stream<T>& and arrays of them to streams, values to scalars, T& to output scalars, pointers to the ports of
//   their array (or to an output scalar where there is none), the return value to the output named 'return'.
// Ownership: values. Threading: in Mode::kThreads the processes of SLUICE_PROCESS run as threads within a call, joined
//   by streams of their depth; else one after the other.
// Errors: parameters that do not fit the ports print why and abort; what goes wrong in a run is in NativeCall::failure.
#pragma once

#include <ap_int.h>
#include <fmt/format.h>
#include <hls_stream.h>
#include <sluice_pack.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "testbench/support/hls_bench/rtl_kernel.hpp"

namespace sluice::hls_bench {

struct NativeCall {
  std::vector<Words> scalars;                                  // parallel to RtlKernel::scalars
  std::vector<std::vector<Words>> arrays;                      // contents, before and after
  std::function<std::optional<Words>(std::size_t)> next_word;  // of an input stream: takes it
  // The word that comes after `offset` others; null: none. For models that want words before they say how many.
  std::function<const Words*(std::size_t, std::size_t)> peek_word;
  std::vector<std::vector<Words>> streams;    // parallel to RtlKernel::streams: words written
  std::vector<std::optional<Words>> outputs;  // parallel to RtlKernel::outputs
  std::string failure;
};

using NativeKernel = std::function<void(NativeCall&)>;

namespace native_detail {

[[noreturn]] inline void mismatch(const std::string& what) {
  std::fprintf(stderr, "hls_bench: the function and its RTL do not fit: %s\n", what.c_str());
  std::abort();
}

template <class T>
Words to_words(const T& value) {
  const auto packed = sluice_hls::pack(value);
  return {packed.begin(), packed.end()};
}

template <class T>
T from_words(const Words& words) {
  sluice_hls::Words<T> packed{};
  std::copy_n(words.begin(), std::min(words.size(), packed.size()), packed.begin());
  return sluice_hls::unpack<T>(packed);
}

// Which port of each kind comes next.
struct Cursor {
  const RtlKernel& rtl;
  std::size_t stream = 0, scalar = 0, output = 0;
  int parameter = -1;
};

template <class T>
void check_width(unsigned width, const std::string& name) {
  if (static_cast<unsigned>(sluice_hls::packed_bits<T>) != width) {
    mismatch(fmt::format("'{}' has {} bits in C++ and {} in RTL", name, sluice_hls::packed_bits<T>, width));
  }
}

template <class List>
auto& next_of(List& list, std::size_t& position, const char* kind) {
  if (position >= list.size()) {
    mismatch(fmt::format("more {} parameters than ports", kind));
  }
  return list[position++];
}

// One port for one ::hls::stream.
template <class T>
struct StreamPort {
  explicit StreamPort(Cursor& cursor) : number(cursor.stream) {
    const RtlStream& port = next_of(cursor.rtl.streams, cursor.stream, "stream");
    check_width<T>(port.width, port.name);
    is_input = port.is_input;
    name = port.name;
  }
  void before(::hls::stream<T>& stream, NativeCall& call) const {
    stream.set_name(name.c_str());
    if (is_input) {
      stream.set_source([&call, n = number]() -> std::optional<T> {
        const std::optional<Words> word = call.next_word(n);
        return word ? std::optional<T>(from_words<T>(*word)) : std::nullopt;
      });
    }
  }
  void after(::hls::stream<T>& stream, NativeCall& call) const {
    const std::vector<T> words = stream.drain();
    if (is_input && !words.empty()) {
      call.failure = "'" + name + "' was asked whether it is empty; the bench compares blocking reads only";
    }
    for (std::size_t i = 0; !is_input && i < words.size(); ++i) {
      call.streams[number].push_back(to_words(words[i]));
    }
  }
  std::size_t number;
  bool is_input = false;
  std::string name;
};

// One function parameter of type A: made before a call, passed to it, read after it.
template <class A, class = void>
struct Argument {  // a scalar value
  using Value = std::remove_cv_t<A>;
  explicit Argument(Cursor& cursor) : number(cursor.scalar) {
    const RtlScalar& port = next_of(cursor.rtl.scalars, cursor.scalar, "scalar");
    check_width<Value>(port.width, port.name);
  }
  void before(NativeCall& call) { value = from_words<Value>(call.scalars[number]); }
  A pass() { return value; }
  void after(NativeCall&) {}
  std::size_t number;
  Value value{};
};

template <class T>
struct Argument<::hls::stream<T>&> {
  explicit Argument(Cursor& cursor) : port(cursor) {}
  void before(NativeCall& call) { port.before(stream, call); }
  ::hls::stream<T>& pass() { return stream; }
  void after(NativeCall& call) { port.after(stream, call); }
  StreamPort<T> port;
  ::hls::stream<T> stream;
};

// An array of streams: as many ports as are named NAME_0, NAME_1, ... one behind the other.
template <class T>
struct Argument<::hls::stream<T>*> {
  explicit Argument(Cursor& cursor) {
    const std::vector<RtlStream>& all = cursor.rtl.streams;
    const std::string first = cursor.stream < all.size() ? all[cursor.stream].name : "";
    const std::string base = first.substr(0, first.rfind('_') + 1);
    for (int i = 0; cursor.stream < all.size() && all[cursor.stream].name == base + std::to_string(i); ++i) {
      ports.emplace_back(cursor);
    }
    streams = std::make_unique<::hls::stream<T>[]>(ports.size());
  }
  void before(NativeCall& call) {
    for (std::size_t i = 0; i < ports.size(); ++i) {
      ports[i].before(streams[i], call);
    }
  }
  ::hls::stream<T>* pass() { return streams.get(); }
  void after(NativeCall& call) {
    for (std::size_t i = 0; i < ports.size(); ++i) {
      ports[i].after(streams[i], call);
    }
  }
  std::vector<StreamPort<T>> ports;
  std::unique_ptr<::hls::stream<T>[]> streams;
};

template <class T>
inline constexpr bool is_stream = false;
template <class T>
inline constexpr bool is_stream<::hls::stream<T>> = true;

template <class T>
struct OutputArgument {
  explicit OutputArgument(Cursor& cursor) : number(cursor.output) {
    const RtlOutput& port = next_of(cursor.rtl.outputs, cursor.output, "output");
    check_width<T>(port.width, port.name);
  }
  void after(NativeCall& call) { call.outputs[number] = to_words(value); }
  std::size_t number;
  T value{};
};

template <class T>
struct Argument<T&, std::enable_if_t<!is_stream<T>>> : OutputArgument<T> {
  using OutputArgument<T>::OutputArgument;
  void before(NativeCall&) { this->value = T{}; }
  T& pass() { return this->value; }
};

// Bits [from, from + width) of one word to [to, to + width) of another.
inline void copy_bits(const Words& source, unsigned from, Words& target, unsigned to, unsigned width) {
  for (unsigned i = 0; i < width; ++i) {
    const std::uint32_t bit = source[(from + i) / 32] >> ((from + i) % 32) & 1U;
    std::uint32_t& word = target[(to + i) / 32];
    word = (word & ~(1U << ((to + i) % 32))) | bit << ((to + i) % 32);
  }
}

// The element of the parameter that word `address` of a port is; nothing where a bank is longer than its part.
inline std::optional<std::uint64_t> element_at(const RtlArray& port, std::uint64_t address) {
  std::uint64_t element = 0;
  std::uint64_t stride = 1;
  for (std::size_t i = port.dimensions.size(); i-- > 0;) {
    const RtlDimension& dimension = port.dimensions[i];
    const std::uint64_t local = address % dimension.per_bank;
    const std::uint64_t index =
        dimension.is_cyclic ? local * dimension.banks + dimension.bank : dimension.bank * dimension.per_bank + local;
    if (index >= dimension.count) {
      return std::nullopt;
    }
    element += index * stride;
    stride *= dimension.count;
    address /= dimension.per_bank;
  }
  return element;
}

// An array, perhaps of arrays, in one port or several; or an output scalar.
template <class P>
struct Argument<P*, std::enable_if_t<!is_stream<P>>> {
  using Element = std::remove_cv_t<std::remove_all_extents_t<P>>;
  static constexpr auto kBits = static_cast<unsigned>(sluice_hls::packed_bits<Element>);
  explicit Argument(Cursor& cursor) : rtl(cursor.rtl) {
    for (std::size_t i = 0; i < rtl.arrays.size(); ++i) {
      if (rtl.arrays[i].parameter == cursor.parameter) {
        parts.push_back(i);
        size = 1;
        for (const RtlDimension& dimension : rtl.arrays[i].dimensions) {
          size *= dimension.count;
        }
      }
    }
    if (parts.empty()) {
      output.emplace(cursor);
      return;
    }
    unsigned end = 0;
    for (std::size_t part : parts) {
      end = std::max(end, rtl.arrays[part].low + rtl.arrays[part].width);
    }
    check_width<Element>(end, rtl.arrays[parts.front()].name);
    elements = std::make_unique<Element[]>(size);
  }
  void before(NativeCall& call) {
    if (output) {
      output->value = Element{};
      return;
    }
    std::vector<Words> packed(size, Words(words_for(kBits)));
    for_each_word([&](std::size_t part, std::uint64_t address, std::uint64_t element) {
      const RtlArray& port = rtl.arrays[part];
      copy_bits(call.arrays[part][address], 0, packed[element], port.low, port.width);
    });
    for (std::size_t i = 0; i < size; ++i) {
      elements[i] = from_words<Element>(packed[i]);
    }
  }
  P* pass() { return reinterpret_cast<P*>(output ? &output->value : elements.get()); }
  void after(NativeCall& call) {
    if (output) {
      output->after(call);
      return;
    }
    for_each_word([&](std::size_t part, std::uint64_t address, std::uint64_t element) {
      const RtlArray& port = rtl.arrays[part];
      copy_bits(to_words(elements[element]), port.low, call.arrays[part][address], 0, port.width);
    });
  }
  template <class Function>
  void for_each_word(Function&& function) const {
    for (std::size_t part : parts) {
      for (std::uint64_t address = 0; address < rtl.arrays[part].depth; ++address) {
        if (const std::optional<std::uint64_t> element = element_at(rtl.arrays[part], address)) {
          function(part, address, *element);
        }
      }
    }
  }
  const RtlKernel& rtl;
  std::optional<OutputArgument<Element>> output;
  std::vector<std::size_t> parts;  // of rtl.arrays
  std::size_t size = 0;
  std::unique_ptr<Element[]> elements;
};

template <class... A, std::size_t... I, class Call>
void run(sluice_hls::Mode mode, Cursor cursor, NativeCall& call, std::index_sequence<I...>, Call&& function) {
  // Braces: the arguments are made in order.
  std::tuple<std::unique_ptr<Argument<A>>...> arguments{std::make_unique<Argument<A>>((++cursor.parameter, cursor))...};
  (std::get<I>(arguments)->before(call), ...);
  const sluice_hls::Outcome outcome = sluice_hls::simulate(mode, [&] { function(std::get<I>(arguments)->pass()...); });
  (std::get<I>(arguments)->after(call), ...);
  if (!outcome.ok()) {
    call.failure = outcome.message;
  }
}

}  // namespace native_detail

template <class R, class... A>
NativeKernel make_native(R (*function)(A...), const RtlKernel& rtl,
                         sluice_hls::Mode mode = sluice_hls::Mode::kSequential) {
  return [function, &rtl, mode](NativeCall& call) {
    call.streams.assign(rtl.streams.size(), {});
    call.outputs.assign(rtl.outputs.size(), std::nullopt);
    native_detail::run<A...>(mode, {rtl}, call, std::index_sequence_for<A...>{}, [&](A... arguments) {
      if constexpr (std::is_void_v<R>) {
        function(std::forward<A>(arguments)...);
      } else {
        const R result = function(std::forward<A>(arguments)...);
        for (std::size_t i = 0; i < rtl.outputs.size(); ++i) {
          if (rtl.outputs[i].name == "return") {
            call.outputs[i] = native_detail::to_words(result);
          }
        }
      }
    });
  };
}

}  // namespace sluice::hls_bench
