#include "host/engine/stop_filter.hpp"

#include <catch2/catch.hpp>

using sluice::engine::StopFilter;

TEST_CASE("text without a stop string passes whole", "[stop]") {
  StopFilter filter({"END", ""});
  CHECK(filter.push("some ") == "some ");
  CHECK(filter.push("text") == "text");
  CHECK(filter.finish().empty());
  CHECK_FALSE(filter.stopped());
}

TEST_CASE("a stop string that comes in pieces ends the text before it", "[stop]") {
  StopFilter filter({"END"});
  CHECK(filter.push("abcE") == "abc");
  CHECK(filter.push("N").empty());
  CHECK(filter.push("D more").empty());
  CHECK(filter.stopped());
  CHECK(filter.push("never shown").empty());
}

TEST_CASE("what only began like a stop string is given back", "[stop]") {
  StopFilter filter({"END"});
  CHECK(filter.push("xEN") == "x");
  CHECK(filter.push("T") == "ENT");
  CHECK(filter.push("EN").empty());
  CHECK(filter.finish() == "EN");
}

TEST_CASE("of several stop strings the one that comes first ends the text", "[stop]") {
  StopFilter filter({"later", "now"});
  CHECK(filter.push("it is now and later") == "it is ");
  CHECK(filter.stopped());
}
