#include <ap_int.h>
#include <hls_stream.h>

#include <catch2/catch.hpp>
#include <optional>

namespace sluice::test {
namespace {

using Word = ap_uint<16>;
using sluice_hls::Mode;
using sluice_hls::Outcome;
using sluice_hls::simulate;

struct Beat {
  ap_uint<9> data[3];
  bool last;
};

Word take_one(hls::stream<Word>& in) { return in.read(); }

}  // namespace

TEST_CASE("a stream gives its words back in order, by every member that Vitis has", "[hls][stream]") {
  hls::stream<Beat> beats("beats");
  REQUIRE(beats.empty());
  beats.write({{1, 2, 3}, false});
  beats << Beat{{4, 5, 6}, true};
  REQUIRE(beats.write_nb({{7, 8, 9}, true}));
  REQUIRE(beats.size() == 3);
  REQUIRE_FALSE(beats.full());
  REQUIRE(beats.read().data[2] == 3);
  Beat beat{};
  beats >> beat;
  REQUIRE((beat.data[0] == 4 && beat.last));
  REQUIRE(beats.read_nb(beat));
  REQUIRE(beat.data[1] == 8);
  REQUIRE_FALSE(beats.read_nb(beat));
}

TEST_CASE("a stream with a depth is passed where one without is asked for", "[hls][stream]") {
  hls::stream<Word, 4> words("words");
  words.write(5);
  REQUIRE(take_one(words) == 5);
  REQUIRE(words.name() == "words");
}

TEST_CASE("reading an empty stream in a sequential run names the stream", "[hls][stream]") {
  hls::stream<Word> empty("header");
  const Outcome outcome = simulate(Mode::kSequential, [&] { empty.read(); });
  REQUIRE(outcome.message == "stream 'header' is read while empty");
}

TEST_CASE("words left in a stream of the kernel fail the run", "[hls][stream]") {
  for (const Mode mode : {Mode::kSequential, Mode::kThreads}) {
    const Outcome outcome = simulate(mode, [] {
      hls::stream<Word, 8> rows("rows");
      rows.write(1);
      rows.write(2);
      rows.read();
    });
    REQUIRE(outcome.message == "stream 'rows' is destroyed with 1 word left in it");
  }
}

TEST_CASE("a source makes words when a stream is read empty, and drain takes all", "[hls][stream]") {
  hls::stream<Word> in("in"), out("out");
  unsigned next = 0;
  in.set_source([&]() -> std::optional<Word> {
    if (next == 5) return std::nullopt;
    return Word(next++);
  });
  while (!in.empty()) out.write(Word(in.read() * 3));
  REQUIRE(out.drain() == std::vector<Word>{0, 3, 6, 9, 12});
  REQUIRE(out.empty());
}

}  // namespace sluice::test
