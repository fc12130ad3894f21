// Damages good safetensors headers, config.json and tokenizer.json texts at random and feeds them to the readers.
//
// Purpose: shows that no damage crashes (the sanitizers watch), that every refusal is one line of text, and that what
// is
//   accepted can be used. Deterministic: a seed gives the same inputs everywhere.
// Threading: plain functions. Errors: checked by Catch2 inside.
#pragma once

#include <cstdint>

namespace sluice::testing {

struct MutationCounts {
  int accepted = 0;
  int refused = 0;
};

MutationCounts mutate_safetensors(std::uint64_t seed, int count);
MutationCounts mutate_configs(std::uint64_t seed, int count);
MutationCounts mutate_tokenizers(std::uint64_t seed, int count);

}  // namespace sluice::testing
