// Expected failures as values.
//
// Purpose: functions that can fail for reasons outside the program (a file, a device, a request) return Status or
//   Result<T>; broken invariants use SLUICE_CHECK (base/check.hpp) and end the process.
// Ownership: an Error owns its message. Threading: plain values, no shared state.
// Convention: the message is one line, starts in lower case, names the thing at fault and says the next step where
//   there is one; the code decides the exit status of the command line tools.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace sluice {

enum class ErrorCode {
  kInvalidInput,  // the user's file, flag or request is wrong; exit status 2
  kNotFound,      // a named thing does not exist; exit status 2
  kUnsupported,   // valid, but not something this build or device does; exit status 2
  kDevice,        // the device refused, failed or disagreed; exit status 3
  kTimeout,       // a wait passed its deadline; exit status 3
  kIo,            // the operating system refused; exit status 3
};

class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}
  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }

  // The same error with `prefix: ` in front of its message, to say where it came from.
  [[nodiscard]] Error within(const std::string& prefix) const { return {code_, prefix + ": " + message_}; }

 private:
  ErrorCode code_;
  std::string message_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<std::monostate, Error> state_;
};

using Status = Result<void>;

}  // namespace sluice

// Returns the error of `expression` (a Status or Result) from the enclosing function, if it has one.
#define SLUICE_RETURN_IF_ERROR(expression)                          \
  do {                                                              \
    if (auto sluice_status_ = (expression); !sluice_status_.ok()) { \
      return sluice_status_.error();                                \
    }                                                               \
  } while (false)

#define SLUICE_CONCAT_INNER(a, b) a##b
#define SLUICE_CONCAT(a, b) SLUICE_CONCAT_INNER(a, b)
#define SLUICE_ASSIGN_OR_RETURN_IMPL(temporary, declaration, expression) \
  auto temporary = (expression);                                         \
  if (!temporary.ok()) {                                                 \
    return temporary.error();                                            \
  }                                                                      \
  declaration = std::move(temporary).value()

// `SLUICE_ASSIGN_OR_RETURN(auto file, open(path));`
#define SLUICE_ASSIGN_OR_RETURN(declaration, expression) \
  SLUICE_ASSIGN_OR_RETURN_IMPL(SLUICE_CONCAT(sluice_result_, __LINE__), declaration, expression)
