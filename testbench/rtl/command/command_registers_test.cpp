// command_registers through its AXI4-Lite port.
#include <catch2/catch.hpp>
#include <cstdint>

#include "Vcommand_registers.h"
#include "host/device/command.hpp"

using namespace sluice::device;

namespace {

class Registers {
 public:
  Registers() {
    model.rst_ni = 0;
    clock();
    model.rst_ni = 1;
    model.axil_bready_i = 1;
    model.axil_rready_i = 1;
  }

  // The response code.
  std::uint32_t write(std::uint32_t offset, std::uint32_t value, unsigned strobe = 0xF) {
    model.axil_awvalid_i = 1;
    model.axil_wvalid_i = 1;
    model.axil_awaddr_i = static_cast<SData>(offset);
    model.axil_wdata_i = value;
    model.axil_wstrb_i = static_cast<CData>(strobe);
    clock();
    model.axil_awvalid_i = 0;
    model.axil_wvalid_i = 0;
    REQUIRE(model.axil_bvalid_o == 1);
    const std::uint32_t response = model.axil_bresp_o;
    resets += model.reset_request_o;
    clock();
    REQUIRE(model.axil_bvalid_o == 0);
    return response;
  }
  std::uint32_t read(std::uint32_t offset) {
    model.axil_arvalid_i = 1;
    model.axil_araddr_i = static_cast<SData>(offset);
    clock();
    model.axil_arvalid_i = 0;
    REQUIRE(model.axil_rvalid_o == 1);
    const std::uint32_t value = model.axil_rdata_o;
    clock();
    return value;
  }
  std::uint32_t read(Register which) { return read(static_cast<std::uint32_t>(which)); }
  void clock() {
    model.clk_i = 1;
    model.eval();
    model.clk_i = 0;
    model.eval();
  }

  Vcommand_registers model;
  unsigned resets = 0;
};

constexpr std::uint32_t ring(std::uint32_t queue, RingRegister which) {
  return static_cast<std::uint32_t>(Register::kRing) + queue * kRingStride + static_cast<std::uint32_t>(which);
}

}  // namespace

TEST_CASE("the card says who it is", "[rtl][command]") {
  Registers registers;
  CHECK(registers.read(Register::kMagic) == kMagic);
  CHECK(registers.read(Register::kVersion) == kCommandVersion);
  CHECK(registers.read(Register::kCommandSetHash) == command_set_hash());
  CHECK(registers.read(Register::kGeometry) == (128u << 16 | kMaxTokens << 8 | 4));
  CHECK(registers.read(Register::kVectorLines) == kVectorLines);
  CHECK(registers.read(Register::kMemoryMib) == 256);
  CHECK(registers.read(0x7FC) == 0);
}

TEST_CASE("ring registers keep what is written, for each queue its own", "[rtl][command]") {
  Registers registers;
  for (std::uint32_t queue = 0; queue < kQueues; ++queue) {
    for (const auto which : {RingRegister::kBaseLo, RingRegister::kBaseHi, RingRegister::kTail,
                             RingRegister::kCompletionLo, RingRegister::kCompletionHi}) {
      CHECK(registers.write(ring(queue, which), 0x1000 * (queue + 1) + static_cast<std::uint32_t>(which)) == 0);
    }
    registers.write(ring(queue, RingRegister::kSizeLog2), 4 + queue);
  }
  registers.model.ring_head_i = 0x0000'0022'0000'0011;
  for (std::uint32_t queue = 0; queue < kQueues; ++queue) {
    for (const auto which : {RingRegister::kBaseLo, RingRegister::kBaseHi, RingRegister::kTail,
                             RingRegister::kCompletionLo, RingRegister::kCompletionHi}) {
      CHECK(registers.read(ring(queue, which)) == 0x1000 * (queue + 1) + static_cast<std::uint32_t>(which));
    }
    CHECK(registers.read(ring(queue, RingRegister::kSizeLog2)) == 4 + queue);
    CHECK(registers.read(ring(queue, RingRegister::kHead)) == 0x11 * (queue + 1));
  }
}

TEST_CASE("reading a counter's low word holds its high word", "[rtl][command]") {
  Registers registers;
  const std::uint32_t offset = static_cast<std::uint32_t>(Register::kCounters) + 8 * 5;
  registers.model.counters_i[10] = 0xFFFFFFFF;
  registers.model.counters_i[11] = 6;
  CHECK(registers.read(offset) == 0xFFFFFFFF);
  registers.model.counters_i[10] = 0;
  registers.model.counters_i[11] = 7;
  CHECK(registers.read(offset + 4) == 6);
  CHECK(registers.read(offset) == 0);
  CHECK(registers.read(offset + 4) == 7);
}

TEST_CASE("a write of part of a word is refused", "[rtl][command]") {
  Registers registers;
  CHECK(registers.write(ring(0, RingRegister::kTail), 5) == 0);
  CHECK(registers.write(ring(0, RingRegister::kTail), 0xFFFF, 0x3) == 2);
  CHECK(registers.read(ring(0, RingRegister::kTail)) == 5);
}

TEST_CASE("a soft reset is asked for once and seen until it is through", "[rtl][command]") {
  Registers registers;
  const auto control = static_cast<std::uint32_t>(Register::kControl);
  registers.write(ring(1, RingRegister::kTail), 9);
  registers.write(control, 3);
  CHECK(registers.resets == 1);
  CHECK(registers.model.reset_request_o == 0);
  registers.model.reset_busy_i = 1;
  CHECK(registers.read(Register::kControl) == 3);
  registers.model.clear_i = 1;
  registers.clock();
  registers.model.clear_i = 0;
  registers.model.reset_busy_i = 0;
  CHECK(registers.read(Register::kControl) == 1);
  CHECK(registers.read(ring(1, RingRegister::kTail)) == 0);
}
