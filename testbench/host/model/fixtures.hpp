// Small model directories made by the tests themselves, whole or damaged on purpose.
//
// Ownership: TemporaryDirectory removes its directory. Threading: each object belongs to one test.
// Errors: none; a file system that refuses ends the test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/model/config.hpp"

namespace sluice::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, std::string_view content);

// The 8 bytes of length, then `header`, then `data`.
std::string safetensors_file(std::string_view header, std::string_view data);

struct NamedShape {
  std::string name;
  std::vector<std::int64_t> shape;
};

// A safetensors file of BF16 zeros.
std::string zero_tensors(std::span<const NamedShape> tensors);

// The span of a file's content that parse_safetensors takes.
std::span<const std::byte> bytes_of(std::string_view content);

// config.json of a DeepSeek-V3 of a few hundred weights, and a tokenizer.json of four words with
// <bos> = 0 and <eos> = 1 that fits it.
extern const char* const kTinyConfig;
extern const char* const kTinyTokenizer;

// `text` with its only occurrence of `from` replaced; ends the test if there is not exactly one.
std::string replaced(std::string_view text, std::string_view from, std::string_view to);

// Every tensor of the tiny model.
std::vector<NamedShape> tiny_tensors();

// Writes the three files of the tiny model.
void write_tiny_model(const std::filesystem::path& directory);

// Error messages are one line of bounded length that says something.
bool is_one_line(const std::string& message);

}  // namespace sluice::testing
