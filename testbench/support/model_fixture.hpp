// The committed models, quantised once a process, and devices to run it on.
#pragma once

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <memory>
#include <string>

#include "host/device/backends/backends.hpp"
#include "host/engine/engine.hpp"
#include "host/quant/quantised_model.hpp"

namespace sluice::test {

inline constexpr const char* kFableMla = "models/fable-mla";
inline constexpr const char* kFableGqa = "models/fable-gqa";

inline quant::QuantisedModel quantised_fable(device::Format format, const std::string& directory = kFableMla) {
  static std::map<std::pair<std::string, device::Format>, quant::QuantisedModel> made;
  const std::pair key(directory, format);
  if (!made.contains(key)) {
    const Result<Model> model = Model::open(directory);
    if (!model.ok()) {
      FAIL(model.error().message());
    }
    Result<quant::QuantisedModel> quantised = quant::quantise_model(model.value(), format, {});
    if (!quantised.ok()) {
      FAIL(quantised.error().message());
    }
    made.emplace(key, std::move(quantised).value());
  }
  return made.at(key);
}

// A device with an engine on it, in the right order of destruction.
struct RunningModel {
  std::unique_ptr<device::Device> device;
  std::unique_ptr<engine::Engine> engine;
};

inline RunningModel running_fable(const std::string& device_name, device::Format format,
                                  const device::DeviceOptions& options = {}, const std::string& directory = kFableMla) {
  RunningModel out;
  Result<std::unique_ptr<device::Device>> device = device::open_device(device_name, options);
  if (!device.ok()) {
    FAIL(device.error().message());
  }
  out.device = std::move(device).value();
  Result<std::unique_ptr<engine::Engine>> engine =
      engine::Engine::create(*out.device, quantised_fable(format, directory), {});
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
