#include "hls/compiler/schedule/exclusive.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "hls/compiler/ir/evaluate.hpp"
#include "testbench/hls/compiler/support/kernel_text.hpp"

namespace sluice::hlsc {
namespace {

bool are_exclusive(const std::string& ops) {
  const Kernel kernel = kernel_of(
      "kernel k\nstream in input 8\nprocess p\nblock b\n  %x = stream_read 8 in\n"
      "  %y = stream_read 8 in\n  %c = slt 1 %x 8:5\n  %d = eq 1 %y 8:77\n  %n = xor 1 %c 1:1\n" +
      ops + "\n  return");
  Exclusive exclusive(kernel.processes[0]);
  const bool answer = exclusive(op_named(kernel, "p"), op_named(kernel, "q"));
  CHECK(exclusive(op_named(kernel, "q"), op_named(kernel, "p")) == answer);
  return answer;
}

TEST_CASE("contradicting predicates are seen, others are not", "[hlsc][schedule]") {
  CHECK(are_exclusive("  %p = and 1 %c %d\n  %q = and 1 %n %d"));
  CHECK_FALSE(are_exclusive("  %p = and 1 %c %d\n  %q = and 1 %c %c"));
  CHECK_FALSE(are_exclusive("  %p = or 1 %c %d\n  %q = and 1 %n %n"));
  CHECK(are_exclusive("  %p = or 1 %c %d\n  %m = or 1 %d %c\n  %q = xor 1 %m 1:1"));
  CHECK(are_exclusive("  %p = eq 1 %x 8:3\n  %q = eq 1 %x 8:4"));
  CHECK_FALSE(are_exclusive("  %p = eq 1 %x 8:3\n  %q = ne 1 %x 8:4"));
  CHECK(are_exclusive("  %p = eq 1 %x 8:3\n  %q = ne 1 %x 8:3"));
  CHECK(are_exclusive("  %p = eq 1 %x 8:9\n  %q = and 1 %c %c"));  // 9 < 5 is false
  CHECK(are_exclusive("  %p = select 1 %c %d 1:0\n  %q = select 1 %c 1:0 %d"));
  CHECK_FALSE(are_exclusive("  %p = select 1 %c %d 1:1\n  %q = select 1 %c 1:0 %d"));
  CHECK(are_exclusive(
      "  %a = and 1 %c %d\n  %e = eq 1 %x 8:2\n  %b = and 1 %c %e\n  %p = or 1 %a %b\n  %q = and 1 %n %n"));
}

TEST_CASE("an unconditional operation excludes nothing", "[hlsc][schedule]") {
  const Kernel kernel = kernel_of("kernel k\nprocess p\nblock b\n  %p = and 1 1:1 1:0\n  return");
  Exclusive exclusive(kernel.processes[0]);
  CHECK_FALSE(exclusive(OpId::kNone, op_named(kernel, "p")));
  CHECK_FALSE(exclusive(OpId::kNone, OpId::kNone));
}

// Random predicates over one value of 4 bits, each against all values of it.
TEST_CASE("no two random predicates are called exclusive that some value makes both true", "[hlsc][schedule]") {
  std::mt19937 random(1);
  const auto below = [&](std::size_t count) { return random() % count; };
  int found = 0;
  for (int round = 0; round < 200; ++round) {
    Process process;
    const auto add = [&](OpKind kind, unsigned width, std::vector<OpId> operands, std::uint64_t constant = 0) {
      Op op;
      op.kind = kind;
      op.width = width;
      op.operands = std::move(operands);
      op.constant = llvm::APInt(width, constant);
      process.ops.push_back(op);
      return OpId{static_cast<int>(process.ops.size()) - 1};
    };
    const OpId value = add(OpKind::kStreamRead, 4, {});
    std::vector<OpId> bits = {add(OpKind::kConstant, 1, {}, 0), add(OpKind::kConstant, 1, {}, 1)};
    for (int op = 0; op < 14; ++op) {
      const auto bit = [&] { return bits[below(bits.size())]; };
      static constexpr OpKind kCompare[] = {OpKind::kEq, OpKind::kNe, OpKind::kUlt, OpKind::kSle};
      static constexpr OpKind kLogic[] = {OpKind::kAnd, OpKind::kOr, OpKind::kXor, OpKind::kEq, OpKind::kAnd};
      switch (below(3)) {
        case 0: {
          const OpId constant = add(OpKind::kConstant, 4, {}, below(16));
          bits.push_back(add(kCompare[below(4)], 1,
                             below(2) == 0 ? std::vector<OpId>{value, constant} : std::vector<OpId>{constant, value}));
          break;
        }
        case 1: {
          const OpId first = bit();
          bits.push_back(add(kLogic[below(5)], 1, {first, bit()}));
          break;
        }
        default: {
          const OpId condition = bit();
          const OpId first = bit();
          bits.push_back(add(OpKind::kSelect, 1, {condition, first, bit()}));
        }
      }
    }
    std::vector<std::vector<bool>> truth(process.ops.size());  // [op][value]
    for (std::uint64_t x = 0; x < 16; ++x) {
      std::vector<llvm::APInt> values;
      for (const Op& op : process.ops) {
        std::vector<const llvm::APInt*> operands;
        for (const OpId operand : op.operands) {
          operands.push_back(&values[index(operand)]);
        }
        values.push_back(op.kind == OpKind::kStreamRead ? llvm::APInt(4, x) : evaluate(op, operands));
        truth[values.size() - 1].push_back(!values.back().isZero());
      }
    }
    Exclusive exclusive(process);
    for (const OpId a : bits) {
      for (const OpId b : bits) {
        if (exclusive(a, b)) {
          ++found;
          for (std::size_t x = 0; x < 16; ++x) {
            CHECK_FALSE((truth[index(a)][x] && truth[index(b)][x]));
          }
        }
      }
    }
  }
  CHECK(found > 1000);
}

}  // namespace
}  // namespace sluice::hlsc
