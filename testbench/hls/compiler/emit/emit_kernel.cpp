// emit_kernel KERNEL.ir FOLDER NAME [FAULT]: a kernel in text form to NAME.sv and NAME_adapter.cpp in FOLDER, as the
// driver would make them; FAULT is the number of a PlantedFault.
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>
#include <variant>

#include "hls/compiler/emit/emit.hpp"
#include "hls/compiler/ir/parse.hpp"
#include "hls/compiler/ir/verify.hpp"
#include "hls/compiler/schedule/schedule.hpp"

using namespace sluice::hlsc;

namespace {

int complain(const std::string& message) {
  fmt::print(stderr, "emit_kernel: {}\n", message);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    return complain("KERNEL.ir FOLDER NAME [FAULT]");
  }
  std::ifstream file(argv[1]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::variant<Kernel, ParseError> parsed = parse(text);
  if (const auto* error = std::get_if<ParseError>(&parsed)) {
    return complain(fmt::format("{}: {}", argv[1], error->message));
  }
  Kernel& kernel = std::get<Kernel>(parsed);
  kernel.name = argv[3];
  if (const auto wrong = verify(kernel)) {
    return complain(fmt::format("{}: {}", argv[1], *wrong));
  }
  ScheduleOptions schedule_options;
  schedule_options.target = find_target("vup");
  Diagnostics diagnostics;
  const std::optional<Schedule> times = schedule(kernel, schedule_options, diagnostics);
  if (!times) {
    return complain(fmt::format("{}: {}", argv[1], diagnostics.all().front().message));
  }
  if (const auto wrong = check_schedule(kernel, *times, schedule_options)) {
    return complain(fmt::format("{}: {}", argv[1], *wrong));
  }
  EmitOptions options;
  options.fault = argc > 4 ? static_cast<PlantedFault>(std::stoi(argv[4])) : PlantedFault::kNone;
  const std::string base = fmt::format("{}/{}", argv[2], kernel.name);
  std::ofstream(base + ".sv") << emit(kernel, *times, options);
  std::ofstream(base + "_adapter.cpp") << emit_bench_adapter(kernel);
  return 0;
}
