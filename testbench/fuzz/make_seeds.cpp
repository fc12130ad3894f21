// Writes seeds for the corpora that programs must make: commands from the conformance tests' generator, and a quantised
// model. `fuzz_make_seeds testbench/fuzz/corpus` renews them; the seeds that are texts were written by hand.
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>

#include "host/engine/commands.hpp"
#include "host/model/architectures/architecture.hpp"
#include "host/quant/model_file.hpp"
#include "testbench/conformance/random_commands.hpp"
#include "testbench/fuzz/tiny_model.hpp"
#include "testbench/host/model/fixtures.hpp"

namespace sluice::fuzz {
namespace {

namespace fs = std::filesystem;
using device::Command;

void write_seed(const fs::path& folder, const std::string& name, const std::string& content) {
  fs::create_directories(folder);
  testing::write_file(folder / name, content);
}

std::string bytes_of(const Command& command) { return {reinterpret_cast<const char*>(&command), sizeof(command)}; }

// Up to four commands of every opcode: alone for the checker; with bytes to fill memory for the device, but expert
// commands, which come behind the publication of their expert, whose number is 0 where memory is.
class CommandSeeds {
 public:
  CommandSeeds(fs::path folder, std::string publication)
      : folder_(std::move(folder)), publication_(std::move(publication)) {}

  void write(const Command& command) {
    const std::uint16_t opcode = command.header.opcode;
    const int number = written_[opcode]++;
    if (number >= 4) {
      return;
    }
    const std::string name = "opcode-" + std::to_string(opcode) + "-" + std::to_string(number);
    const bool experts = opcode == static_cast<std::uint16_t>(device::Opcode::kExperts);
    write_seed(folder_ / "command_check", name, bytes_of(command));
    write_seed(folder_ / "command_run", name,
               experts ? publication_ + bytes_of(command) : bytes_of(command) + pattern());
  }

 private:
  std::string pattern() {
    std::string bytes(4 + random_() % 60, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random_());
    }
    return bytes;
  }

  fs::path folder_;
  std::string publication_;
  std::map<std::uint16_t, int> written_;
  std::mt19937 random_{2};
};

void write_commands(const fs::path& folder) {
  // Everything lies in the first quarter of a megabyte, which is what the target command_run has.
  constexpr std::uint64_t kCardBytes = 262'144;
  constexpr std::uint32_t kHost = 1 << 8;  // the high word of the first host segment's address
  std::uint64_t next_free = 0;
  test::RandomCommands generator(1, [&](const std::vector<std::byte>& bytes) {
    next_free = next_free + bytes.size() > kCardBytes ? 0 : next_free;
    return std::exchange(next_free, next_free + bytes.size());
  });
  const Command publication = generator.publications().front();
  CommandSeeds seeds(folder, bytes_of(publication));
  seeds.write(Command{});
  seeds.write(publication);
  seeds.write(engine::make_command(device::Opcode::kRetire, device::SlotOperand{}));
  for (const device::Opcode opcode : {device::Opcode::kLoad, device::Opcode::kStore}) {
    seeds.write(engine::make_command(opcode, device::CopyOperand{0, kHost, 4096, 0, 1024}));
  }
  for (const device::Opcode opcode : {device::Opcode::kImport, device::Opcode::kExport}) {
    seeds.write(engine::make_command(opcode, device::MoveOperand{64, kHost, 1, 4090, 6}));
  }
  for (int i = 0; i < 200; ++i) {
    seeds.write(generator.next().command);
  }
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The input of the target model_file that is this model file.
std::string input_of(const std::string& file) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof(length));
  const std::string header = file.substr(sizeof(length), length);
  const std::string data = file.substr(sizeof(length) + length);
  return header.substr(0, header.rfind('}') + 1) + '\0' + data.substr(data.find_first_not_of('\0'));
}

Status write_model(const fs::path& folder, const TinyModel& tiny) {
  const testing::TemporaryDirectory source;
  std::vector<testing::NamedShape> tensors;
  SLUICE_RETURN_IF_ERROR(
      architecture_of(tiny.config).for_each_tensor(tiny.config, [&](const FileTensor& tensor) -> Status {
        tensors.push_back({tensor.name, tensor.shape});
        return {};
      }));
  testing::write_file(source.path() / "config.json", tiny.config_text);
  testing::write_file(source.path() / "tokenizer.json", testing::kTinyTokenizer);
  testing::write_file(source.path() / "model.safetensors", testing::zero_tensors(tensors));
  SLUICE_ASSIGN_OR_RETURN(const Model model, Model::open(source.path()));
  using device::Format;
  for (const auto& [name, format] :
       std::map<std::string, Format>{{"int8", Format::kMxInt8}, {"int4", Format::kInt4}, {"mxfp4", Format::kMxFp4}}) {
    SLUICE_ASSIGN_OR_RETURN(const quant::QuantisedModel quantised, quant::quantise_model(model, {format}, {}));
    const testing::TemporaryDirectory destination;
    SLUICE_RETURN_IF_ERROR(quant::save(quantised, source.path(), destination.path()));
    write_seed(folder / "model_file", tiny.name + "-" + name,
               input_of(read_text(destination.path() / quant::kModelFileName)));
  }
  return {};
}

Status write_models(const fs::path& folder) {
  for (const TinyModel& tiny : tiny_models()) {
    SLUICE_RETURN_IF_ERROR(write_model(folder, tiny));
  }
  return {};
}

}  // namespace
}  // namespace sluice::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_make_seeds FOLDER\n");
    return 2;
  }
  sluice::fuzz::write_commands(argv[1]);
  const sluice::Status written = sluice::fuzz::write_models(argv[1]);
  if (!written.ok()) {
    std::fprintf(stderr, "%s\n", written.error().message().c_str());
  }
  return written.ok() ? 0 : 1;
}
