#include "hls/compiler/mutate/mutate.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
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

// Round by round one of each place, of the rule that was taken least so far and not yet here, until every rule was
// taken at every place.
void take_each_rule(std::vector<std::vector<Mutant>>& places, std::size_t count, std::vector<Mutant>& chosen) {
  std::map<std::string_view, int> uses;
  std::vector<std::set<std::string_view>> here(places.size());
  bool more = true;
  while (more && chosen.size() < count) {
    more = false;
    for (std::size_t p = 0; p < places.size() && chosen.size() < count; ++p) {
      const auto price = [&](const Mutant& mutant) {
        return std::pair(here[p].contains(mutant.rule), uses[mutant.rule]);
      };
      const auto best = std::ranges::min_element(places[p], {}, price);
      if (best == places[p].end() || here[p].contains(best->rule)) {
        continue;
      }
      more = true;
      ++uses[best->rule];
      here[p].insert(best->rule);
      chosen.push_back(std::move(*best));
      places[p].erase(best);
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
  std::vector<Mutant> others;
  take_each_rule(places, count, chosen);
  for (std::vector<Mutant>& place : places) {
    std::ranges::move(place, std::back_inserter(others));
  }
  shuffle(others, random);
  for (std::size_t i = 0; i < others.size() && chosen.size() < count; ++i) {
    chosen.push_back(std::move(others[i]));
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
