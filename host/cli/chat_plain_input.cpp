#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "host/base/utf8.hpp"
#include "host/cli/chat_input.hpp"
#include "host/cli/interrupt.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t kMaxLineBytes = std::size_t{16} << 20;

class PlainInput : public ChatInput {
 public:
  Result<std::optional<std::string>> next() override {
    std::size_t end = pending_.find('\n');
    while (end == std::string::npos && !ended_) {
      const std::size_t before = pending_.size();
      SLUICE_RETURN_IF_ERROR(read_more());
      end = pending_.find('\n', before);
      if (end == std::string::npos && pending_.size() > kMaxLineBytes) {
        return Error(ErrorCode::kInvalidInput, "standard input: a line is longer than 16 MiB");
      }
    }
    if (interrupt_requested() || (end == std::string::npos && pending_.empty())) {
      return std::optional<std::string>();
    }
    std::string line = pending_.substr(0, end);
    pending_.erase(0, end == std::string::npos ? end : end + 1);
    return std::optional(replace_invalid_utf8(line));
  }

 private:
  // What there is, at least a byte; sets ended_ at the end or for an interrupt.
  Status read_more() {
    while (!interrupt_requested() && !wait_for_input(STDIN_FILENO)) {
    }
    std::array<char, 65536> bytes{};
    const ssize_t count = interrupt_requested() ? 0 : ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count < 0) {
      return Error(ErrorCode::kIo, "standard input: " + std::generic_category().message(errno));
    }
    ended_ = count == 0;
    pending_.append(bytes.data(), static_cast<std::size_t>(count));
    return {};
  }

  std::string pending_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ChatInput> plain_input() { return std::make_unique<PlainInput>(); }

}  // namespace sluice::cli
