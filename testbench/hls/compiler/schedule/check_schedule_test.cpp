// check_schedule() sees each planted fault of the scheduler and each change of a good schedule.
#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "testbench/hls/compiler/schedule/loops.hpp"

namespace sluice::hlsc {
namespace {

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

// What the check says of the schedule that the fault leads to; the loop has a schedule without it, at that II or not.
std::string found_with(PlantedFault fault, const LoopText& text) {
  const Kernel kernel = loop_kernel(text);
  const Outcome outcome = schedule_plain(kernel, fault);
  REQUIRE(outcome.schedule);
  return check_schedule(kernel, *outcome.schedule, plain_options()).value_or("");
}

TEST_CASE("each fault planted into the scheduler is seen by the check", "[hlsc][schedule]") {
  const LoopText last{.phis = "  %last = phi 32 entry:32:0 loop:%x\n",
                      .body = "  %x = stream_read 32 in\n  %m = mul 32 %x %x\n  %a = add 32 %m %last\n"};
  CHECK(says(found_with(PlantedFault::kPhiWindow, last), "'last' is taken when its register already has the next"));
  const LoopText product{.phis = "  %acc = phi 32 entry:32:1 loop:%m\n",
                         .body = "  %x = stream_read 32 in\n  %m = mul 32 %acc %x\n",
                         .ii = 2};
  CHECK(says(found_with(PlantedFault::kBackEdgeDistance, product), "'acc' takes %"));
  const LoopText written{.memories = "memory m 32 16 bram\n",
                         .body =
                             "  %x = stream_read 32 in\n  %ad = trunc 4 %x\n  %s = store m %ad %x\n"
                             "  %l = load 32 m 4:1\n",
                         .dependences = "  depend raw %s %l 0\n"};
  CHECK(says(found_with(PlantedFault::kMemoryReadAfterWrite, written), "load of 'm' overtakes"));
  const LoopText loads{.memories = "memory m 32 16 bram\n",
                       .body = "  %x = stream_read 32 in\n  %a = load 32 m 4:1\n  %b = load 32 m 4:2\n"};
  CHECK(says(found_with(PlantedFault::kPortOverUse, loads), "use one port in one cycle"));
  for (const LoopText& text : {last, written}) {
    CHECK(found_with(PlantedFault::kNone, text) == "");
  }
}

// A good schedule of a loop with a bit of everything, changed.
class Changed {
 public:
  Changed()
      : kernel_(loop_kernel(
            {.memories = "memory m 32 16 bram ports 1 1 1\n",
             .phis = "  %acc = phi 32 entry:32:0 loop:%sum\n",
             .body = "  %x = stream_read 32 in\n  %y = stream_read 32 other\n  %p = slt 1 %x 32:0\n"
                     "  %q = xor 1 %p 1:1\n  %ad = trunc 4 %x\n  %l = load 32 m %ad\n  %k = load 32 m 4:3 if %p\n"
                     "  %j = load 32 m 4:2 if %q\n  %prod = mul 32 %l %y\n  %sum = add 32 %acc %prod\n"
                     "  %s = store m %ad %sum\n  %w = stream_write out %sum\n  %t = scalar_write total %sum\n"
                     "  %t2 = scalar_write total %x if %p\n",
             .dependences = "  depend war %l %s 0\n  depend raw %s %l 4\n"})),
        good_(*schedule_plain(kernel_).schedule) {}

  OpTime& time(Schedule& schedule, const char* name) const {
    return schedule.processes[0].ops[index(op_named(kernel_, name))];
  }

  // What the check says after `change`.
  std::string after(const std::function<void(Schedule&)>& change) const {
    Schedule schedule = good_;
    change(schedule);
    return check_schedule(kernel_, schedule, plain_options()).value_or("");
  }
  std::string moved(const char* name, int cycles) const {
    return after([&](Schedule& schedule) {
      time(schedule, name).cycle += cycles;
      schedule.processes[0].blocks[1].cycles += 2;
    });
  }

