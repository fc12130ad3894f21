#include "hls/compiler/mutate/mutate.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

namespace sluice::hlsc {
namespace {

// The standard's shuffle differs between libraries.
template <typename T>
void shuffle(std::vector<T>& list, std::mt19937_64& random) {
  for (std::size_t i = list.size(); i > 1; --i) {
    const std::size_t other = random() % i;
    if (other != i - 1) {  // APInt can't be moved to itself
      std::swap(list[i - 1], list[other]);
    }
  }
}

}  // namespace

std::vector<Mutant> choose_mutants(const Kernel& kernel, std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::vector<Mutant>> places = all_mutants(kernel);
  shuffle(places, random);
  for (std::vector<Mutant>& place : places) {
    shuffle(place, random);
  }
  std::vector<Mutant> chosen;
  std::map<std::string_view, int> uses;
  while (chosen.size() < count && !places.empty()) {
    for (std::vector<Mutant>& place : places) {
      if (chosen.size() == count) {
        break;
      }
      const auto rarest =
          std::ranges::min_element(place, {}, [&](const Mutant& mutant) { return uses[mutant.rule]; });
      ++uses[rarest->rule];
      chosen.push_back(std::move(*rarest));
      place.erase(rarest);
    }
    std::erase_if(places, [](const auto& place) { return place.empty(); });
  }
  return chosen;
}

std::string mutants_json(const Kernel& kernel, const std::vector<Mutant>& mutants) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (std::size_t i = 0; i < mutants.size(); ++i) {
    const Mutant& mutant = mutants[i];
    const auto file = static_cast<std::size_t>(mutant.location.file);
    const bool known = mutant.location.line > 0 && file < kernel.files.size();
    list.push_back({{"number", i + 1},
                    {"rule", mutant.rule},
                    {"text", mutant.text},
                    {"process", kernel.processes[static_cast<std::size_t>(mutant.process)].name},
                    {"file", known ? Json(kernel.files[file]) : Json()},
                    {"line", known ? Json(mutant.location.line) : Json()}});
  }
  return Json({{"kernel", kernel.name}, {"mutants", std::move(list)}}).dump(1) + "\n";
}

}  // namespace sluice::hlsc
