// Which mutants of a kernel there are, which are chosen, and that each is a kernel still. That they are built in as
// they say is shown by the benches that catch them (../mutation).
#include "hls/compiler/mutate/mutate.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "hls/compiler/emit/emit.hpp"
#include "hls/compiler/ir/demanded.hpp"
#include "hls/compiler/ir/verify.hpp"
#include "testbench/hls/compiler/schedule/loops.hpp"
#include "testbench/hls/compiler/support/random_kernel.hpp"

namespace sluice::hlsc {
namespace {

std::set<std::string> texts_of(const Kernel& kernel) {
  std::set<std::string> result;
  for (const std::vector<Mutant>& place : all_mutants(kernel)) {
    for (const Mutant& mutant : place) {
      result.insert(mutant.text);
    }
  }
  return result;
}

std::vector<std::string> chosen(const Kernel& kernel, std::size_t count, std::uint64_t seed) {
  std::vector<std::string> result;
  for (const Mutant& mutant : choose_mutants(kernel, count, seed)) {
    result.push_back(mutant.text);
  }
  return result;
}

Kernel small_kernel() {
  return kernel_of(R"(kernel k
file "k.cpp"
stream in input 8
stream out output 16
process p @0:1:1
memory table 8 4 rom ports 1 0 0 initial 0x1 0x2 0x3 0x4
block entry
  %x = stream_read 8 in @0:3:1
  %w = zext 16 %x
  %low = trunc 2 %x
  %t = load 8 table %low @0:4:1
  %u = sext 16 %t
  %sum = sub 16 %w %u @0:5:1
  %high = and 16 %sum 16:0xFF00
  %less = slt 1 %w %u @0:6:1
  %dead = mul 8 %x %x
  stream_write out %high if %less @0:7:1
  return)");
}

}  // namespace

TEST_CASE("each rule makes its changes", "[hlsc][mutate]") {
  const std::set<std::string> texts = texts_of(small_kernel());
  for (const char* text :
       {"'sum' (line 5): sub becomes add", "'sum' (line 5): operands exchanged", "'high': and becomes or",
        "'less' (line 6): slt becomes sle", "'u': sext becomes zext", "'low': bits one higher",
        "load of 'table' (line 4): happens never", "load of 'table' (line 4): operand 0 one more",
        "'high': operand 1 bit 8 flipped", "stream_write (line 7): happens always",
        "stream_write (line 7): happens negated", "table[2] bit 6 flipped"}) {
    INFO(text);
    CHECK(texts.contains(text));
  }
}

TEST_CASE("what can't be seen is no mutant", "[hlsc][mutate]") {
  const std::set<std::string> texts = texts_of(small_kernel());
  CHECK(texts.contains("'w': zext becomes sext"));  // %x may be negative
  for (const std::string& text : texts) {
    INFO(text);
    CHECK(text.find("'dead'") == std::string::npos);
  }
  CHECK_FALSE(texts.contains("'high': operand 0 bit 3 flipped"));  // masked
  CHECK_FALSE(texts.contains("load of 'table' (line 4): operand 0 bit 2 flipped"));
}

TEST_CASE("a shift whose copies of the sign are cut off is like one that gives zeros", "[hlsc][mutate]") {
  const std::string text = R"(kernel k
file "k.cpp"
stream in input 8
stream out output 8
process p @0:1:1
block entry
  %x = stream_read 8 in @0:3:1
  %shifted = ashr 8 %x 8:2 @0:4:1
  %cut = trunc WIDTH %shifted
  %wide = zext 8 %cut
  stream_write out %wide @0:7:1
  return)";
  const auto with_width = [&](const char* width) {
    std::string result = text;
    return texts_of(kernel_of(result.replace(result.find("WIDTH"), 5, width)));
  };
  CHECK_FALSE(with_width("6").contains("'shifted' (line 4): ashr becomes lshr"));
  CHECK(with_width("7").contains("'shifted' (line 4): ashr becomes lshr"));
  CHECK_FALSE(with_width("5").contains("'shifted' (line 4): operand 0 bit 7 flipped"));
  CHECK(with_width("6").contains("'shifted' (line 4): operand 0 bit 7 flipped"));
  CHECK(with_width("7").contains("'shifted' (line 4): operand 0 bit 7 flipped"));
  CHECK_FALSE(with_width("7").contains("'shifted' (line 4): operand 0 bit 1 flipped"));
}

