#include <catch2/catch.hpp>

#include "testbench/host/model/mutation.hpp"

using namespace sluice::testing;

TEST_CASE("50,000 damaged safetensors headers end in one line or in tensors that can be read", "[model]") {
  CHECK(mutate_safetensors(3, 50'000).refused > 20'000);
}

TEST_CASE("50,000 damaged configs end in one line or in a model that can be described", "[model]") {
  CHECK(mutate_configs(4, 50'000).refused > 20'000);
}
