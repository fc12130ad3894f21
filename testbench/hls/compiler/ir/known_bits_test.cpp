// What is known of values beforehand. That nothing wrong is claimed to be known is the property test of
// narrow_test.cpp.
#include "hls/compiler/ir/known_bits.hpp"

#include <catch2/catch.hpp>

#include "testbench/hls/compiler/support/kernel_text.hpp"

namespace sluice::hlsc {
namespace {

TEST_CASE("masks, shifts and extensions are known", "[hlsc][ir]") {
  const Kernel kernel = kernel_of(R"(kernel k
stream in input 8
stream out output 16
process p
block b
  %x = stream_read 8 in
  %wide = zext 16 %x
  %signed = sext 16 %x
  %high = shl 16 %wide 16:8
  %masked = and 16 %signed 16:0xF0
  %one = or 16 %wide 16:1
  %count = ctpop 8 %x
  %total = add 16 %masked %wide
  stream_write out %total
  return)");
  const std::vector<ValueFacts> facts = known_bits(kernel.processes[0]);
  const auto zeros = [&](const char* name) { return facts[index(op_named(kernel, name))].bits.Zero.getZExtValue(); };
  CHECK(zeros("x") == 0);
  CHECK(zeros("wide") == 0xFF00);
  CHECK(zeros("high") == 0x00FF);
  CHECK(zeros("masked") == 0xFF0F);
  CHECK(zeros("count") == 0xF0);
  CHECK(zeros("total") == 0xFE00);
  CHECK(facts[index(op_named(kernel, "one"))].bits.One == llvm::APInt(16, 1));
  CHECK(facts[index(op_named(kernel, "signed"))].signed_width() == 8);
  CHECK(facts[index(op_named(kernel, "wide"))].unsigned_width() == 8);
}

TEST_CASE("of a phi is known what all that come round keep, and of a counter nothing", "[hlsc][ir]") {
  const Kernel kernel = kernel_of(R"(kernel k
stream in input 8
process p
block entry
  jump loop
block loop pipeline 1
  %kept = phi 16 entry:16:3 loop:%next
  %counter = phi 16 entry:16:0 loop:%more
  %x = stream_read 8 in
  %wide = zext 16 %x
  %next = and 16 %wide 16:0x7
  %more = add 16 %counter 16:1
  %again = ne 1 %x 8:0
  branch %again loop exit
block exit
  return)");
  const std::vector<ValueFacts> facts = known_bits(kernel.processes[0]);
  CHECK(facts[index(op_named(kernel, "kept"))].unsigned_width() == 3);
  CHECK(facts[index(op_named(kernel, "counter"))].bits.isUnknown());
}

}  // namespace
}  // namespace sluice::hlsc
