#include <ap_int.h>
#include <hls_stream.h>
#include <sluice_dataflow.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

namespace sluice::test {
namespace {

using Word = ap_uint<16>;
using sluice_hls::Mode;
using sluice_hls::Outcome;
using sluice_hls::simulate;

constexpr int kWords = 100;
constexpr int kBlock = 8;

// Sends each block to `direct`, then its sum to `sums`: a consumer that wants the sum first must be able to leave a
// whole block in `direct`.
void split(hls::stream<Word>& in, hls::stream<Word>& direct, hls::stream<Word>& sums, int blocks) {
  for (int block = 0; block < blocks; ++block) {
    Word sum = 0;
    for (int i = 0; i < kBlock; ++i) {
      const Word word = in.read();
      sum += word;
      direct.write(word);
    }
    sums.write(sum);
  }
}
void subtract(hls::stream<Word>& direct, hls::stream<Word>& sums, hls::stream<Word>& out, int blocks) {
  for (int block = 0; block < blocks; ++block) {
    const Word sum = sums.read();
    for (int i = 0; i < kBlock; ++i) out.write(Word(direct.read() - sum));
  }
}
template <int Depth>
void normalise(hls::stream<Word>& in, hls::stream<Word>& out, int blocks) {
#pragma HLS DATAFLOW
  hls::stream<Word, Depth> direct("direct");
  hls::stream<Word> sums("sums");
  SLUICE_DATAFLOW_BEGIN
  SLUICE_PROCESS(split, in, direct, sums, blocks);
  SLUICE_PROCESS(subtract, direct, sums, out, blocks);
  SLUICE_DATAFLOW_END
}

template <int Step>
void add(hls::stream<Word>& in, hls::stream<Word>& out, const Word& offset) {
  for (int i = 0; i < kWords; ++i) out.write(Word(in.read() + offset * Step));
}
// Processes made in a loop: each must have the index of its own turn.
void chain(hls::stream<Word>& in, hls::stream<Word>& out) {
#pragma HLS DATAFLOW
  hls::stream<Word, 1> links[4];
  SLUICE_DATAFLOW_BEGIN
  SLUICE_PROCESS((add<1>), in, links[0], Word(0));
  for (int i = 0; i < 3; ++i) {
#pragma HLS UNROLL
    SLUICE_PROCESS(add<10>, links[i], links[i + 1], Word(i));
  }
  SLUICE_PROCESS((add<1>), links[3], out, Word(0));
  SLUICE_DATAFLOW_END
}
// A process that is a dataflow region itself.
void nested(hls::stream<Word>& in, hls::stream<Word>& out) {
  hls::stream<Word, 1> middle("middle");
  SLUICE_DATAFLOW_BEGIN
  SLUICE_PROCESS(chain, in, middle);
  SLUICE_PROCESS(chain, middle, out);
  SLUICE_DATAFLOW_END
}

void fill(hls::stream<Word>& stream, int words) {
  for (int i = 0; i < words; ++i) stream.write(Word(i));
}
void poll(hls::stream<Word>& in, hls::stream<Word>& out) {
  Word word = 0;
  while (!in.read_nb(word)) {
  }
  out.write(word);
}
// Ends well after the process that waits for it has blocked; were it earlier, the test would only test less.
void end_late(hls::stream<Word>& words) {
  words.write(1);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}
void take_two(hls::stream<Word>& words) {
  words.read();
  words.read();
}
void wait_crosswise(hls::stream<Word>& in, hls::stream<Word>& out) {
  const Word word = in.read();
  out.write(word);
}

}  // namespace

TEST_CASE("a threaded run computes what the sequential run computes", "[hls][dataflow]") {
  std::vector<std::vector<Word>> results;
  for (const Mode mode : {Mode::kSequential, Mode::kThreads}) {
    hls::stream<Word> in("in"), out("out");
    fill(in, 12 * kBlock);
    const Outcome outcome = simulate(mode, [&] { normalise<kBlock>(in, out, 12); });
    REQUIRE(outcome.message.empty());
    results.push_back(out.drain());
  }
  REQUIRE(results[0].size() == 12 * kBlock);
  REQUIRE(results[0] == results[1]);
}

TEST_CASE("a FIFO that is too shallow deadlocks, and who waits for which stream is said", "[hls][dataflow]") {
  for (int repeat = 0; repeat < 50; ++repeat) {
    hls::stream<Word> in("in"), out("out");
    fill(in, 4 * kBlock);
    const Outcome outcome = simulate(Mode::kThreads, [&] { normalise<kBlock - 1>(in, out, 4); });
    REQUIRE(outcome.message ==
            "dataflow deadlock: split waits to write 'direct' (full, depth 7); subtract waits to read 'sums' (empty)");
    in.clear();
    REQUIRE(out.empty());
  }
  hls::stream<Word> in("in"), out("out");
  fill(in, 4 * kBlock);
  REQUIRE(simulate(Mode::kSequential, [&] { normalise<kBlock - 1>(in, out, 4); }).ok());  // which is why threads
  out.clear();
}

TEST_CASE("processes in loops and regions within processes run as threads", "[hls][dataflow]") {
  for (const Mode mode : {Mode::kSequential, Mode::kThreads}) {
    hls::stream<Word> in("in"), out("out");
    fill(in, kWords);
    REQUIRE(simulate(mode, [&] { nested(in, out); }).message.empty());
    const std::vector<Word> words = out.drain();
    REQUIRE(words.size() == kWords);
    for (int i = 0; i < kWords; ++i) REQUIRE(words[static_cast<std::size_t>(i)] == i + 2 * (0 + 10 + 20));
  }
}

TEST_CASE("an input that ends early is a deadlock of the whole chain", "[hls][dataflow]") {
  hls::stream<Word> in("in"), out("out");
  fill(in, 3);
  const Outcome outcome = simulate(Mode::kThreads, [&] { nested(in, out); });
  REQUIRE(outcome.message.rfind("dataflow deadlock: (add<1>) waits to read 'in' (empty); add<10> waits to read", 0) ==
          0);
  REQUIRE(out.drain().size() == 3);
}

TEST_CASE("the end of the last process that could write is a deadlock of those that wait", "[hls][dataflow]") {
  const Outcome outcome = simulate(
      Mode::kThreads,
      [] {
        hls::stream<Word> words("words");
        SLUICE_DATAFLOW_BEGIN
        SLUICE_PROCESS(end_late, words);
        SLUICE_PROCESS(take_two, words);
        SLUICE_DATAFLOW_END
      },
      std::chrono::seconds(5));
  REQUIRE(outcome.message == "dataflow deadlock: take_two waits to read 'words' (empty)");
}

TEST_CASE("two processes that each want the other's word first deadlock", "[hls][dataflow]") {
  const Outcome outcome = simulate(Mode::kThreads, [] {
    hls::stream<Word> there("there"), back("back");
    SLUICE_DATAFLOW_BEGIN
    SLUICE_PROCESS(wait_crosswise, there, back);
    SLUICE_PROCESS(wait_crosswise, back, there);
    SLUICE_DATAFLOW_END
  });
  REQUIRE(
      outcome.message ==
      "dataflow deadlock: wait_crosswise waits to read 'there' (empty); wait_crosswise waits to read 'back' (empty)");
}

TEST_CASE("a process that polls for ever is ended by the deadline", "[hls][dataflow]") {
  const Outcome outcome = simulate(
      Mode::kThreads,
      [] {
        hls::stream<Word> in("in"), out("out");
        SLUICE_DATAFLOW_BEGIN
        SLUICE_PROCESS(poll, in, out);
        SLUICE_DATAFLOW_END
      },
      std::chrono::milliseconds(50));
  REQUIRE(outcome.message == "no word moved for 50 ms: poll is running");
}

TEST_CASE("words left between processes fail the run", "[hls][dataflow]") {
  for (const Mode mode : {Mode::kSequential, Mode::kThreads}) {
    const Outcome outcome = simulate(mode, [] {
      hls::stream<Word, 8> words("words");
      SLUICE_DATAFLOW_BEGIN
      SLUICE_PROCESS(fill, words, 3);
      SLUICE_DATAFLOW_END
    });
    REQUIRE(outcome.message == "stream 'words' is destroyed with 3 words left in it");
  }
}

}  // namespace sluice::test
