// Emitted kernels in Verilator against the interpreter of their IR, under random gaps and back-pressure, by the generic
// bench: the interpreter takes the native function's place.
#include "testbench/hls/compiler/emit/emitted.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <variant>

#include "hls/compiler/ir/interpret.hpp"
#include "hls/compiler/ir/parse.hpp"
#include "testbench/support/hls_bench/bench.hpp"

namespace sluice::hls_bench {
namespace {

using hlsc::Interpreter;
using hlsc::InterpreterEnd;
using hlsc::Kernel;
using llvm::APInt;

APInt to_apint(unsigned width, const Words& words) {
  APInt value(static_cast<unsigned>(words.size()) * 32, 0);
  for (unsigned i = 0; i < words.size(); ++i) {
    value.insertBits(words[i], i * 32, 32);
  }
  return value.trunc(width);
}

Words to_words(const APInt& value) {
  Words words(words_for(value.getBitWidth()));
  const APInt padded = value.zext(static_cast<unsigned>(words.size()) * 32);
  for (unsigned i = 0; i < words.size(); ++i) {
    words[i] = static_cast<std::uint32_t>(padded.extractBitsAsZExtValue(32, i * 32));
  }
  return words;
}

Kernel read_kernel(const std::string& name) {
  std::ifstream file(std::string(EMITTED_FOLDER) + "/" + name + ".ir");
  auto parsed = hlsc::parse(std::string{std::istreambuf_iterator<char>(file), {}});
  if (const auto* error = std::get_if<hlsc::ParseError>(&parsed)) {
    FAIL(error->message);
  }
  return std::get<Kernel>(std::move(parsed));
}

// The kernel's streams that the RTL has as ports: its number in the IR for each.
std::vector<std::size_t> outer_streams(const Kernel& kernel) {
  std::vector<std::size_t> result;
  for (std::size_t s = 0; s < kernel.streams.size(); ++s) {
    if (kernel.streams[s].direction != hlsc::StreamDirection::kInternal) {
      result.push_back(s);
    }
  }
  return result;
}

// The interpreter wants its words beforehand: it gets more and more until it does not wait for any.
void interpret(const Kernel& kernel, Interpreter& interpreter, const RtlKernel& rtl, NativeCall& call) {
  const std::vector<std::size_t> outer = outer_streams(kernel);
  hlsc::InterpreterInput input;
  input.streams.resize(kernel.streams.size());
  for (std::size_t i = 0; i < call.scalars.size(); ++i) {
    input.scalars.push_back(to_apint(rtl.scalars[i].width, call.scalars[i]));
  }
  for (std::size_t a = 0; a < call.arrays.size(); ++a) {
    std::vector<APInt>& contents = input.arrays.emplace_back();
    for (const Words& word : call.arrays[a]) {
      contents.push_back(to_apint(rtl.arrays[a].width, word));
    }
  }
  hlsc::InterpreterResult result;
  std::size_t given = 0;
  for (std::size_t limit = 64; limit <= 65'536; limit *= 4) {
    given = limit;
    for (std::size_t s = 0; s < outer.size(); ++s) {
      for (std::size_t at = input.streams[outer[s]].size(); rtl.streams[s].is_input && at < limit; ++at) {
        input.streams[outer[s]].push_back(to_apint(rtl.streams[s].width, *call.peek_word(s, at)));
      }
    }
    Interpreter trial = interpreter;
    result = trial.run(input);
    if (result.end == InterpreterEnd::kFinished) {
      break;
    }
  }
  (void)interpreter.run(input);  // with the same result, and its static memories go on from there
  if (result.end != InterpreterEnd::kFinished) {
    call.failure = "the interpreter does not finish: " + result.waiting;
    return;
  }
  call.streams.assign(rtl.streams.size(), {});
  for (std::size_t s = 0; s < outer.size(); ++s) {
    const std::vector<APInt>& words = result.streams[outer[s]];
    for (std::size_t i = 0; rtl.streams[s].is_input && i < given - words.size(); ++i) {
      (void)call.next_word(s);
    }
    for (std::size_t i = 0; !rtl.streams[s].is_input && i < words.size(); ++i) {
      call.streams[s].push_back(to_words(words[i]));
    }
  }
  for (const auto& output : result.outputs) {
    call.outputs.push_back(output ? std::optional(to_words(*output)) : std::nullopt);
  }
  for (std::size_t a = 0; a < call.arrays.size(); ++a) {
    for (std::size_t i = 0; i < call.arrays[a].size(); ++i) {
      call.arrays[a][i] = to_words(result.arrays[a][i]);
    }
  }
}

int compare(const Emitted& emitted, std::uint64_t seed) {
  const Kernel kernel = read_kernel(emitted.name);
  const RtlKernel rtl = emitted.make();
  Interpreter interpreter(kernel);
  BenchOptions options;
  options.seed = seed;
  options.calls = 40;
  options.max_idle_cycles = 20'000;
  const NativeKernel native = [&](NativeCall& call) { interpret(kernel, interpreter, rtl, call); };
  return run_bench(rtl, native, options, 0, nullptr);
}

bool is_faulty(const Emitted& emitted) { return emitted.name.starts_with("fault_"); }

}  // namespace

TEST_CASE("emitted kernels do what their IR says, under random gaps and back-pressure", "[hls][emit]") {
  for (const Emitted& emitted : emitted_kernels()) {
    if (!is_faulty(emitted)) {
      INFO(emitted.name);
      CHECK(compare(emitted, 7) == 0);
    }
  }
}

// Constants that no front end leaves over, which Verilator folds and then asks about.
constexpr const char* kRandomWaivers = "-Wno-UNSIGNED -Wno-CMPCONST";

TEST_CASE("emitted kernels are clean under verilator -Wall", "[hls][emit]") {
  for (const Emitted& emitted : emitted_kernels()) {
    if (is_faulty(emitted)) {
      continue;
    }
    const std::string command =
        fmt::format("verilator --lint-only -Wall {} -y rtl/stream {}/{}.sv",
                    emitted.name.starts_with("random_") ? kRandomWaivers : "", EMITTED_FOLDER, emitted.name);
    INFO(command);
    CHECK(std::system(command.c_str()) == 0);
  }
}

TEST_CASE("Yosys reads emitted kernels and finds no undriven or doubly driven bit", "[hls][emit]") {
  for (const Emitted& emitted : emitted_kernels()) {
    if (is_faulty(emitted) || emitted.name.starts_with("random_")) {
      continue;
    }
    const std::string command = fmt::format(
        "yosys -q -e 'Latch inferred' -p 'read_verilog -sv -DSYNTHESIS {}/{}.sv rtl/stream/stream_queue.sv "
        "rtl/stream/stream_fifo.sv; hierarchy -check -top {}; proc; check -assert'",
        EMITTED_FOLDER, emitted.name, emitted.name);
    INFO(command);
    CHECK(std::system(command.c_str()) == 0);
  }
}

TEST_CASE("each fault planted in the emitter is seen", "[hls][emit]") {
  for (const Emitted& emitted : emitted_kernels()) {
    if (is_faulty(emitted)) {
      INFO(emitted.name);
      CHECK(compare(emitted, 7) == 1);
    }
  }
}

}  // namespace sluice::hls_bench
