#include "host/cli/sampling_options.hpp"

#include <limits>

#include "host/cli/common.hpp"

namespace sluice::cli {

void add_sampling_options(CLI::App& command, engine::SamplingOptions& options) {
  const auto real = [&command](const char* name, double& value, const char* help, const char* type) {
    command.add_option(name, value, help)->type_name(type)->capture_default_str()->check(real_number());
  };
  real("--temperature", options.temperature, "0: the most likely token each time; at most 100", "X");
  command.add_option("--top-k", options.top_k, "sample from this many of the likeliest tokens; 0: from all")
      ->type_name("N")
      ->capture_default_str()
      ->transform(whole_number(std::numeric_limits<std::uint32_t>::max()));
  real("--top-p", options.top_p, "sample from the likeliest tokens that together have this probability", "P");
  real("--min-p", options.min_p, "sample from tokens at least this share as likely as the likeliest; 0: from all", "P");
  real("--repetition-penalty", options.repetition_penalty,
       "above 1 makes tokens of the prompt and the text so far less likely, below 1 more likely; 0.0625 to 16", "X");
  command.add_option("--seed", options.seed, "of the sampling; the same seed gives the same text on every device")
      ->type_name("N")
      ->capture_default_str()
      ->transform(whole_number(std::numeric_limits<std::uint64_t>::max()));
}

}  // namespace sluice::cli
