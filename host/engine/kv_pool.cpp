#include "host/engine/kv_pool.hpp"

#include <algorithm>
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
  pool.pages_ = pages;
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

Status KvPool::extend(PageTable& table, std::uint32_t tokens) {
  const std::size_t before = table.lines.size();
  const std::size_t wanted = std::max<std::size_t>(before, pages_for(tokens));
  if (wanted - before > free_pages_.size()) {
    return Error(ErrorCode::kUnsupported, "the KV cache is full: end a sequence or give it more pages");
  }
  if (wanted == before) {
    return {};
  }
  while (table.lines.size() < wanted) {
    table.lines.push_back(free_pages_.back());
    free_pages_.pop_back();
  }
  Status written = write_table(table, before);
  if (!written.ok()) {
    give_back(table, before);
  }
  return written;
}

void KvPool::shrink(PageTable& table, std::uint32_t tokens) { give_back(table, pages_for(tokens)); }

void KvPool::close_table(PageTable table) {
  give_back(table, 0);
  free_tables_.push_back(table.address);
}

// Writes the lines of the table that hold its pages from `first_page` on.
Status KvPool::write_table(const PageTable& table, std::size_t first_page) {
  const std::size_t first = first_page / kEntriesPerLine * kEntriesPerLine;
  const std::size_t count = table.lines.size() - first;
  std::vector<std::byte> bytes(device::ceil_div(4 * count, kLineBytes) * kLineBytes);
  std::memcpy(bytes.data(), table.lines.data() + first, 4 * count);
  return device_->write(table.address + 4 * first, bytes);
}

// Keeps the first `pages` pages of the table.
void KvPool::give_back(PageTable& table, std::size_t pages) {
  while (table.lines.size() > pages) {
    free_pages_.push_back(table.lines.back());
    table.lines.pop_back();
  }
}

}  // namespace sluice::engine
