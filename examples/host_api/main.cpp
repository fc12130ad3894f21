// The smallest program against an installed Sluice: how the library reports that something went wrong outside it.
#include <cstdio>
#include <string>

#include "host/base/result.hpp"

namespace {

// Experts a token visits: a model may ask for no more than it has.
sluice::Result<int> experts_per_token(int wanted, int available) {
  if (wanted > available) {
    return sluice::Error(sluice::ErrorCode::kInvalidInput,
                         "top-k " + std::to_string(wanted) + " exceeds " + std::to_string(available) + " experts");
  }
  return wanted;
}

sluice::Status run() {
  SLUICE_ASSIGN_OR_RETURN(const int experts, experts_per_token(8, 64));
  std::printf("%d experts a token\n", experts);
  return {};
}

}  // namespace

int main() {
  const sluice::Status status = run();
  if (!status.ok()) {
    std::fprintf(stderr, "error: %s\n", status.error().message().c_str());
    return 1;
  }
  return 0;
}
