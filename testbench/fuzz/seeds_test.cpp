// The named seeds of the corpora are good inputs: a change of the command set or of a file format that makes them bad
// would leave the fuzzer at the door. `fuzz_make_seeds testbench/fuzz/corpus` renews commands and models.
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "hls/unit/unit.hpp"
#include "host/model/architectures/architecture.hpp"
#include "host/model/safetensors.hpp"
#include "host/model/tokenizer.hpp"
#include "host/quant/model_file.hpp"
#include "host/quant/model_file_fields.hpp"
#include "testbench/fuzz/target.hpp"
#include "testbench/fuzz/tiny_model.hpp"

using namespace sluice;
using namespace sluice::fuzz;
namespace fs = std::filesystem;

namespace {

const fs::path kCorpus = "testbench/fuzz/corpus";

std::string read_input(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("seeds of the commands pass the checker, and every opcode of a queue has one", "[fuzz]") {
  std::set<std::uint16_t> opcodes;
  for (const fs::directory_entry& entry : fs::directory_iterator(kCorpus / "command_check")) {
    if (!entry.path().filename().string().starts_with("opcode-")) {
      continue;
    }
    INFO(entry.path());
    const std::string input = read_input(entry.path());
    device::Command command;
    REQUIRE(input.size() == sizeof(command));
    std::memcpy(static_cast<void*>(&command), input.data(), sizeof(command));
    constexpr std::uint64_t kLines = std::uint64_t{16} << 23;
    CHECK((hls::check_command(command, device::Queue::kLoad, kLines).fault == device::Fault::kNone ||
           hls::check_command(command, device::Queue::kCompute, kLines).fault == device::Fault::kNone));
    opcodes.insert(command.header.opcode);
  }
  CHECK(opcodes == std::set<std::uint16_t>{0, 1, 2, 3, 4, 16, 17, 18, 19, 32, 33, 34, 35, 36, 37, 38, 39});
}

TEST_CASE("seeds of the quantised models can be loaded", "[fuzz]") {
  for (const TinyModel& model : tiny_models()) {
    for (const char* format : {"int8", "int4", "mxfp4"}) {
      INFO(model.name << " " << format);
      const std::string input = read_input(kCorpus / "model_file" / (model.name + "-" + format));
      const Halves halves = split_at_nul(input);
      const quant::SharedBytes file(model_file_of(halves.first, halves.second));
      const auto loaded = quant::parse_model_file(file, model.config, quant::fnv1a(model.config_text));
      CHECK((loaded.ok() ? "" : loaded.error().message()) == std::string());
    }
  }
}

TEST_CASE("seeds of the configs are read, and every architecture has one", "[fuzz]") {
  std::set<std::string> names;
  for (const char* seed : {"fable-mla", "fable-mla-generation", "fable-gqa", "fable-gqa-generation", "tiny",
                           "rope-default", "rope-factor", "model-type", "supported", "groups"}) {
    INFO(seed);
    const std::string input = read_input(kCorpus / "config" / seed);
    const Halves texts = split_at_nul(input);
    const Result<ModelConfig> config = parse_config(texts.first, texts.second);
    CHECK((config.ok() ? "" : config.error().message()) == std::string());
    names.insert(config.ok() ? config.value().architecture : "");
  }
  for (const Architecture* architecture : architectures()) {
    CHECK(names.contains(std::string(architecture->model_type)));
  }
}

TEST_CASE("seeds of the tensors and tokenizers are read", "[fuzz]") {
  for (const char* seed : {"fable-mla", "fable-gqa", "dtypes", "empty", "scalar", "zero-extent", "halves"}) {
    INFO(seed);
    const std::string input = read_input(kCorpus / "safetensors" / seed);
    CHECK(parse_safetensors(std::as_bytes(std::span(input))).ok());
  }
  for (const char* seed : {"bpe", "wordlevel", "wordpiece", "unigram", "normalizers", "pretokenizers", "added"}) {
    INFO(seed);
    const std::string input = read_input(kCorpus / "tokenizer" / seed);
    CHECK(Tokenizer::from_json(split_at_nul(input).first).ok());
  }
}
