// Kernels written as text in tests, and words for them.
#pragma once

#include <llvm/ADT/APInt.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/ir/parse.hpp"
#include "hls/compiler/ir/verify.hpp"

namespace sluice::hlsc {

// The kernel that `text` says; malformed text fails the test.
inline Kernel parsed(std::string_view text) {
  std::variant<Kernel, ParseError> result = parse(text);
  if (const auto* error = std::get_if<ParseError>(&result)) {
    FAIL(error->message);
  }
  return std::get<Kernel>(std::move(result));
}

// Also verified.
inline Kernel kernel_of(std::string_view text) {
  Kernel kernel = parsed(text);
  if (const auto fault = verify(kernel)) {
    FAIL(*fault);
  }
  return kernel;
}

inline std::vector<llvm::APInt> words(unsigned width, const std::vector<std::int64_t>& values) {
  std::vector<llvm::APInt> result;
  for (const std::int64_t value : values) {
    result.emplace_back(width, static_cast<std::uint64_t>(value), true);
  }
  return result;
}

inline std::vector<std::int64_t> numbers(const std::vector<llvm::APInt>& list) {
  std::vector<std::int64_t> result;
  for (const llvm::APInt& word : list) {
    result.push_back(word.getSExtValue());
  }
  return result;
}

// The operation of that name in the kernel's first process.
inline OpId op_named(const Kernel& kernel, std::string_view name) {
  const std::vector<Op>& ops = kernel.processes.at(0).ops;
  for (std::size_t op = 0; op < ops.size(); ++op) {
    if (ops[op].name == name) {
      return OpId(static_cast<int>(op));
    }
  }
  FAIL("no operation '" << name << "'");
  return OpId::kNone;
}

}  // namespace sluice::hlsc
