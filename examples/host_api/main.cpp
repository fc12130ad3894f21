// The host API in one page: a model directory, a device, an engine, text.
//
//   host_api MODEL_DIR [DEVICE] [PROMPT]
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "host/device/backends/backends.hpp"
#include "host/engine/generator.hpp"
#include "host/model/model.hpp"
#include "host/quant/quantised_model.hpp"

namespace {

sluice::Status run(const std::string& directory, const std::string& device_name, const std::string& prompt) {
  // A checkpoint in Hugging Face layout; its weights become the device's 8-bit blocks in memory.
  SLUICE_ASSIGN_OR_RETURN(const sluice::Model model, sluice::Model::open(directory));
  SLUICE_ASSIGN_OR_RETURN(sluice::quant::QuantisedModel quantised, sluice::quant::quantise_model(model, {}, {}));

  // The device must outlive the engine, which loads the model onto it.
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<sluice::device::Device> device,
                          sluice::device::open_device(device_name));
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<sluice::engine::Engine> engine,
                          sluice::engine::Engine::create(*device, std::move(quantised), {}));

  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::int32_t> tokens, model.tokenizer().encode(prompt, true));
  sluice::engine::GenerateOptions options;
  options.max_tokens = 16;
  sluice::TextStream text = model.tokenizer().stream(true);
  std::printf("%s", prompt.c_str());
  const auto print = [&text](std::int32_t token) -> sluice::Result<bool> {
    SLUICE_ASSIGN_OR_RETURN(const std::string piece, text.push(token));
    std::printf("%s", piece.c_str());
    return true;
  };
  SLUICE_ASSIGN_OR_RETURN(const sluice::engine::Generated generated,
                          sluice::engine::generate(*engine, tokens, options, print));
  std::printf("\n%zu tokens on %s\n", generated.tokens.size(), device->info().name.c_str());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s MODEL_DIR [DEVICE] [PROMPT]\n", argv[0]);
    return 2;
  }
  const sluice::Status status = run(argv[1], argc > 2 ? argv[2] : "software", argc > 3 ? argv[3] : "Once upon a time");
  if (!status.ok()) {
    std::fprintf(stderr, "error: %s\n", status.error().message().c_str());
    return 1;
  }
  return 0;
}
