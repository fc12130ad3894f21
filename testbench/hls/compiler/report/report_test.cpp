#include "hls/compiler/report/report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "hls/compiler/report/latency.hpp"
#include "testbench/hls/compiler/schedule/loops.hpp"

namespace sluice::hlsc {
namespace {

// Two rows, each of an inner loop of ten iterations and a word.
constexpr const char* kNested = R"(kernel nest
file "nest.cpp"
stream in input 8 field "level" 0 8 signed
stream mid internal 8 depth 5
stream out output 8
scalar n 4 unsigned
process rows @0:1:1
memory line 8 16 bram ports 1 1 0 @0:2:3
block entry
  jump outer
block outer loop "rows" 1 min_trips 2 max_trips 3 @0:3:3
  %r = phi 4 entry:4:0 next:%r1
  %seed = stream_read 8 in
  jump inner
block inner pipeline 1 loop "inner" 2 min_trips 10 max_trips 10 @0:5:5
  %c = phi 4 outer:4:0 inner:%c1
  %st = store line %c %seed
  %x = load 8 line %c
  %c1 = add 4 %c 4:1
  %more = ult 1 %c1 4:10
  branch %more inner next
  depend raw %st %x 0
block next
  stream_write mid %x
  %r1 = add 4 %r 4:1
  %rmore = ult 1 %r1 4:2
  branch %rmore outer done
block done
  return
process copy
block entry
  %v = stream_read 8 mid
  stream_write out %v
  return)";

struct Reported {
  Kernel kernel;
  Schedule schedule;
};

Reported reported() {
  Kernel kernel = kernel_of(kNested);
  const Outcome outcome = schedule_plain(kernel);
  REQUIRE(outcome.schedule);
  return {std::move(kernel), *outcome.schedule};
}

}  // namespace

TEST_CASE("the JSON report has each loop, memory, stream and operator", "[hls][report]") {
  const Reported it = reported();
  const auto json = nlohmann::json::parse(report_json(it.kernel, it.schedule));
  CHECK(json["kernel"] == "nest");
  CHECK(json["control"] == "ap_ctrl_hs");
  CHECK(json["delays"] == "modelled");
  REQUIRE(json["streams"].size() == 3);
  CHECK(json["streams"][0]["payload"][0]["name"] == "level");
  CHECK(json["streams"][0]["depth"].is_null());
  CHECK(json["streams"][1]["depth"] == 5);
  const auto& process = json["processes"][0];
  const auto& inner = process["blocks"][2];
  CHECK(inner["name"] == "inner");
  CHECK(inner["line"] == 5);
  CHECK(inner["pipelined"] == true);
  CHECK(inner["ii"] == 1);
  CHECK(inner["trips"]["max"] == 10);
  CHECK(process["blocks"][1]["ii"].is_null());
  CHECK(process["memories"][0]["kind"] == "bram");
  CHECK(process["memories"][0]["bits"] == 128);
  CHECK(process["memories"][0]["line"] == 2);
  int additions = 0;
  for (const auto& op : process["operators"]) {
    additions += op["operation"] == "add" ? op["number"].get<int>() : 0;
  }
  CHECK(additions == 2);
}

TEST_CASE("latency goes through nested loops by their trips", "[hls][report]") {
  const Reported it = reported();
  const ProcessSchedule& times = it.schedule.processes[0];
  const auto cycles = [&](std::size_t block) { return static_cast<std::uint64_t>(times.blocks[block].cycles); };
  const std::uint64_t row = cycles(1) + 9 + cycles(2) + cycles(3);
  const Latency latency = latency_of(it.kernel.processes[0], times);
  // The entry takes a cycle; the block that only returns takes none.
  CHECK(latency.min == cycles(0) + 2 * row);
  CHECK(latency.max == cycles(0) + 3 * row);
}

TEST_CASE("latency is unknown where a loop's trips are", "[hls][report]") {
  const Kernel kernel = loop_kernel({.body = "  %x = stream_read 32 in\n"});
  const Outcome outcome = schedule_plain(kernel);
  CHECK_FALSE(latency_of(kernel.processes[0], outcome.schedule->processes[0]).max);
}

TEST_CASE("the text report says II, cycles and where time goes", "[hls][report]") {
  const Reported it = reported();
  const std::string text = report_text(it.kernel, it.schedule);
  CHECK(text.find("inner") != std::string::npos);
  CHECK(text.find("memory line: 16 x 8 bits, bram") != std::string::npos);
  CHECK(text.find("modelled") != std::string::npos);
}

TEST_CASE("the schedule page stands alone and tells each operation's line", "[hls][report]") {
  const Reported it = reported();
  const std::string page = schedule_html(it.kernel, it.schedule);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("http") == std::string::npos);
  CHECK(page.find("load 8 x") != std::string::npos);
  CHECK(page.find("class=\"mem") != std::string::npos);
  const auto count = [&](std::string_view what) {
    std::size_t number = 0;
    for (std::size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + 1)) {
      ++number;
    }
    return number;
  };
  CHECK(count("<table>") == count("</table>"));
  CHECK(count("<tr") == count("</tr>"));
}

}  // namespace sluice::hlsc
