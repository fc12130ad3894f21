// Pages of the KV cache in card memory.
//
// Purpose: gives every sequence a page table and pages of kPageTokens positions (all layers) as it grows.
// Ownership: the device owns the memory, the pool the free list. Threading: one thread. Errors: kUnsupported when the
//   pool is used up, the device's own when it cannot be written; either way nothing has changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/base/result.hpp"
#include "host/device/device.hpp"

namespace sluice::engine {

struct KvLayout {
  std::uint32_t entry_lines = 0;  // of one position in one layer
  std::uint32_t layers = 0;
  [[nodiscard]] std::uint32_t layer_line(std::uint32_t layer) const {
    return layer * device::kPageTokens * entry_lines;
  }
  [[nodiscard]] std::uint64_t page_bytes() const {
    return std::uint64_t{layers} * device::kPageTokens * entry_lines * device::kLineBytes;
  }
};

// Pages that hold `tokens` positions.
[[nodiscard]] constexpr std::uint32_t pages_for(std::uint32_t tokens) {
  return static_cast<std::uint32_t>(device::ceil_div(tokens, device::kPageTokens));
}

// Pages of one sequence, mirrored on the card at table_address as 32-bit line numbers.
struct PageTable {
  std::uint64_t address = 0;
  std::vector<std::uint32_t> lines;
};

class KvPool {
 public:
  // Room for `sequences` sequences and `pages` pages in all; no sequence gets longer than max_tokens.
  [[nodiscard]] static Result<KvPool> create(device::Device& device, const KvLayout& layout, std::uint32_t sequences,
                                             std::uint32_t pages, std::uint32_t max_tokens);

  [[nodiscard]] Result<PageTable> open_table();
  // Makes the table hold positions 0 to tokens - 1, which must be at most max_tokens.
  [[nodiscard]] Status extend(PageTable& table, std::uint32_t tokens);
  // Takes back what extend() added: the table holds `tokens` positions again.
  void shrink(PageTable& table, std::uint32_t tokens);
  void close_table(PageTable table);

  [[nodiscard]] std::uint32_t free_pages() const { return static_cast<std::uint32_t>(free_pages_.size()); }
  [[nodiscard]] std::uint32_t pages() const { return pages_; }
  [[nodiscard]] const KvLayout& layout() const { return layout_; }

 private:
  KvPool(device::Device& device, const KvLayout& layout) : device_(&device), layout_(layout) {}
  Status write_table(const PageTable& table, std::size_t first_page);
  void give_back(PageTable& table, std::size_t pages);

  device::Device* device_;
  KvLayout layout_;
  std::uint32_t pages_ = 0;
  std::vector<std::uint32_t> free_pages_;   // first lines
  std::vector<std::uint64_t> free_tables_;  // addresses
};

}  // namespace sluice::engine
