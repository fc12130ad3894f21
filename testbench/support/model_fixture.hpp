// The committed model, quantised once a process, and devices to run it on.
#pragma once

#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <string>

#include "host/device/backends/backends.hpp"
#include "host/engine/engine.hpp"
#include "host/quant/quantised_model.hpp"

namespace sluice::test {

inline constexpr const char* kFableMla = "models/fable-mla";

inline quant::QuantisedModel quantised_fable(device::Format format) {
  const auto make = [](device::Format f) {
    const Result<Model> model = Model::open(kFableMla);
    if (!model.ok()) {
      FAIL(model.error().message());
    }
    Result<quant::QuantisedModel> quantised = quant::quantise_model(model.value(), {f}, {});
    if (!quantised.ok()) {
      FAIL(quantised.error().message());
    }
    return std::move(quantised).value();
  };
  if (format == device::Format::kInt4) {
    static const quant::QuantisedModel int4 = make(device::Format::kInt4);
    return int4;
  }
  static const quant::QuantisedModel int8 = make(device::Format::kMxInt8);
  return int8;
}

// A device with an engine on it, in the right order of destruction.
struct RunningModel {
  std::unique_ptr<device::Device> device;
  std::unique_ptr<engine::Engine> engine;
};

inline RunningModel running_fable(const std::string& device_name, device::Format format,
                                  const device::DeviceOptions& options = {}) {
  RunningModel out;
  Result<std::unique_ptr<device::Device>> device = device::open_device(device_name, options);
  if (!device.ok()) {
    FAIL(device.error().message());
  }
  out.device = std::move(device).value();
  Result<std::unique_ptr<engine::Engine>> engine = engine::Engine::create(*out.device, quantised_fable(format), {});
  if (!engine.ok()) {
    FAIL(engine.error().message());
  }
  out.engine = std::move(engine).value();
  return out;
}

// The value of a result that a test needs.
template <typename T>
T must(Result<T> result) {
  if (!result.ok()) {
    FAIL(result.error().message());
  }
  return std::move(result).value();
}
inline void must(const Status& status) {
  if (!status.ok()) {
    FAIL(status.error().message());
  }
}

}  // namespace sluice::test
