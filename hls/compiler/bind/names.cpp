#include "hls/compiler/bind/names.hpp"

#include <algorithm>
#include <cctype>

namespace sluice::hlsc {
namespace {

// IEEE 1800-2017, annex B; each between blanks.
constexpr std::string_view kKeywords =
    " "
    "accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin "
    "bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos "
    "config const constraint context continue cover covergroup coverpoint cross deassign default defparam design "
    "disable dist do edge else end endcase endchecker endclass endclocking endconfig endfunction endgenerate "
    "endgroup endinterface endmodule endpackage endprimitive endprogram endproperty endsequence endspecify "
    "endtable endtask enum event eventually expect export extends extern final first_match for force foreach "
    "forever fork forkjoin function generate genvar global highz0 highz1 if iff ifnone ignore_bins illegal_bins "
    "implements implies import incdir include initial inout input inside instance int integer interconnect "
    "interface intersect join join_any join_none large let liblist library local localparam logic longint "
    "macromodule matches medium modport module nand negedge nettype new nexttime nmos nor noshowcancelled not "
    "notif0 notif1 null or output package packed parameter pmos posedge primitive priority program property "
    "protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase "
    "randsequence rcmos real realtime ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0 "
    "rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal "
    "showcancelled signed small soft solve specify specparam static string strong strong0 strong1 struct super "
    "supply0 supply1 sync_accept_on sync_reject_on table tagged task this throughout time timeprecision timeunit "
    "tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union unique unique0 unsigned until "
    "until_with untyped use uwire var vectored virtual void wait wait_order wand weak weak0 weak1 while wildcard "
    "wire with within wor xnor xor ";

}  // namespace

std::string identifier(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool legal = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (legal) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';  // "tag[2].x" is tag_2_x: no two in a row, none in front
    }
  }
  while (!name.empty() && name.back() == '_') {
    name.pop_back();
  }
  if (name.empty()) {
    return "v";
  }
  if (std::isdigit(static_cast<unsigned char>(name.front())) != 0) {
    name.insert(0, "v");
  }
  if (kKeywords.find(" " + name + " ") != std::string_view::npos) {
    name += "_v";
  }
  return name;
}

std::string Names::take(std::string_view wanted) {
  std::string name(wanted);
  if (!taken_.insert(name).second) {
    int& number = next_.try_emplace(name, 2).first->second;
    std::string candidate;
    do {
      candidate = name + '_' + std::to_string(number++);
    } while (!taken_.insert(candidate).second);
    return candidate;
  }
  return name;
}

std::string Names::take_group(std::string_view wanted, std::initializer_list<std::string_view> suffixes) {
  std::string name(wanted);
  const auto is_free = [&] {
    return std::ranges::none_of(suffixes,
                                [&](std::string_view suffix) { return taken_.contains(name + std::string(suffix)); });
  };
  for (int number = 2; !is_free(); ++number) {
    name = std::string(wanted) + '_' + std::to_string(number);
  }
  for (const std::string_view suffix : suffixes) {
    taken_.insert(name + std::string(suffix));
  }
  return name;
}

}  // namespace sluice::hlsc
