#include "hls/compiler/bind/names.hpp"

#include <catch2/catch.hpp>

using sluice::hlsc::identifier;
using sluice::hlsc::Names;

TEST_CASE("any text becomes an identifier of SystemVerilog", "[hls][bind]") {
  CHECK(identifier("acc") == "acc");
  CHECK(identifier("tag[2].x") == "tag_2_x");
  CHECK(identifier("3rd") == "v3rd");
  CHECK(identifier("").size() > 0);
  CHECK(identifier("[]") == identifier(""));
  CHECK(identifier("__x__") == "x");
  for (const char* keyword : {"reg", "input", "do", "pulsestyle_onevent", "xor", "accept_on", "logic"}) {
    CHECK(identifier(keyword) == std::string(keyword) + "_v");
  }
}

TEST_CASE("a name is taken once, alone or with its suffixes", "[hls][bind]") {
  Names names;
  CHECK(names.take("a") == "a");
  CHECK(names.take("a") == "a_2");
  CHECK(names.take("a_3") == "a_3");
  CHECK(names.take("a") == "a_4");
  CHECK(names.take("s_ready_o") == "s_ready_o");
  CHECK(names.take_group("s", {"_valid_i", "_ready_o"}) == "s_2");
  CHECK(names.take("s_2_valid_i") == "s_2_valid_i_2");
}
