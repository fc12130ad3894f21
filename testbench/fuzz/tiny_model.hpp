// The smallest models that have a part of every kind, for the target model_file and its seeds.
// Ownership, threading: constants and plain functions. Errors: none.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/model/config.hpp"

namespace sluice::fuzz {

struct TinyModel {
  std::string name;         // "mla", "gqa"
  std::string config_text;  // config.json
  ModelConfig config;
};

// One an architecture.
std::span<const TinyModel> tiny_models();

// A model file of this JSON header whose data ends where the header's last tensor does (after at most 64 KiB): zeros,
// which are good weights, and `tail` as its last bytes.
std::vector<std::byte> model_file_of(std::string_view header, std::string_view tail);

}  // namespace sluice::fuzz
