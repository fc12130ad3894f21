#include "host/engine/kv_pool.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace sluice::engine {
namespace {

using device::kLineBytes;
using device::kPageTokens;

constexpr std::uint32_t kEntriesPerLine = kLineBytes / 4;

}  // namespace

Result<KvPool> KvPool::create(device::Device& device, const KvLayout& layout, std::uint32_t sequences,
                              std::uint32_t pages, std::uint32_t max_tokens) {
  KvPool pool(device, layout);
  SLUICE_ASSIGN_OR_RETURN(const std::uint64_t base, device.allocate(layout.page_bytes() * pages));
  for (std::uint32_t page = pages; page-- > 0;) {
    pool.free_pages_.push_back(static_cast<std::uint32_t>((base + page * layout.page_bytes()) / kLineBytes));
  }
  const std::uint64_t table_lines = device::ceil_div(device::ceil_div(max_tokens, kPageTokens), kEntriesPerLine);
  for (std::uint32_t sequence = 0; sequence < sequences; ++sequence) {
    SLUICE_ASSIGN_OR_RETURN(const std::uint64_t table, device.allocate(table_lines * kLineBytes));
    pool.free_tables_.push_back(table);
  }
  return pool;
}

Result<PageTable> KvPool::open_table() {
  if (free_tables_.empty()) {
    return Error(ErrorCode::kUnsupported, "no room for another sequence in the KV cache: close one first");
  }
  PageTable table;
  table.address = free_tables_.back();
  free_tables_.pop_back();
  return table;
}

Status KvPool::extend(PageTable& table, std::uint32_t position) {
  while (table.lines.size() <= position / kPageTokens) {
    if (free_pages_.empty()) {
      return Error(ErrorCode::kUnsupported, "the KV cache is full: end a sequence or give it more pages");
    }
    table.lines.push_back(free_pages_.back());
    free_pages_.pop_back();
    const std::size_t first = (table.lines.size() - 1) / kEntriesPerLine * kEntriesPerLine;
    std::array<std::byte, kLineBytes> line = {};
    std::memcpy(line.data(), table.lines.data() + first, 4 * (table.lines.size() - first));
    SLUICE_RETURN_IF_ERROR(device_->write(table.address + 4 * first, line));
  }
  return {};
}

void KvPool::close_table(PageTable table) {
  free_pages_.insert(free_pages_.end(), table.lines.rbegin(), table.lines.rend());
  free_tables_.push_back(table.address);
}

}  // namespace sluice::engine
