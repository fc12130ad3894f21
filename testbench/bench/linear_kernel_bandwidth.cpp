// How fast the software device's row tiles take weights from memory: host/device/software/linear_kernel.hpp.
//
// Purpose: runs one stream of row tiles, larger than the processor's caches, through the vectorised kernel and through
//   the plain one of hls/vector/linear.hpp, one thread, one token, in each weight format. `--help` lists the options.
// Measures: packed weight bytes a second (GB/s, 10^9), the best of some passes, as other programs only take time away;
//   the ratio of the two kernels; and, in the same passes and on the same bytes, how fast this thread can read memory
//   at all, which no kernel can pass.
// Errors: sums that differ in a bit between the kernels end the program with status 1; a wrong option with status 2.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/device/software/linear_kernel.hpp"

namespace sluice::device {
namespace {

using hls::WeightFormat;

constexpr const char* kHelp =
    "linear_kernel_bandwidth: weight bytes a second of the software device's row tiles, beside what memory gives\n"
    "  --format NAME    mxint8, int4, mxfp4 or mxint16; default: all of them\n"
    "  --columns N      of a row tile, a multiple of 32; default 2048\n"
    "  --mebibytes N    length of the stream of tiles; default 256\n"
    "  --passes N       over the stream, of which the best counts; default 5\n"
    "  --json           one object instead of the table\n";

struct Options {
  std::vector<WeightFormat> formats = {WeightFormat::kMxInt8, WeightFormat::kInt4, WeightFormat::kMxFp4,
                                       WeightFormat::kMxInt16};
  std::uint32_t columns = 2048;
  std::uint32_t mebibytes = 256;
  std::uint32_t passes = 5;
  bool json = false;
};

struct Measurement {
  WeightFormat format = WeightFormat::kMxInt8;
  double kernel = 0;  // GB/s, as the others
  double plain = 0;
  double memory = 0;
};

[[noreturn]] void give_up(int status, const std::string& what) {
  fmt::print(stderr, "linear_kernel_bandwidth: {}\n", what);
  std::exit(status);
}

const std::map<std::string_view, WeightFormat>& format_names() {
  static const std::map<std::string_view, WeightFormat> names = {{"int4", WeightFormat::kInt4},
                                                                 {"mxfp4", WeightFormat::kMxFp4},
                                                                 {"mxint8", WeightFormat::kMxInt8},
                                                                 {"mxint16", WeightFormat::kMxInt16}};
  return names;
}

std::string_view name_of(WeightFormat format) {
  return std::ranges::find(format_names(), format, [](const auto& entry) { return entry.second; })->first;
}

std::uint32_t number_of(std::string_view option, std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    give_up(2, fmt::format("{} takes a number of {} to {}", option, least, most));
  }
  return value;
}

void apply(Options& options, std::string_view option, std::string_view value) {
  if (option == "--format") {
    const auto found = format_names().find(value);
    if (found == format_names().end()) {
      give_up(2, fmt::format("there is no format {}", value));
    }
    options.formats = {found->second};
  } else if (option == "--columns") {
    options.columns = number_of(option, value, 32, 131072) / 32 * 32;
  } else if (option == "--mebibytes") {
    options.mebibytes = number_of(option, value, 1, 16384);
  } else if (option == "--passes") {
    options.passes = number_of(option, value, 1, 1000);
  } else {
    give_up(2, fmt::format("there is no option {}; --help lists them", option));
  }
}

Options options_of(std::span<char*> arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view option = arguments[i];
    if (option == "--help") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (option == "--json") {
      options.json = true;
    } else if (i + 1 == arguments.size()) {
      give_up(2, fmt::format("{} is unknown or lacks its value; --help lists the options", option));
    } else {
      apply(options, option, arguments[++i]);
    }
  }
  return options;
}

// Row tiles one behind the other, with one token's input.
class TileStream {
 public:
  TileStream(WeightFormat format, const Options& options)
      : format_(format),
        blocks_(static_cast<int>(options.columns / 32)),
        tile_bytes_(static_cast<std::size_t>(hls::lines_per_tile(format, blocks_)) * hls::kLineSize),
        tiles_(std::max<std::size_t>(1, (std::size_t{options.mebibytes} << 20) / tile_bytes_)),
        bytes_(tiles_ * tile_bytes_),
        high_(options.columns),
        low_(options.columns),
        delta_(options.columns / 32),
        sums_(tiles_ * hls::kTileRows) {
    std::mt19937_64 random(1);
    for (std::size_t at = 0; at < bytes_.size(); at += sizeof(std::uint64_t)) {
      const std::uint64_t word = random();
      std::memcpy(bytes_.data() + at, &word, sizeof(word));
    }
    for (std::size_t i = 0; i < high_.size(); ++i) {
      high_[i] = static_cast<hls::i8>(random());
      low_[i] = static_cast<hls::i8>(random());
    }
    for (hls::u8& delta : delta_) {
      delta = static_cast<hls::u8>(random() % 8);
    }
  }

