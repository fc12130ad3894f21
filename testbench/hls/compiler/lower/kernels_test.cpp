// The textbook kernels: the interpreter on their kernel IR against their native run. Each source is compiled twice.
#include <ap_int.h>
#include <hls_stream.h>

#include <random>

#include "testbench/hls/compiler/lower/lower_support.hpp"

namespace fir_kernel {
#include "testbench/hls/compiler/kernels/fir.cpp"
}
namespace fir_stream_kernel {
#include "testbench/hls/compiler/kernels/fir_stream.cpp"
}
namespace matmul_kernel {
#include "testbench/hls/compiler/kernels/matmul.cpp"
}
namespace sorting_kernel {
#include "testbench/hls/compiler/kernels/sorting_network.cpp"
}
namespace histogram_kernel {
#include "testbench/hls/compiler/kernels/histogram.cpp"
}
namespace crc_kernel {
#include "testbench/hls/compiler/kernels/crc32.cpp"
}
namespace prefix_kernel {
#include "testbench/hls/compiler/kernels/prefix_sum.cpp"
}
namespace convolution_kernel {
#include "testbench/hls/compiler/kernels/convolution.cpp"
}

namespace sluice::hlsc::testing {
namespace {

Kernel kernel_of(const std::string& name) {
  Lowered lowered = lower_file("testbench/hls/compiler/kernels/" + name + ".cpp", name);
  REQUIRE(lowered.kernel.has_value());
  return std::move(*lowered.kernel);
}

std::vector<int> random_values(std::uint32_t seed, int count, int least, int most) {
  std::mt19937 generator(seed);
  std::uniform_int_distribution<int> distribution(least, most);
  std::vector<int> result;
  for (int i = 0; i < count; ++i) {
    result.push_back(distribution(generator));
  }
  return result;
}

TEST_CASE("fir: a static delay line keeps its contents from call to call", "[lower][kernels]") {
  Kernel kernel = kernel_of("fir");
  Interpreter interpreter(kernel);
  for (int x : random_values(1, 50, -1000, 1000)) {
    int y = 0;
    fir_kernel::fir(&y, x);
    InterpreterResult result = interpreter.run({.scalars = {word(32, x)}});
    REQUIRE(result.outputs[0].has_value());
    CHECK(result.outputs[0]->getSExtValue() == y);
  }
}

TEST_CASE("fir_stream: a pipelined loop that unrolls its inner loops", "[lower][kernels]") {
  Kernel kernel = kernel_of("fir_stream");
  const std::vector<int> samples = random_values(2, 200, -32768, 32767);
  hls::stream<ap_int<16>> in;
  hls::stream<ap_int<38>> out;
  for (int sample : samples) {
    in.write(sample);
  }
  fir_stream_kernel::fir_stream(in, out, 200);
  InterpreterResult result = run(kernel, {.streams = {words(16, samples), {}}, .scalars = {word(32, 200)}});
  REQUIRE(result.streams[1].size() == 200);
  for (const llvm::APInt& each : result.streams[1]) {
    CHECK(each.getSExtValue() == out.read().to_int64());
  }
  REQUIRE(pipelined_block(kernel, "samples") != nullptr);
}

TEST_CASE("matmul: array arguments and arrays partitioned in one of two dimensions", "[lower][kernels]") {
  Kernel kernel = kernel_of("matmul");
  const std::vector<int> a = random_values(3, 64, -100000, 100000);
  const std::vector<int> b = random_values(4, 64, -100000, 100000);
  int left[8][8];
  int right[8][8];
  int product[8][8];
  for (int i = 0; i < 64; ++i) {
    left[i / 8][i % 8] = a[static_cast<std::size_t>(i)] % 20000;
    right[i / 8][i % 8] = b[static_cast<std::size_t>(i)] % 10000;
  }
  matmul_kernel::matmul(left, right, product);
  InterpreterInput input;
  input.arrays.resize(3);
  for (int i = 0; i < 64; ++i) {
    input.arrays[0].push_back(word(32, left[i / 8][i % 8]));
    input.arrays[1].push_back(word(32, right[i / 8][i % 8]));
  }
  REQUIRE(kernel.array_arguments.size() == 3);
  InterpreterResult result = run(kernel, input);
  for (int i = 0; i < 64; ++i) {
    CHECK(result.arrays[2][static_cast<std::size_t>(i)].getSExtValue() == product[i / 8][i % 8]);
  }
  int banks = 0;
  for (const Memory& memory : kernel.processes[0].memories) {
    banks += memory.external < 0 ? 1 : 0;
  }
  CHECK(banks == 16);
}

TEST_CASE("sorting_network: a struct with an array as payload, sorted in one iteration", "[lower][kernels]") {
  Kernel kernel = kernel_of("sorting_network");
  hls::stream<sorting_kernel::Keys> in;
  hls::stream<sorting_kernel::Keys> out;
  std::vector<llvm::APInt> packed;
  const std::vector<int> keys = random_values(5, 20 * 8, 0, 4095);
  for (std::size_t w = 0; w < 20; ++w) {
    sorting_kernel::Keys each;
    llvm::APInt bits(96, 0);
    for (std::size_t k = 0; k < 8; ++k) {
      each.key[k] = keys[w * 8 + k];
      bits.insertBits(word(12, keys[w * 8 + k]), static_cast<unsigned>(12 * k));
    }
    in.write(each);
    packed.push_back(bits);
  }
  sorting_kernel::sorting_network(in, out, 20);
  InterpreterResult result = run(kernel, {.streams = {packed, {}}, .scalars = {word(32, 20)}});
  REQUIRE(result.streams[1].size() == 20);
  for (const llvm::APInt& bits : result.streams[1]) {
    sorting_kernel::Keys each = out.read();
    for (unsigned k = 0; k < 8; ++k) {
      CHECK(bits.extractBitsAsZExtValue(12, 12 * k) == each.key[k].to_uint64());
    }
  }
}

TEST_CASE("histogram: a read and a write of one memory an iteration", "[lower][kernels]") {
  Kernel kernel = kernel_of("histogram");
  const std::vector<int> values = random_values(6, 256, 0, 63);
  int expected[64];
  histogram_kernel::histogram(values.data(), expected);
  InterpreterInput input;
  input.arrays = {words(32, values), {}};
  InterpreterResult result = interpret(kernel, input);
  for (std::size_t i = 0; i < 64; ++i) {
    CHECK(result.arrays[1][i].getSExtValue() == expected[i]);
  }
}

TEST_CASE("crc32: a table as ROM and the same by bits", "[lower][kernels]") {
  Kernel kernel = kernel_of("crc32");
  const std::vector<int> bytes = random_values(7, 100, 0, 255);
  for (int by_table : {0, 1}) {
    hls::stream<ap_uint<8>> in;
    for (int byte : bytes) {
      in.write(byte);
    }
    const unsigned expected = crc_kernel::crc32(in, 100, by_table != 0);
    InterpreterResult result =
        run(kernel, {.streams = {words(8, bytes)}, .scalars = {word(32, 100), word(1, by_table)}});
    REQUIRE(result.outputs[0].has_value());
    CHECK(result.outputs[0]->getZExtValue() == expected);
  }
}

TEST_CASE("prefix_sum: a loop unrolled by four over a cyclic array", "[lower][kernels]") {
  Kernel kernel = kernel_of("prefix_sum");
  const std::vector<int> values = random_values(8, 128, -1000, 1000);
  int expected[128];
  prefix_kernel::prefix_sum(values.data(), expected);
  InterpreterInput input;
  input.arrays = {words(32, values), {}};
  InterpreterResult result = run(kernel, input);
  for (std::size_t i = 0; i < 128; ++i) {
    CHECK(result.arrays[1][i].getSExtValue() == expected[i]);
  }
}

TEST_CASE("convolution: line buffers, a window of registers and a conditional output", "[lower][kernels]") {
  Kernel kernel = kernel_of("convolution");
  const std::vector<int> pixels = random_values(9, 16 * 12, 0, 255);
  hls::stream<ap_uint<8>> in;
  hls::stream<ap_uint<8>> out;
  for (int pixel : pixels) {
    in.write(pixel);
  }
  convolution_kernel::convolution(in, out);
  InterpreterResult result = run(kernel, {.streams = {words(8, pixels), {}}});
  REQUIRE(result.streams[1].size() == 14 * 10);
  for (const llvm::APInt& each : result.streams[1]) {
    CHECK(each.getZExtValue() == out.read().to_uint64());
  }
}

}  // namespace
}  // namespace sluice::hlsc::testing
