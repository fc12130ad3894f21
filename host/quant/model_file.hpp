// Quantised models on disk (README.md says what is in the file).
//
// Purpose: `save` writes a directory that `load` maps; quantising a model once is then enough for every later start.
// Ownership: a loaded model shares the mapped file with its matrices. Threading: plain functions.
// Errors: one line that names the file and the tensor: kInvalidInput for a file that is damaged, of another version or
//   not that of the config.json beside it, kNotFound for a missing one, kIo where the system refuses.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "host/base/result.hpp"
#include "host/quant/quantised_model.hpp"

namespace sluice::quant {

inline constexpr const char* kModelFileName = "sluice-model.safetensors";

// Whether `directory` holds a quantised model (rather than a checkpoint).
bool is_quantised(const std::filesystem::path& directory);

// Writes `model` to `destination`, which is made if it is not there, beside copies of the config and tokenizer files of
// `source`, the checkpoint that the model was made from. Files get their names only when all of them are on the disk.
Status save(const QuantisedModel& model, const std::filesystem::path& source, const std::filesystem::path& destination);

// The files that a killed save() to `destination` of process `process` may have left there (atomic_file.hpp).
std::vector<std::filesystem::path> temporary_files(const std::filesystem::path& destination, std::string_view process);

// Removes such files, whatever their process was.
void remove_temporary_files(const std::filesystem::path& destination);

// Opens what save() wrote. Every size is checked against config.json, and every scale against its matrix's largest.
Result<QuantisedModel> load(const std::filesystem::path& directory);

// The same of the model file's bytes alone. `config_hash` is fnv1a() of the text that `config` was read from.
Result<QuantisedModel> parse_model_file(const SharedBytes& file, const ModelConfig& config, std::uint64_t config_hash);

}  // namespace sluice::quant
