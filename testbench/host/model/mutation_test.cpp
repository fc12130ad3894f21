#include "testbench/host/model/mutation.hpp"

#include <catch2/catch.hpp>

using namespace sluice::testing;

TEST_CASE("2,500 damaged safetensors headers end in one line or in tensors that can be read", "[model]") {
  const MutationCounts counts = mutate_safetensors(1, 2'500);
  CHECK(counts.accepted > 25);
  CHECK(counts.refused > 1'000);
}

TEST_CASE("2,500 damaged configs end in one line or in a model that can be described", "[model]") {
  const MutationCounts counts = mutate_configs(2, 2'500);
  CHECK(counts.accepted > 25);
  CHECK(counts.refused > 1'000);
}

TEST_CASE("1,000 damaged tokenizers end in one line or in tokens", "[model]") {
  const MutationCounts counts = mutate_tokenizers(5, 1'000);
  CHECK(counts.accepted > 25);
  CHECK(counts.refused > 300);
}
