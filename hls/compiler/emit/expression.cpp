// The right side of an operation's wire. All operands have the result's width unless ir.hpp says otherwise, so that no
// context of SystemVerilog widens anything.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <optional>

#include "hls/compiler/base/check.hpp"
#include "hls/compiler/emit/process.hpp"
#include "hls/compiler/ir/properties.hpp"

namespace sluice::hlsc {
namespace {

// A shift by a wide amount: the bits that can matter shift, any other gives `beyond`.
std::string shift(ProcessText& text, const Written& written, std::string_view op) {
  const Op& it = written.op;
  const Moment& when = written.when;
  const bool arithmetic = it.kind == OpKind::kAShr;
  const std::string from = text.operand(written, 0);
  const std::string shifted = arithmetic ? fmt::format("$signed({})", from) : from;
  const unsigned needed = static_cast<unsigned>(std::bit_width(it.width));
  if (needed >= it.width || it.width <= 32) {
    return fmt::format("{} {} {}", shifted, op, text.operand(written, 1));
  }
  const std::string amount = text.bits(it.operands[1], when, 0, needed);
  const std::string high = text.bits(it.operands[1], when, needed, it.width - needed);
  const std::string inside = fmt::format("{} {} {}", shifted, op, amount);
  if (arithmetic) {
    // All of a conditional would become unsigned; the sign's copies are spelled out, the shift gets a wire of its own.
    const std::string wire = text.declare_wire(written.base + "_near", it.width, inside);
    return fmt::format("(|{}) ? {{{}{{{}}}}} : {}", high, it.width, text.bits(it.operands[0], when, it.width - 1, 1),
                       text.signals.read(wire));
  }
  return fmt::format("(|{}) ? {}'d0 : {}", high, it.width, inside);
}

// Leading or trailing zeros by halving: a one is put behind the last bit, so that the search always ends. Each step
// says whether the half in front is all zero and goes on with the half that has the first one.
std::string count_zeros(ProcessText& text, const Written& written) {
  const Op& it = written.op;
  const std::string& base = written.base;
  const bool leading = it.kind == OpKind::kCtlz;
  const unsigned width = text.op(it.operands[0]).width;
  const unsigned padded = std::bit_ceil(width + 1);
  const std::string from = text.operand(written, 0);
  const std::string ones = fmt::format("{{{}{{1'b1}}}}", padded - width);
  std::string rest = text.declare_wire(
      base + "_in", padded, leading ? fmt::format("{{{}, {}}}", from, ones) : fmt::format("{{{}, {}}}", ones, from));
  std::vector<std::string> count;
  for (unsigned half = padded / 2; half > 0; half /= 2) {
    const auto part = [&](bool front) { return text.signals.read(rest, front == leading ? half : 0, half); };
    const std::string zero =
        text.declare_wire(fmt::format("{}_zero{}", base, half), 1, fmt::format("!(|{})", part(true)));
    count.push_back(text.signals.read(zero));
    if (half > 1) {
      rest = text.declare_wire(fmt::format("{}_rest{}", base, half), half,
                               fmt::format("{} ? {} : {}", text.signals.read(zero), part(false), part(true)));
    }
  }
  const auto bits = static_cast<unsigned>(count.size());
  if (it.width > bits) {
    return fmt::format("{{{}'d0, {}}}", it.width - bits, fmt::join(count, ", "));
  }
  return fmt::format("{{{}}}", fmt::join(count.end() - it.width, count.end(), ", "));
}

// $countones is a signed int, and Verilator 5.006 takes the sign from its last used bit: cut first, then widen.
std::string count_ones(unsigned width, const std::string& value) {
  const auto bits = static_cast<unsigned>(std::bit_width(width));
  const std::string count = fmt::format("{}'($countones({}))", bits, value);
  return bits < width ? fmt::format("{{{}'d0, {}}}", width - bits, count) : count;
}

// A comparison that one constant operand decides, which linters ask about: nothing is below zero, unsigned.
std::optional<bool> decided(ProcessText& text, const Op& it) {
  const Op& left = text.op(it.operands[0]);
  const Op& right = text.op(it.operands[1]);
  const bool is_signed = it.kind == OpKind::kSlt || it.kind == OpKind::kSle;
  const bool strict = it.kind == OpKind::kUlt || it.kind == OpKind::kSlt;
  const auto is_least = [&](const Op& op) {
    return op.kind == OpKind::kConstant && (is_signed ? op.constant.isMinSignedValue() : op.constant.isZero());
  };
  const auto is_most = [&](const Op& op) {
    return op.kind == OpKind::kConstant && (is_signed ? op.constant.isMaxSignedValue() : op.constant.isAllOnes());
  };
  if (strict && (is_least(right) || is_most(left))) {
    return false;
  }
  if (!strict && (is_least(left) || is_most(right))) {
    return true;
  }
  return std::nullopt;
}

std::string_view infix(OpKind kind) {
  switch (kind) {
    case OpKind::kAdd:
      return "+";
    case OpKind::kSub:
      return "-";
    case OpKind::kAnd:
      return "&";
    case OpKind::kOr:
      return "|";
    case OpKind::kXor:
      return "^";
    case OpKind::kEq:
      return "==";
    case OpKind::kNe:
      return "!=";
    case OpKind::kUlt:
    case OpKind::kSlt:
      return "<";
    case OpKind::kUle:
    case OpKind::kSle:
      return "<=";
    case OpKind::kUDiv:
      return "/";
    case OpKind::kURem:
      return "%";
    default:
      fail("no infix operation");
  }
}

std::string compare(ProcessText& text, const Written& written) {
  const Op& it = written.op;
  if (const auto result = written.patch == nullptr ? decided(text, it) : std::nullopt) {
    return *result ? "1'b1" : "1'b0";
  }
  const bool is_signed = it.kind == OpKind::kSlt || it.kind == OpKind::kSle;
  const auto operand = [&](std::size_t i) {
    const std::string value = text.operand(written, i);
    return is_signed ? fmt::format("$signed({})", value) : value;
  };
  return fmt::format("{} {} {}", operand(0), infix(it.kind), operand(1));
}

}  // namespace

std::string expression(ProcessText& text, const Written& written) {
  const Op& it = written.op;
  const Moment& when = written.when;
  const auto operand = [&](std::size_t i) { return text.operand(written, i); };
  const auto is_signed = [&](std::size_t i) { return fmt::format("$signed({})", operand(i)); };
  switch (it.kind) {
    case OpKind::kMul:
      // Signed: the low bits are the same, and synthesis sees how narrow the sign-extended operands are.
      return fmt::format("{} * {}", is_signed(0), is_signed(1));
    case OpKind::kUlt:
    case OpKind::kUle:
    case OpKind::kSlt:
    case OpKind::kSle:
      return compare(text, written);
    case OpKind::kShl:
      return shift(text, written, "<<");
    case OpKind::kLShr:
      return shift(text, written, ">>");
    case OpKind::kAShr:
      return shift(text, written, ">>>");
    case OpKind::kSelect:
      return fmt::format("{} ? {} : {}", operand(0), operand(1), operand(2));
    case OpKind::kZExt:
    case OpKind::kSExt:
      fail("a widening is written by ProcessText::widened()");
    case OpKind::kTrunc:
      return text.bits(it.operands[0], when, 0, it.width);
    case OpKind::kExtract:
      return text.bits(it.operands[0], when, it.low, it.width);
    case OpKind::kConcat: {
      std::vector<std::string> parts;
      parts.reserve(it.operands.size());
      for (std::size_t i = 0; i < it.operands.size(); ++i) {
        parts.push_back(operand(i));
      }
      return fmt::format("{{{}}}", fmt::join(parts, ", "));
    }
    case OpKind::kCtlz:
    case OpKind::kCttz:
      return count_zeros(text, written);
    case OpKind::kCtpop:
      return count_ones(it.width, operand(0));
    case OpKind::kStreamRead:
      return text.signals.read(text.ports.streams[index(it.stream)] + "_dout_i");
    case OpKind::kTryRead: {
      const std::string& stream = text.ports.streams[index(it.stream)];
      return fmt::format("{{!{}, {}}}", text.signals.read(stream + "_empty_i"), text.signals.read(stream + "_dout_i"));
    }
    case OpKind::kStreamEmpty:
      return text.signals.read(text.ports.streams[index(it.stream)] + "_empty_i");
    case OpKind::kStreamFull:
      return text.signals.read(text.ports.streams[index(it.stream)] + "_full_i");
    case OpKind::kTryWrite:
      return "!" + text.signals.read(text.ports.streams[index(it.stream)] + "_full_i");
    default:
      return fmt::format("{} {} {}", operand(0), infix(it.kind), operand(1));
  }
}

}  // namespace sluice::hlsc
