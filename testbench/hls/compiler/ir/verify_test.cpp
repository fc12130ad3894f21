#include "hls/compiler/ir/verify.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "testbench/hls/compiler/support/kernel_text.hpp"

namespace sluice::hlsc {
namespace {

// The fault of a process of that body; "" for none.
std::string fault_of(const std::string& body) {
  return verify(parsed("kernel k\nstream in input 8\nstream out output 8\nscalar n 8 unsigned\noutput o 8 signed\n"
                       "array a 8 16\nprocess p\nuses n\n" +
                       body))
      .value_or("");
}

std::string in_block(const std::string& ops) { return fault_of("block b\n" + ops + "\n  return"); }

bool says(const std::string& fault, const std::string& part) {
  INFO(fault);
  return fault.find(part) != std::string::npos;
}

TEST_CASE("widths and numbers of operands are checked", "[hlsc][ir]") {
  CHECK(in_block("  %a = add 8 8:1 8:2") == "");
  CHECK(says(in_block("  %a = add 8 8:1 9:2"), "widths do not fit"));
  CHECK(says(in_block("  %a = add 8 8:1"), "1 operands, not 2"));
  CHECK(says(in_block("  %a = eq 2 8:1 8:1"), "widths do not fit"));
  CHECK(says(in_block("  %a = zext 8 8:1"), "widths do not fit"));
  CHECK(says(in_block("  %a = trunc 8 8:1"), "widths do not fit"));
  CHECK(says(in_block("  %a = extract 4 5 8:1"), "widths do not fit"));
  CHECK(in_block("  %a = extract 4 4 8:1") == "");
  CHECK(says(in_block("  %a = concat 17 8:1 8:2"), "widths do not fit"));
  CHECK(says(in_block("  %a = select 8 2:1 8:2 8:3"), "widths do not fit"));
  CHECK(says(in_block("  %a = udiv 8 8:2 8:0"), "divisor"));
  CHECK(says(in_block("  %a = shl 8 8:2 3:1"), "widths do not fit"));
  CHECK(says(in_block("  %a = ctlz 4 8:2"), "widths do not fit"));
  CHECK(says(in_block("  %w = stream_read 9 in"), "does not fit stream"));
  CHECK(says(in_block("  stream_write in 8:1"), "wrong end"));
  CHECK(says(in_block("  %w = stream_read 8 out"), "wrong end"));
  CHECK(says(in_block("  %w = try_read 8 in"), "does not fit stream"));
  CHECK(says(in_block("  scalar_write o 9:1"), "output"));
  CHECK(says(in_block("  %a = add 8 8:1 8:2 if 1:1"), "may not have a predicate"));
  CHECK(says(in_block("  stream_write out 8:1 if 2:1"), "predicate is not 1 bit"));
}

TEST_CASE("memories are checked", "[hlsc][ir]") {
  const auto with = [](const std::string& memory, const std::string& op) {
    return fault_of("memory " + memory + "\nblock b\n  " + op + "\n  return");
  };
  CHECK(with("m 8 16 bram", "store m 4:1 8:1") == "");
  CHECK(says(with("m 8 16 bram", "store m 4:1 9:1"), "not that of memory"));
  CHECK(says(with("m 8 16 bram", "%a = load 9 m 4:1"), "not that of memory"));
  CHECK(says(with("m 8 2 rom", "%a = load 8 m 4:1"), "without contents"));
  CHECK(says(with("m 8 2 rom initial 1 2", "store m 4:1 8:1"), "writes the ROM"));
  CHECK(says(with("m 8 2 bram initial 1", "store m 4:1 8:1"), "another size"));
  CHECK(says(with("m 8 2 bram ports 1 0 0", "store m 4:1 8:1"), "no port"));
  CHECK(with("m 8 2 registers ports 0 0 0", "store m 4:1 8:1") == "");
  CHECK(says(with("m 8 15 bram external a", "return"), "does not fit its array"));
  CHECK(with("m 8 16 bram external a", "return") == "");
}

TEST_CASE("values are defined before they are used", "[hlsc][ir]") {
  CHECK(says(in_block("  %a = add 8 %b %b\n  %b = add 8 8:1 8:1"), "not defined there"));
  const std::string diamond =
      "block entry\n  branch 1:1 left right\n"
      "block left\n  %l = add 8 8:1 8:1\n  jump join\n"
      "block right\n  %r = add 8 8:1 8:1\n  jump join\n";
  CHECK(fault_of(diamond + "block join\n  %p = phi 8 left:%l right:%r\n  return") == "");
  CHECK(says(fault_of(diamond + "block join\n  %p = phi 8 left:%l right:%l\n  return"), "not defined at the end"));
  CHECK(says(fault_of(diamond + "block join\n  %p = phi 8 left:%l\n  return"), "incoming blocks"));
  CHECK(says(fault_of(diamond + "block join\n  %p = phi 8 left:%l entry:8:1\n  return"), "incoming blocks"));
  CHECK(says(fault_of(diamond + "block join\n  %a = add 8 %l %l\n  return"), "not defined there"));
  CHECK(says(fault_of(diamond + "block join\n  %a = add 8 8:1 8:1\n  %p = phi 8 left:%l right:%r\n  return"),
             "phi after"));
}

TEST_CASE("the graph of blocks is checked", "[hlsc][ir]") {
  CHECK(says(fault_of("block a\n  jump a"), "predecessor"));
  CHECK(says(fault_of("block a\n  return\nblock b\n  return"), "cannot be reached"));
  CHECK(says(fault_of("block a\n  branch 1:1 b b\nblock b\n  return"), "targets"));
  CHECK(says(fault_of("block a\n  branch 2:1 b c\nblock b\n  return\nblock c\n  return"), "condition"));
  CHECK(says(fault_of("block a\n  jump b\nblock b\n  return\nblock b\n  return"), "used twice"));
  CHECK(says(fault_of("block a\n  jump b\nblock b pipeline 1\n  return"), "branches to itself"));
  CHECK(says(fault_of("block a\n  jump b\nblock b pipeline 0\n  branch 1:1 b c\nblock c\n  return"), "II of 1"));
}

TEST_CASE("dependences are between accesses of one memory, forward", "[hlsc][ir]") {
  const auto with = [](const std::string& dependence) {
    return fault_of(
        "memory m 8 16 bram\nmemory k 8 16 bram\nblock a\n  jump b\n"
        "block b pipeline 1\n  %l = load 8 m 4:1\n  %s = store m 4:1 8:1\n  %t = store k 4:1 8:1\n"
        "  branch 1:1 b c\n  depend " +
        dependence + "\nblock c\n  return");
  };
  CHECK(with("war %l %s 0") == "");
  CHECK(with("raw %s %l 1") == "");
  CHECK(says(with("raw %s %l 0"), "backward"));
  CHECK(says(with("raw %l %s 0"), "not of its kind"));
  CHECK(says(with("war %l %t 0"), "two memories"));
  CHECK(says(with("war %l 8:1 0"), "this block"));
  CHECK(says(with("waw %s %s -1"), "backward"));
}

TEST_CASE("what only one process may use is checked", "[hlsc][ir]") {
  const auto two = [](const std::string& first, const std::string& second) {
    return verify(parsed("kernel k\nstream in input 8\nstream link internal 8 depth 2\noutput o 8 signed\n"
                         "process p\nblock b\n  " +
                         first + "\n  return\nprocess q\nblock b\n  " + second + "\n  return"))
        .value_or("");
  };
  CHECK(two("stream_write link 8:1", "%x = stream_read 8 link") == "");
  CHECK(says(two("%x = stream_read 8 in", "%x = stream_read 8 in"), "one process reads it"));
  CHECK(says(two("stream_write link 8:1", "stream_write link 8:1"), "one process reads it"));
  CHECK(says(two("stream_write link 8:1\n  %x = stream_read 8 link", "%y = add 8 8:1 8:1"), "one process reads it"));
  CHECK(says(two("scalar_write o 8:1", "scalar_write o 8:1"), "two processes"));
}

}  // namespace
}  // namespace sluice::hlsc
