// emit_kernel KERNEL.ir|SEED FOLDER NAME [FAULT [CLOCK_NS]]: a kernel in text form, or the random one of a seed, to
// NAME.sv, NAME_adapter.cpp and NAME.ir in FOLDER. FAULT is the number of a PlantedFault.
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <variant>

#include "hls/compiler/emit/emit.hpp"
#include "hls/compiler/ir/parse.hpp"
#include "hls/compiler/ir/print.hpp"
#include "hls/compiler/ir/verify.hpp"
#include "hls/compiler/schedule/schedule.hpp"
#include "testbench/hls/compiler/support/random_kernel.hpp"

using namespace sluice::hlsc;

namespace {

int complain(const std::string& message) {
  fmt::print(stderr, "emit_kernel: {}\n", message);
  return 1;
}

std::optional<Kernel> read_kernel(const std::string& from) {
  if (from.find_first_not_of("0123456789") == std::string::npos) {
    return random_kernel(std::stoull(from));
  }
  std::ifstream file(from);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::variant<Kernel, ParseError> parsed = parse(text);
  if (const auto* error = std::get_if<ParseError>(&parsed)) {
    complain(fmt::format("{}: {}", from, error->message));
    return std::nullopt;
  }
  return std::get<Kernel>(std::move(parsed));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    return complain("KERNEL.ir|SEED FOLDER NAME [FAULT [CLOCK_NS]]");
  }
  std::optional<Kernel> kernel = read_kernel(argv[1]);
  if (!kernel) {
    return 1;
  }
  kernel->name = argv[3];
  if (const auto wrong = verify(*kernel)) {
    return complain(fmt::format("{}: {}", argv[1], *wrong));
  }
  ScheduleOptions schedule_options;
  schedule_options.target = find_target("vup");
  schedule_options.clock_ns = argc > 5 ? std::stod(argv[5]) : 4.0;
  const std::optional<Schedule> times = schedule_raising_ii(*kernel, schedule_options);
  if (!times) {
    return complain(fmt::format("{} can't be scheduled", argv[1]));
  }
  if (const auto wrong = check_schedule(*kernel, *times, schedule_options)) {
    return complain(fmt::format("{}: {}", argv[1], *wrong));
  }
  EmitOptions options;
  options.fault = argc > 4 ? static_cast<PlantedFault>(std::stoi(argv[4])) : PlantedFault::kNone;
  const std::string base = fmt::format("{}/{}", argv[2], kernel->name);
  std::ofstream(base + ".sv") << emit(*kernel, *times, options);
  std::ofstream(base + "_adapter.cpp") << emit_bench_adapter(*kernel);
  std::ofstream(base + ".ir") << print(*kernel);
  return 0;
}
