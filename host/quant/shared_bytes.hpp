// Bytes that nobody changes any more, with a share in whatever keeps them alive.
//
// Purpose: a matrix that was just packed and one that lies in a mapped file look the same to those who read it.
// Ownership: copies share the bytes; the last one frees them (or unmaps the file). Threading: read-only.
// Errors: none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace sluice::quant {

class SharedBytes {
 public:
  SharedBytes() = default;

  // Keeps the vector itself.
  explicit SharedBytes(std::vector<std::byte> bytes) {
    auto kept = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    bytes_ = *kept;
    owner_ = std::move(kept);
  }

  // `bytes` must live as long as `owner` does.
  SharedBytes(std::shared_ptr<const void> owner, std::span<const std::byte> bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}

  [[nodiscard]] std::span<const std::byte> span() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  // What keeps the bytes alive.
  [[nodiscard]] const std::shared_ptr<const void>& owner() const { return owner_; }

  // Compares the contents.
  friend bool operator==(const SharedBytes& a, const SharedBytes& b) {
    return std::equal(a.bytes_.begin(), a.bytes_.end(), b.bytes_.begin(), b.bytes_.end());
  }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
};

}  // namespace sluice::quant
