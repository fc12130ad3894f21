// A step is all or nothing, whatever it fails of. (That steps give the right bits: testbench/conformance.)
#include "host/engine/engine.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "host/engine/batcher.hpp"
#include "host/engine/recording_device.hpp"
#include "testbench/support/failing_device.hpp"
#include "testbench/support/tiny_model.hpp"

using namespace sluice;
using namespace sluice::test;
using engine::Engine;
using engine::TokenInput;

namespace {

const quant::QuantisedModel& tiny_model() {
  static const quant::QuantisedModel model = random_model(tiny_mla_config(), device::Format::kMxInt8, 4);
  return model;
}

std::vector<TokenInput> tokens_for(std::uint64_t sequence, std::size_t count, std::uint32_t seed) {
  std::vector<TokenInput> out;
  for (const std::int32_t token : random_tokens(tiny_model().config, count, seed)) {
    out.push_back({sequence, token, true});
  }
  return out;
}

std::vector<TokenInput> operator+(std::vector<TokenInput> a, const std::vector<TokenInput>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("the tiny models' tokens differ in their experts, and their logits in what came before", "[engine]") {
  for (const ModelConfig& config : {tiny_mla_config(), tiny_gqa_config()}) {
    const std::unique_ptr<device::Device> software = must(device::open_device("software"));
    const std::unique_ptr<engine::RecordingDevice> device = must(engine::RecordingDevice::create(*software));
    const std::unique_ptr<Engine> engine =
        must(Engine::create(*device, random_model(config, device::Format::kMxInt8, 4), {}));
    const std::uint64_t sequence = must(engine->open_sequence());
    std::set<std::int32_t> best;
    for (const engine::Logits& logits : must(engine->step(tokens_for(sequence, 64, 1)))) {
      best.insert(engine::sample(logits, {}, {}, 0, 0));
    }
    CHECK(best.size() > 16);
    const std::vector<std::vector<std::uint32_t>> routes = device->take_routes();
    CHECK(std::set(routes.begin(), routes.end()).size() > 8);
    const std::uint64_t a = must(engine->open_sequence());
    const std::uint64_t b = must(engine->open_sequence());
    const std::vector<TokenInput> after_others = {{a, 7, false}, {a, 5, true}, {b, 9, false}, {b, 5, true}};
    const std::vector<engine::Logits> of_fives = must(engine->step(after_others));
    CHECK_FALSE(same(of_fives[0], of_fives[1]));
  }
}

TEST_CASE("a step without enough pages for its last sequence changes nothing", "[engine]") {
  const RunningModel running = running_model(tiny_model(), "software", {.max_sequences = 3, .kv_pages = 4});
  const RunningModel alone = running_model(tiny_model(), "software", {.max_sequences = 1});
  Engine& engine = *running.engine;
  const std::uint64_t a = must(engine.open_sequence());
  const std::uint64_t b = must(engine.open_sequence());
  must(engine.step(tokens_for(a, 60, 1)));  // 2 pages
  must(engine.step(tokens_for(b, 30, 2)));  // 1
  // a's third page is the last one; b has none left for its second.
  const Result<std::vector<engine::Logits>> failed = engine.step(tokens_for(a, 10, 3) + tokens_for(b, 5, 4));
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code() == ErrorCode::kUnsupported);
  CHECK(engine.length(a) == 60);
  CHECK(engine.length(b) == 30);
  CHECK(engine.free_kv_pages() == 1);
  const std::uint64_t solo = must(alone.engine->open_sequence());
  must(alone.engine->step(tokens_for(solo, 60, 1)));
  const std::vector<engine::Logits> want = must(alone.engine->step(tokens_for(solo, 10, 3)));
  const std::vector<engine::Logits> got = must(engine.step(tokens_for(a, 10, 3)));
  REQUIRE(want.size() == got.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    CHECK(same(want[i], got[i]));
  }
  engine.close_sequence(a);
  engine.close_sequence(b);
  engine.close_sequence(b);
  CHECK(engine.free_kv_pages() == engine.kv_pages());
}

TEST_CASE("a step that the device fails at any call is rolled back, and every later one fails", "[engine]") {
  const auto step = [](Engine& engine, std::uint64_t a, std::uint64_t b) {
    return engine.step(tokens_for(a, 10, 3) + tokens_for(b, 40, 4));
  };
  bool succeeded = false;
  for (std::uint64_t calls = 0; !succeeded; ++calls) {
    CAPTURE(calls);
    const std::unique_ptr<device::Device> software = must(device::open_device("software"));
    FailingDevice device(*software);
    const std::unique_ptr<Engine> engine = must(Engine::create(device, tiny_model(), {.kv_pages = 8}));
    const std::uint64_t a = must(engine->open_sequence());
    const std::uint64_t b = must(engine->open_sequence());
    must(engine->step(tokens_for(a, 30, 1)));
    device.fail_after(calls);
    const Result<std::vector<engine::Logits>> got = step(*engine, a, b);
    succeeded = got.ok();
    if (!succeeded) {
      CHECK(got.error().message() == "the device is gone");
      CHECK(engine->length(a) == 30);
      CHECK(engine->length(b) == 0);
      CHECK(engine->free_kv_pages() == 7);
      device.fail_after(FailingDevice::kNever);
      CHECK_FALSE(step(*engine, a, b).ok());
      engine->close_sequence(a);
      engine->close_sequence(b);
      CHECK(engine->free_kv_pages() == 8);
    } else {
      CHECK(calls == 2 + 2 * 13);  // both page tables, then submit and wait of each micro-batch
    }
  }
}

TEST_CASE("a device that fails ends every request of a batch with its error", "[batcher]") {
  const std::unique_ptr<device::Device> software = must(device::open_device("software"));
  FailingDevice device(*software);
  const std::unique_ptr<Engine> engine = must(Engine::create(device, tiny_model(), {.max_sequences = 2}));
  engine::Batcher batcher(*engine, {});
  std::size_t errors = 0;
  const auto submit = [&](std::uint32_t seed) {
    engine::Request request = {.prompt = random_tokens(tiny_model().config, 5, seed), .max_tokens = 20};
    request.on_outcome = [&errors](const engine::Outcome& outcome) { errors += outcome.error.has_value() ? 1 : 0; };
    return must(batcher.submit(std::move(request)));
  };
  submit(1);
  submit(2);
  submit(3);  // waits
  must(batcher.step());
  device.fail_after(0);
  CHECK(batcher.run().error().code() == ErrorCode::kDevice);
  CHECK(batcher.idle());
  CHECK(errors == 3);
  submit(4);
  CHECK_FALSE(batcher.run().ok());
  CHECK(errors == 4);
}
