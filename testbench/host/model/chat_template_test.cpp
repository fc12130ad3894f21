#include "host/model/chat_template.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "testbench/host/model/fixtures.hpp"

using namespace sluice;
using namespace sluice::testing;
using nlohmann::json;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::tm time_of(const std::string& text) {
  std::tm time{};
  std::istringstream(text) >> std::get_time(&time, "%Y-%m-%dT%H:%M:%S");
  return time;
}

const std::tm kNow = time_of("2026-02-03T16:05:09");
const std::vector<ChatMessage> kHello = {{"user", "Hello"}};

Result<std::string> rendered(std::string_view source, const std::vector<ChatMessage>& messages = kHello) {
  SLUICE_ASSIGN_OR_RETURN(const ChatTemplate made, ChatTemplate::from_source(source, ""));
  return made.render(messages, kNow);
}

// The error of a template that must be refused, at compiling or rendering.
std::string refusal(std::string_view source) {
  const Result<std::string> text = rendered(source);
  INFO(source.substr(0, 200));
  REQUIRE_FALSE(text.ok());
  CHECK(text.error().code() == ErrorCode::kInvalidInput);
  CHECK(is_one_line(text.error().message()));
  return text.error().message();
}

std::string repeated(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) {
    text += part;
  }
  return text;
}

}  // namespace

// testbench/reference/data/chat_templates.json is made by scripts/reference/chat_templates.py.
TEST_CASE("conversations become the text that transformers makes of them", "[model]") {
  const json reference = json::parse(content_of("testbench/reference/data/chat_templates.json"));
  const std::tm now = time_of(reference.at("now"));
  for (const json& expected : reference.at("cases")) {
    const std::string name = expected.at("template");
    const json config = {{"bos_token", expected.at("bos_token")},
                         {"eos_token", {{"content", expected.at("eos_token")}, {"special", true}}}};
    const ChatTemplate made =
        ChatTemplate::from_source(content_of("testbench/reference/chat_templates/" + name + ".jinja"),
                                  expected.at("eos_token").is_null() ? R"({"bos_token": "<s>"})" : config.dump())
            .value();
    std::vector<ChatMessage> messages;
    for (const json& message : expected.at("messages")) {
      messages.push_back({message.at("role"), message.at("content")});
    }
    const Result<std::string> text = made.render(messages, now);
    INFO(name << " " << expected.at("messages"));
    if (expected.contains("error")) {
      REQUIRE_FALSE(text.ok());
      CHECK(text.error().message().find(expected.at("error").get<std::string>()) != std::string::npos);
    } else if (!text.ok()) {
      FAIL_CHECK(text.error().message());
    } else {
      CHECK(text.value() == expected.at("text").get<std::string>());
    }
  }
  CHECK(reference.at("cases").size() == 55);
}

TEST_CASE("a template is found in each place where directories have one", "[model]") {
  const TemporaryDirectory directory;
  const auto text = [&]() -> std::string {
    const std::optional<ChatTemplate> found = ChatTemplate::load(directory.path()).value();
    return found ? found->render(kHello, kNow).value() : "none";
  };
  CHECK(text() == "none");
  const std::filesystem::path config = directory.path() / "tokenizer_config.json";
  write_file(config, R"({"bos_token": "<s>"})");
  CHECK(text() == "none");
  write_file(config, R"({"chat_template": "{{ bos_token }}{{ eos_token }}A", "bos_token": "<s>", "eos_token": null})");
  CHECK(text() == "<s>A");
  write_file(config, R"({"chat_template": [{"name": "tool_use", "template": "B"},
                         {"name": "default", "template": "{{ eos_token }}C"}], "eos_token": {"content": "</s>"}})");
  CHECK(text() == "</s>C");
  CHECK(ChatTemplate::load(directory.path()).value()->end_token() == "</s>");
  write_file(directory.path() / "chat_template.jinja", "{{ eos_token }}D {{ messages[0].content }}\n");
  CHECK(text() == "</s>D Hello");
}

