// The text of emitted kernels: names, comments, ports. What it does is emitted_test's.
#include "hls/compiler/emit/emit.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "hls/compiler/emit/text.hpp"
#include "testbench/hls/compiler/schedule/loops.hpp"

namespace sluice::hlsc {
namespace {

std::string emitted(const Kernel& kernel, EmitOptions options = {}) {
  const Outcome outcome = schedule_plain(kernel);
  REQUIRE(outcome.schedule);
  return emit(kernel, *outcome.schedule, options);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a line of C++ stands in a comment before what it became", "[hls][emit]") {
  const Kernel kernel = kernel_of(R"(kernel k
file "folder/k.cpp"
stream in input 8
stream out output 8
process p @0:1:1
block entry
  %x = stream_read 8 in @0:2:3
  %y = add 8 %x 8:1 @0:3:3
  stream_write out %y @0:4:3
  return)");
  const std::string text = emitted(kernel, {.sources = {{"void k() {", "  x = in.read();", "  y = x + 1;  \\"}}});
  CHECK(has(text, "// k.cpp:2: x = in.read();\n"));
  CHECK(has(text, "// k.cpp:3: y = x + 1;\n"));  // a backslash would swallow the next line
  CHECK(has(text, "// k.cpp:4\n"));              // a line that is not in the source
  CHECK(emitted(kernel) == emitted(kernel));
}

TEST_CASE("names of the source stay, keywords and twins are told apart", "[hls][emit]") {
  const std::string text = emitted(kernel_of(R"(kernel module
stream input input 8
stream out output 8
process module
block entry
  %reg = stream_read 8 input
  %ce = add 8 %reg 8:1
  %state_q = add 8 %ce %reg
  stream_write out %state_q
  return)"));
  CHECK(has(text, "module module_v ("));
  CHECK(has(text, "input_v_tdata_i"));
  CHECK(has(text, "wire [7:0] reg_v = "));
  CHECK(has(text, "wire [7:0] ce_2 = "));
  CHECK(has(text, "wire [7:0] state_q_2 = "));
}

TEST_CASE("the ports are those that the header promises", "[hls][emit]") {
  const std::string text = emitted(kernel_of(R"(kernel k
stream in input 8
stream out output 9
scalar n 5 unsigned
output sum 7 signed
output return 3 unsigned
array codes 12 20
process k
uses n
memory codes 12 20 bram ports 1 1 0 external codes
%n = scalar 5 n
block entry
  %x = stream_read 8 in
  %y = load 12 codes %n
  store codes %n 12:4
  %z = zext 9 %x
  stream_write out %z
  %t = trunc 7 %y
  scalar_write sum %t
  scalar_write return 3:1
  return)"));
  for (const char* port :
       {"input  logic ap_start_i", "output logic ap_done_o", "output logic ap_idle_o", "output logic ap_ready_o",
        "input  logic [7:0] in_tdata_i", "input  logic in_tvalid_i", "output logic in_tready_o",
        "output logic [8:0] out_tdata_o", "output logic out_tvalid_o", "input  logic out_tready_i",
        "input  logic [4:0] n_i", "output logic [6:0] sum_o", "output logic sum_valid_o",
        "output logic [2:0] ap_return_o", "output logic [4:0] codes_address0_o", "output logic codes_ce0_o",
        "input  logic [11:0] codes_q0_i", "output logic codes_we1_o", "output logic [11:0] codes_d1_o"}) {
    INFO(port);
    CHECK(has(text, port));
  }
  CHECK_FALSE(has(text, "codes_we0_o"));
  CHECK_FALSE(has(text, "codes_q1_i"));
}

TEST_CASE("a kernel that runs by itself has no handshake", "[hls][emit]") {
  const std::string text = emitted(kernel_of(R"(kernel k none
stream in input 8
stream out output 8
process k
block entry
  %x = stream_read 8 in
  stream_write out %x
  return)"));
  CHECK_FALSE(has(text, "ap_start"));
  CHECK(has(text, ".start_i(1'b1)"));
}

TEST_CASE("what is not read is named as unused, bit by bit", "[hls][emit]") {
  Signals signals;
  const std::string wide = signals.declare("wide", 16);
  (void)signals.declare("dead", 3);
  CHECK(signals.read(wide, 4, 8) == "wide[11:4]");
  CHECK(signals.unread() == std::vector<std::string>{"wide[3:0]", "wide[15:12]", "dead"});
  signals.read(wide);
  CHECK(signals.unread() == std::vector<std::string>{"dead"});
}

TEST_CASE("a queue keeps the bits that its reader looks at", "[hls][emit]") {
  const std::string text = emitted(kernel_of(R"(kernel k
stream in input 32
stream out output 12
process p
block entry
  %x = stream_read 32 in
  %low = trunc 4 %x
  %high = extract 8 16 %x
  %both = concat 12 %high %low
  stream_write out %both
  return)"));
  CHECK(has(text, "stream_queue #(.Width(12)) u_in_queue"));
  CHECK(has(text, ".in_data_i({in_tdata_i[23:16], in_tdata_i[3:0]})"));
  CHECK(has(text, ".out_data_o({in_dout[23:16], in_dout[3:0]})"));
  CHECK(has(text, "assign in_dout[15:4] = '0;"));
}

TEST_CASE("literals and widths", "[hls][emit]") {
  CHECK(literal(llvm::APInt(12, 0xABC)) == "12'habc");
  CHECK(literal(4, 9) == "4'd9");
  CHECK(range(1).empty());
  CHECK(bits_for(1) == 1);
  CHECK(bits_for(2) == 1);
  CHECK(bits_for(3) == 2);
  CHECK(bits_for(256) == 8);
  CHECK(bits_for(257) == 9);
}

}  // namespace sluice::hlsc
