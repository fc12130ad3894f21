#include "host/device/backends/backends.hpp"

#include <catch2/catch.hpp>

namespace sluice::device {

TEST_CASE("every backend that is listed as available opens under its name", "[backends]") {
  for (const Backend& backend : backends()) {
    CAPTURE(backend.name);
    const auto device = open_device(backend.name);
    CHECK(device.ok() == backend.available);
    CHECK(backend.why_not.empty() == backend.available);
    if (device.ok()) {
      CHECK(device.value()->info().name == backend.name);
      CHECK(device.value()->info().command_set_hash == command_set_hash());
    } else {
      CHECK(device.error().code() == ErrorCode::kUnsupported);
    }
  }
}

TEST_CASE("the software backend is there in every build", "[backends]") {
  const auto device = open_device("software", {.memory_bytes = 1 << 20});
  REQUIRE(device.ok());
  CHECK(device.value()->info().memory_bytes == 1 << 20);
}

TEST_CASE("an unknown device's error lists those there are", "[backends]") {
  const auto device = open_device("abacus");
  REQUIRE_FALSE(device.ok());
  CHECK(device.error().code() == ErrorCode::kNotFound);
  CHECK(device.error().message() == "no device is named 'abacus'; there are: simulation, software");
}

}  // namespace sluice::device
