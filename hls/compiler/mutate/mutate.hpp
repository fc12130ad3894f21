// Chooses small changes of a kernel, with which tests show that they would see a wrong one.
//
// Purpose: all_mutants() lists every change that README's rules allow, a list a place of the kernel; choose_mutants()
//   takes `count` of them: first one of each rule at each place, rules that are rare first, then any; the same ones for
//   the same kernel and seed. Changes of bits that nobody reads or that are always zero (demanded.hpp, known.hpp) are
//   not in the list.
// Ownership: values. Threading: none. Errors: fewer than `count` where the kernel has no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "hls/compiler/ir/ir.hpp"
#include "hls/compiler/mutate/mutant.hpp"

namespace sluice::hlsc {

[[nodiscard]] std::vector<std::vector<Mutant>> all_mutants(const Kernel& kernel);

[[nodiscard]] std::vector<Mutant> choose_mutants(const Kernel& kernel, std::size_t count, std::uint64_t seed);

// {"kernel": ..., "mutants": [{"number", "rule", "text", "process", "file", "line"}]}, for the runner.
[[nodiscard]] std::string mutants_json(const Kernel& kernel, const std::vector<Mutant>& mutants);

}  // namespace sluice::hlsc