TEST_CASE("damaged files and templates are errors that name the file", "[model]") {
  const TemporaryDirectory directory;
  const auto refused = [&](const std::string& part) {
    const auto loaded = ChatTemplate::load(directory.path());
    REQUIRE_FALSE(loaded.ok());
    CHECK(loaded.error().code() == ErrorCode::kInvalidInput);
    CHECK(is_one_line(loaded.error().message()));
    INFO(loaded.error().message());
    CHECK(loaded.error().message().find(part) != std::string::npos);
    CHECK(loaded.error().message().find(directory.path().string()) == 0);
  };
  const std::filesystem::path config = directory.path() / "tokenizer_config.json";
  for (const char* text : {"{", "[]", "7", R"({"chat_template": 7})", R"({"chat_template": [7]})",
                           R"({"chat_template": [{"name": "default"}]})", R"({"chat_template": [{"name": 1}]})",
                           R"({"chat_template": []})", R"({"chat_template": [{"name": "rag", "template": "x"}]})",
                           R"({"chat_template": "x", "bos_token": 3})", R"({"chat_template": "x", "eos_token": {}})",
                           R"({"chat_template": "{% if %}"})", R"({"chat_template": "{{"})"}) {
    write_file(config, text);
    refused("tokenizer_config.json");
  }
  std::filesystem::remove(config);
  for (const std::string& text :
       {std::string("{{ a b }}"), std::string("{% frobnicate %}"), std::string("\xff\xfe"), std::string("{% for %}"),
        std::string("{% include 'x' %}{{"), std::string(300'000, 'x')}) {
    write_file(directory.path() / "chat_template.jinja", text);
    refused("chat_template.jinja");
  }
}

TEST_CASE("what a template refuses or misuses is said with its line", "[model]") {
  CHECK(refusal("a\n{{ raise_exception('no such role: ' + messages[0].role) }}") ==
        "chat template: line 2: no such role: user");
  CHECK(refusal("\n\n{{ missing.attribute }}").find("line 3") != std::string::npos);
  CHECK(refusal("{{ messages | frobnicate }}").find("frobnicate") != std::string::npos);
  CHECK(refusal("{{ strftime_now('%Q') }}").find("%Q") != std::string::npos);
  CHECK(refusal("{{ raise_exception('two\nlines') }}").find("two lines") != std::string::npos);
  refusal("{% include '/etc/passwd' %}");
  refusal("{{ messages | tojson(sort_keys=true) }}");
}

// Each would take hours or more memory than there is.
TEST_CASE("a template that would take too much work or memory is refused", "[model]") {
  const std::string nested = "{% for i in range(100000) %}{% for j in range(100000) %}";
  const std::string ends = "{% endfor %}{% endfor %}";
  const std::string doubled = "{% set ns = namespace(x='a', y=[1]) %}{% for i in range(60) %}";
  for (const std::string& source :
       {nested + ends, nested + "x" + ends,
        "{% set ns = namespace(x=[]) %}" + nested + "{% set ns.x = [ns.x] %}" + ends,
        "{% set ns = namespace(x='') %}" + nested + "{% set ns.x = ns.x ~ 'aaaaaaaaaaaaaaaa' %}" + ends,
        doubled + "{% set ns.x = ns.x ~ ns.x %}{% endfor %}", doubled + "{% set ns.x = ns.x + ns.x %}{% endfor %}",
        doubled + "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.y | tojson }}",
        std::string("{{ ('a' * 50000000).replace('a', 'b' * 50000000) }}"), std::string("{{ ('a' * 90000000) }}"),
        std::string("{{ 'a' | replace('', 'b' * 90000000) }}")}) {
    CHECK(refusal(source).find("more than a conversation can need") != std::string::npos);
  }
  refusal("{{ 'a' * 1000000000000 }}");
  refusal("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}");
}

// What the fuel misses, after the five seconds that the bound is.
TEST_CASE("a template that the fuel does not stop is left behind", "[model][long]") {
  const std::string doubled = "{% set ns = namespace(x=['a' * 1000000]) %}{% for i in range(60) %}";
  for (const std::string& source : {doubled + "{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x | tojson }}",
                                    doubled + "{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}"}) {
    CHECK(refusal(source).find("too much time or memory") != std::string::npos);
  }
  CHECK(rendered("{{ messages[0].content }}").value() == "Hello");
}

TEST_CASE("a template may be nested as deep as its size allows", "[model]") {
  // Accepted or refused, but not a crash: the engine recurses over the tree of a template and over nested values.
  for (const auto& [open, close] : std::vector<std::pair<std::string, std::string>>{
           {"{% if true %}", "{% endif %}"}, {"{{ (", ") }}"}, {"{{ not ", " }}"}, {"{{ [", "] }}"}, {"{{ -", " }}"}}) {
    const int times = static_cast<int>(260'000 / (open.size() + close.size()));
    const std::string source = repeated(open, times) + "x" + repeated(close, times);
    (void)rendered(source);
    const std::string inner = open.substr(0, 2) == "{{" ? open.substr(3) : open;
    const std::string outer = open.substr(0, 2) == "{{" ? close.substr(0, close.size() - 3) : close;
    (void)rendered("{{ " + repeated(inner, 60'000) + "1" + repeated(outer, 60'000) + " }}");
  }
  (void)rendered("{{ messages" + repeated("[0]", 80'000) + " }}");
  (void)rendered("{{ messages" + repeated(".a", 120'000) + " }}");
  (void)rendered("{{ 1" + repeated(" + 1", 60'000) + " }}");
  (void)rendered("{{ 1" + repeated("|abs", 60'000) + " }}");
  (void)rendered("{{ 1" + repeated(" if 1 else 1", 20'000) + " }}");
  const std::string deep =
      "{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}";
  CHECK(rendered(deep + "done").value() == "done");
  (void)rendered(deep + "{{ ns.x }}");
  (void)rendered(deep + "{{ ns.x | tojson }}");
  (void)rendered(deep + "{{ ns.x == ns.x }}{{ ns.x is in [ns.x] }}{{ [ns.x, ns.x] | unique | list }}");
}

TEST_CASE("a template reaches nothing but its variables", "[model]") {
  CHECK(rendered("{{ debug is defined }}{{ env is defined }}{{ self is defined }}").ok());
  CHECK(rendered("{{ messages }}").value().find("Hello") != std::string::npos);
  CHECK(rendered("{% set messages = [] %}{{ messages | length }}").value() == "0");
  const ChatTemplate made = ChatTemplate::from_source("{{ messages[0].content }}", "").value();
  CHECK(made.render(std::vector<ChatMessage>{{"user", "{{ 1 + 1 }}<b>\xf0\x9f\x99\x82"}}, kNow).value() ==
        "{{ 1 + 1 }}<b>\xf0\x9f\x99\x82");
  CHECK(made.render(std::vector<ChatMessage>{{"user", std::string("a\0b", 3)}}, kNow).value() ==
        std::string("a\0b", 3));
  CHECK(made.render(std::vector<ChatMessage>{{"user", "bad \xff byte"}}, kNow).value() == "bad \xef\xbf\xbd byte");
}