TEST_CASE("signed and unsigned are the same of a counter with a bound", "[hlsc][mutate]") {
  const std::string text = R"(kernel k
file "k.cpp"
stream out output 8
process p @0:1:1
block entry
  jump loop
block loop pipeline 1
  %i = phi 8 entry:START loop:%next
  %next = add 8 %i 8:STEP
  %more = ult 1 %i 8:100
  stream_write out %i
  branch %more loop last
block last
  return)";
  const auto is_a_mutant = [&](const char* start, const char* step) {
    std::string result = text;
    result.replace(result.find("START"), 5, start);
    result.replace(result.find("STEP"), 4, step);
    return texts_of(kernel_of(result)).contains("'more': ult becomes slt");
  };
  CHECK_FALSE(is_a_mutant("8:0", "1"));
  CHECK_FALSE(is_a_mutant("8:5", "27"));
  CHECK(is_a_mutant("8:0", "28"));  // 99 + 28 is positive, 100 + 28 is not: the bound is taken coarsely
  CHECK(is_a_mutant("8:200", "1"));
  CHECK(is_a_mutant("8:0", "255"));
}

TEST_CASE("the same seed chooses the same mutants, another one others", "[hlsc][mutate]") {
  const Kernel kernel = small_kernel();
  CHECK(chosen(kernel, 20, 1) == chosen(kernel, 20, 1));
  CHECK(chosen(kernel, 20, 1) != chosen(kernel, 20, 2));
  CHECK(chosen(kernel, 100'000, 1).size() == [&] {
    std::size_t all = 0;
    for (const auto& place : all_mutants(kernel)) {
      all += place.size();
    }
    return all;
  }());
}

TEST_CASE("each rule at each place comes before a second one of the same rule there", "[hlsc][mutate]") {
  const Kernel kernel = small_kernel();
  std::set<std::pair<int, std::string_view>> pairs;
  for (const auto& place : all_mutants(kernel)) {
    for (const Mutant& mutant : place) {
      pairs.emplace(static_cast<int>(mutant.op), mutant.rule);
    }
  }
  std::set<std::pair<int, std::string_view>> taken;
  for (const Mutant& mutant : choose_mutants(kernel, pairs.size(), 3)) {
    taken.emplace(static_cast<int>(mutant.op), mutant.rule);
  }
  CHECK(taken == pairs);
}

TEST_CASE("a kernel with a mutant's operation in place is a kernel", "[hlsc][mutate]") {
  std::map<std::string_view, int> rules;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Kernel kernel = random_kernel(seed);
    for (const Mutant& mutant : choose_mutants(kernel, 400, seed)) {
      ++rules[mutant.rule];
      if (mutant.place == MutantPlace::kOperation) {
        Kernel changed = kernel;
        changed.processes[static_cast<std::size_t>(mutant.process)].ops[index(mutant.op)] = mutant.replacement;
        INFO(seed << ": " << mutant.text);
        CHECK(verify(changed).value_or("") == "");
      }
    }
  }
  for (const char* rule : {"arithmetic", "logic", "shift", "comparison", "extension", "exchange", "bits", "predicate",
                           "branch", "phi", "address", "constant", "operand", "contents", "count"}) {
    INFO(rule);
    CHECK(rules[rule] > 0);
  }
}

TEST_CASE("demanded bits go backwards from what is visible", "[hlsc][mutate]") {
  const Kernel kernel = small_kernel();
  const std::vector<llvm::APInt> demanded = demanded_bits(kernel.processes[0]);
  CHECK(demanded[index(op_named(kernel, "sum"))] == llvm::APInt(16, 0xFF00));
  CHECK(demanded[index(op_named(kernel, "w"))].isAllOnes());  // borrows go up, and the comparison reads all
  CHECK(demanded[index(op_named(kernel, "dead"))].isZero());
}

TEST_CASE("only RTL with mutants has the port that chooses one", "[hlsc][mutate]") {
  const Kernel kernel = small_kernel();
  const Outcome outcome = schedule_plain(kernel);
  const std::string plain = emit(kernel, *outcome.schedule, {});
  EmitOptions options;
  options.mutants = choose_mutants(kernel, 30, 1);
  const std::string mutated = emit(kernel, *outcome.schedule, options);
  CHECK(plain.find("ap_mutant_i") == std::string::npos);
  CHECK(mutated.find("input  logic [4:0] ap_mutant_i") != std::string::npos);
  for (int number = 1; number <= 30; ++number) {
    INFO(number);
    CHECK(mutated.find("ap_mutant_i == 5'd" + std::to_string(number) + " ") != std::string::npos);
  }
}

}  // namespace sluice::hlsc
