// The options that say how the next token is chosen, the same for every command that makes text.
//
// Purpose: --temperature, --top-k, --top-p, --min-p, --repetition-penalty and --seed with their help. The numbers'
//   ranges are engine::SamplingParameters::make's, which the command calls before it opens anything.
// Ownership: `options` must outlive the parsing; its values on entry are the defaults that the help shows.
// Threading: one thread. Errors: what is no number ends the parsing, as with every option.
#pragma once

#include <CLI/CLI.hpp>

#include "host/engine/sampler.hpp"

namespace sluice::cli {

void add_sampling_options(CLI::App& command, engine::SamplingOptions& options);

}  // namespace sluice::cli