 private:
  Kernel kernel_;
  Schedule good_;
};

TEST_CASE("a change of a good schedule is seen", "[hlsc][schedule]") {
  const Changed changed;
  CHECK(changed.after([](Schedule&) {}) == "");
  CHECK(says(changed.moved("x", -1), "outside of the block"));
  CHECK(says(changed.moved("sum", 1), "before it is ready"));
  CHECK(says(changed.moved("sum", -1), "before it is ready"));
  CHECK(says(changed.moved("prod", 1), "before it is ready"));
  CHECK(says(changed.moved("acc", 1), "before it is ready"));
  CHECK(says(changed.moved("acc", -1), "before it is ready"));
  CHECK(says(changed.moved("s", 1), "overtakes"));
  CHECK(changed.moved("y", 1) == "");
  CHECK(says(changed.moved("y", 2), "before it is ready"));
  CHECK(says(changed.moved("more", 1), "when the next iteration has started"));
  CHECK(says(changed.moved("j", 1), "one port in one cycle"));
  CHECK(says(changed.moved("t", 3), "outside"));
  const auto with = [&](const char* name, auto&& change) {
    return changed.after([&](Schedule& schedule) { change(changed.time(schedule, name)); });
  };
  CHECK(says(with("sum", [](OpTime& time) { time.start_ns = 0; }), "does not take"));
  CHECK(says(with("sum", [](OpTime& time) { time.start_ns = 3.5, time.ready_ns = 4.5; }), "after the end"));
  CHECK(says(with("p", [](OpTime& time) { time.latency = 1; }), "does not take"));
  CHECK(says(with("prod", [](OpTime& time) { time.latency = 1; }), "does not take"));
  CHECK(says(with("l", [](OpTime& time) { time.port = 1; }), "no port of its kind"));
  CHECK(says(with("l", [](OpTime& time) { time.port = -1; }), "no port of its kind"));
  CHECK(says(with("l", [](OpTime& time) { time.port = 3; }), "no port of its kind"));
  CHECK(says(with("k", [](OpTime& time) { time.port = time.port == 0 ? 2 : 0; }), "one port in one cycle"));
  CHECK(says(changed.after([](Schedule& schedule) { schedule.processes[0].blocks[1].ii = 2; }), "II is 2"));
  CHECK(says(changed.after([](Schedule& schedule) { --schedule.processes[0].blocks[1].cycles; }), "outside"));
  CHECK(says(changed.after([](Schedule& schedule) { schedule.processes.clear(); }), "another kernel"));
}

TEST_CASE("streams and outputs out of order are seen", "[hlsc][schedule]") {
  const Kernel kernel = loop_kernel({.body = "  %x = stream_read 32 in\n  %y = stream_read 32 in\n"
                                             "  %v = stream_write out %i\n  %w = stream_write out 32:7\n"
                                             "  %t = scalar_write total %i\n  %t2 = scalar_write total 32:9\n",
                                     .ii = 3});
  const Outcome outcome = schedule_plain(kernel);
  REQUIRE(outcome.schedule);
  const auto moved = [&](const char* name, int cycle) {
    Schedule schedule = *outcome.schedule;
    schedule.processes[0].ops[index(op_named(kernel, name))].cycle = cycle;
    schedule.processes[0].blocks[1].cycles = 10;
    return check_schedule(kernel, schedule, plain_options()).value_or("");
  };
  CHECK(moved("x", 0) == "");
  CHECK(says(moved("y", 0), "is not behind"));
  CHECK(moved("w", 2) == "");
  CHECK(says(moved("w", 1), "is not behind"));
  CHECK(says(moved("w", 4), "out of order from one iteration to the next"));
  CHECK(says(moved("t", 1), "out of order"));
  CHECK(says(moved("t2", 3), "out of order"));
}

}  // namespace
}  // namespace sluice::hlsc