  // GB/s of one pass of `kernel` over all tiles; the sums stay in sums().
  template <typename Kernel>
  double run(Kernel kernel) {
    constexpr hls::i32 kScaleMax = 255;
    const hls::LinearInput x = {high_.data(), low_.data(), delta_.data()};
    return rate([&] {
      for (std::size_t tile = 0; tile < tiles_; ++tile) {
        kernel(format_, bytes_.data() + tile * tile_bytes_, blocks_, kScaleMax, x,
               sums_.data() + tile * hls::kTileRows);
      }
    });
  }

  // GB/s of reading the stream and doing next to nothing with it.
  double read() {
    using Words = std::uint64_t __attribute__((vector_size(64)));
    constexpr std::size_t kAccumulators = 4;
    Words sums[kAccumulators] = {};
    const double result = rate([&] {
      for (std::size_t at = 0; at + sizeof(sums) <= bytes_.size(); at += sizeof(sums)) {
        Words words[kAccumulators];
        std::memcpy(words, bytes_.data() + at, sizeof(words));
        for (std::size_t i = 0; i < kAccumulators; ++i) {
          sums[i] += words[i];
        }
      }
    });
    const volatile std::uint64_t seen = (sums[0] + sums[1] + sums[2] + sums[3])[0];
    (void)seen;
    return result;
  }

  [[nodiscard]] const std::vector<hls::i64>& sums() const { return sums_; }

 private:
  template <typename Work>
  double rate(Work work) const {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    return static_cast<double>(bytes_.size()) / time.count() / 1e9;
  }

  WeightFormat format_;
  int blocks_;
  std::size_t tile_bytes_;
  std::size_t tiles_;
  std::vector<hls::u8> bytes_;
  std::vector<hls::i8> high_;
  std::vector<hls::i8> low_;
  std::vector<hls::u8> delta_;
  std::vector<hls::i64> sums_;  // [tiles, 32]
};

Measurement measure(WeightFormat format, const Options& options) {
  TileStream stream(format, options);
  Measurement result = {.format = format};
  for (std::uint32_t pass = 0; pass < options.passes; ++pass) {
    result.memory = std::max(result.memory, stream.read());
    result.kernel = std::max(result.kernel, stream.run(vectorised_linear_tile));
    const std::vector<hls::i64> sums = stream.sums();
    result.plain = std::max(result.plain, stream.run(hls::linear_tile));
    if (sums != stream.sums()) {
      give_up(1, fmt::format("{}: the vectorised kernel's sums differ from the plain one's", name_of(format)));
    }
  }
  return result;
}

void print_table(const Options& options, std::span<const Measurement> results) {
  fmt::print("{} columns, {} MiB of row tiles, one thread, one token; GB/s, the best of {} passes\n", options.columns,
             options.mebibytes, options.passes);
  fmt::print("{:<8} {:>10} {:>8} {:>8} {:>8} {:>16}\n", "format", "vectorised", "plain", "ratio", "memory",
             "share of memory");
  for (const Measurement& m : results) {
    fmt::print("{:<8} {:>10.2f} {:>8.2f} {:>8.1f} {:>8.2f} {:>14.0f} %\n", name_of(m.format), m.kernel, m.plain,
               m.kernel / m.plain, m.memory, 100 * m.kernel / m.memory);
  }
}

void print_json(const Options& options, std::span<const Measurement> results) {
  fmt::print("{{\"columns\": {}, \"mebibytes\": {}, \"passes\": {}, \"formats\": [", options.columns, options.mebibytes,
             options.passes);
  for (const Measurement& m : results) {
    fmt::print(
        "{}\n  {{\"format\": \"{}\", \"vectorised_gb_per_s\": {:.3f}, \"plain_gb_per_s\": {:.3f}, "
        "\"memory_gb_per_s\": {:.3f}, \"ratio_to_plain\": {:.2f}, \"share_of_memory\": {:.4f}}}",
        &m == results.data() ? "" : ",", name_of(m.format), m.kernel, m.plain, m.memory, m.kernel / m.plain,
        m.kernel / m.memory);
  }
  fmt::print("\n]}}\n");
}

int run(const Options& options) {
  std::vector<Measurement> results;
  results.reserve(options.formats.size());
  for (const WeightFormat format : options.formats) {
    results.push_back(measure(format, options));
  }
  options.json ? print_json(options, results) : print_table(options, results);
  return 0;
}

}  // namespace
}  // namespace sluice::device

int main(int argc, char** argv) { return sluice::device::run(sluice::device::options_of({argv + 1, argv + argc})); }
