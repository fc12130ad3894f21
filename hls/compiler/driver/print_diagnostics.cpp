#include "hls/compiler/driver/print_diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sluice::hlsc {
namespace {

const char* name(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  return "";
}

std::string place(const Diagnostic& diagnostic) {
  if (diagnostic.file.empty()) {
    return "sluice-hls: ";
  }
  std::string text = diagnostic.file + ":";
  for (int number : {diagnostic.line, diagnostic.line > 0 ? diagnostic.column : 0}) {
    text += number > 0 ? std::to_string(number) + ":" : "";
  }
  return text + " ";
}

// The line, and below it a caret; tabs stay tabs so that both are as wide.
std::string excerpt(const Diagnostic& diagnostic, SourceLines& sources) {
  if (diagnostic.line <= 0) {
    return "";
  }
  const std::vector<std::string>& lines = sources.of(diagnostic.file);
  const auto index = static_cast<std::size_t>(diagnostic.line) - 1;
  if (index >= lines.size()) {
    return "";
  }
  std::string text = lines[index] + "\n";
  if (diagnostic.column > 0) {
    std::string below = lines[index].substr(0, static_cast<std::size_t>(diagnostic.column) - 1);
    std::ranges::replace_if(below, [](char c) { return c != '\t'; }, ' ');
    text += below + "^\n";
  }
  return text;
}

std::string counted(std::ptrdiff_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string diagnostics_text(const Diagnostics& diagnostics, SourceLines& sources) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    text += fmt::format("{}{}: {}\n", place(diagnostic), name(diagnostic.severity), diagnostic.message);
    text += excerpt(diagnostic, sources);
  }
  auto count = [&](Severity severity) {
    return std::ranges::count(diagnostics.all(), severity, &Diagnostic::severity);
  };
  const std::ptrdiff_t errors = count(Severity::kError);
  const std::ptrdiff_t warnings = count(Severity::kWarning);
  if (errors + warnings > 0) {
    text += fmt::format("{}{}{}.\n", warnings > 0 ? counted(warnings, "warning") : "",
                        warnings > 0 && errors > 0 ? " and " : "", errors > 0 ? counted(errors, "error") : "");
  }
  return text;
}

std::string diagnostics_json(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    const nlohmann::ordered_json object = {{"severity", name(diagnostic.severity)},
                                           {"file", diagnostic.file},
                                           {"line", diagnostic.line},
                                           {"column", diagnostic.column},
                                           {"message", diagnostic.message}};
    text += object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  return text;
}

}  // namespace sluice::hlsc
