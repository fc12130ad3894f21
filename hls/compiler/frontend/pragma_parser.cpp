#include "hls/compiler/frontend/pragma_parser.hpp"

#include <llvm/ADT/StringExtras.h>

#include <set>

#include "hls/compiler/frontend/pragma_table.hpp"

namespace sluice::hlsc {
namespace {

using clang::SourceLocation;
using clang::Token;

class PragmaParser {
 public:
  PragmaParser(clang::Preprocessor& preprocessor, SourceLocation location, const std::vector<Token>& tokens)
      : preprocessor_(preprocessor), location_(location), tokens_(tokens) {}

  std::optional<ParsedPragma> parse() {
    if (!at_word()) {
      return fail(place(), "#pragma HLS needs the name of a directive");
    }
    written_ = preprocessor_.getSpelling(tokens_[0]);
    directive_ = find_directive(llvm::StringRef(written_).lower());
    if (directive_ == nullptr) {
      std::vector<std::string_view> names;
      for (const PragmaDirective& known : pragma_table()) {
        names.push_back(known.name);
      }
      return fail_unknown("unknown directive", written_, nearest(llvm::StringRef(written_).lower(), names), true);
    }
    if (!may_use(directive_->use, "#pragma HLS " + written_, directive_->advice, tokens_[0].getLocation())) {
      return std::nullopt;
    }
    if (directive_->use != Use::kLowered) {
      return ParsedPragma{};
    }
    result_.text = directive_->name;
    next_ = 1;
    while (next_ < tokens_.size()) {
      if (!parse_option()) {
        return std::nullopt;
      }
    }
    for (const PragmaOption& option : directive_->options) {
      if (option.required && !seen_.contains(option.name)) {
        return fail(tokens_[0].getLocation(), "#pragma HLS " + written_ + " needs " + std::string(option.name) + "=");
      }
    }
    return has_dropped_mode_ ? ParsedPragma{} : std::move(result_);
  }

 private:
  bool parse_option() {
    if (!at_word()) {
      (void)fail(place(), "expected an option of #pragma HLS " + written_ + ", found '" +
                              preprocessor_.getSpelling(tokens_[next_]) + "'" + expanded_from());
      return false;
    }
    std::string spelling = preprocessor_.getSpelling(tokens_[next_]);
    std::string name = llvm::StringRef(spelling).lower();
    bool has_value = next_ + 1 < tokens_.size() && tokens_[next_ + 1].is(clang::tok::equal);
    const PragmaOption* option = has_value ? find_option(*directive_, name) : find_bare_option(*directive_, name);
    if (option == nullptr && !has_value) {
      option = find_option(*directive_, name);
    }
    if (option == nullptr) {
      (void)fail_unknown("unknown option", spelling, nearest(name, spellings()), false);
      return false;
    }
    if (!seen_.insert(option->name).second) {
      (void)fail(place(), "#pragma HLS " + written_ + " has " + std::string(option->name) + " twice");
      return false;
    }
    if (!may_use(option->use, "option " + spelling + " of #pragma HLS " + written_, {}, place())) {
      return false;
    }
    if (!has_value && (option->kind == OptionKind::kObject || option->kind == OptionKind::kNumber)) {
      (void)fail(place(), "option " + spelling + " of #pragma HLS " + written_ + " needs a value: " + spelling + "=");
      return false;
    }
    if (!has_value && option->kind == OptionKind::kWord && !option->bare) {
      (void)fail(place(), "option " + spelling + " of #pragma HLS " + written_ + " needs a value: " + spelling + "=");
      return false;
    }
    if (!has_value && option->kind == OptionKind::kWord && find_word(*option, name) == nullptr) {
      (void)fail(place(), "option " + spelling + " of #pragma HLS " + written_ + " needs a value: " + spelling + "=");
      return false;
    }
    next_ += has_value ? 2 : 0;
    switch (option->kind) {
      case OptionKind::kObject:
      case OptionKind::kNumber:
        return parse_value(*option);
      case OptionKind::kWord:
        return parse_word(*option);
      case OptionKind::kFlag:
        return parse_flag(*option, has_value);
    }
    return false;
  }

  bool parse_value(const PragmaOption& option) {
    SourceLocation start = place();
    std::vector<Token> value = take_expression();
    if (value.empty()) {
      (void)fail(start, "option " + std::string(option.name) + " of #pragma HLS " + written_ + " has no value");
      return false;
    }
    if (option.use != Use::kLowered) {
      return true;
    }
    bool is_object = option.kind == OptionKind::kObject;
    if (is_object && value.size() == 1 && value[0].is(clang::tok::kw_return)) {
      result_.text += " " + std::string(option.name) + "=return";
      return true;
    }
    result_.text += " " + std::string(option.name) + "=%";
    result_.values.push_back({.is_object = is_object, .tokens = std::move(value)});
    return true;
  }

  bool parse_word(const PragmaOption& option) {
    SourceLocation start = place();
    std::vector<Token> value = take_expression();
    std::string what = "option " + std::string(option.name) + " of #pragma HLS " + written_;
    if (value.size() != 1) {
      (void)fail(start, what + (value.empty() ? " has no value" : " takes one word"));
      return false;
    }
    std::string spelling = preprocessor_.getSpelling(value[0]);
    std::string text = option.words.empty() ? spelling : llvm::StringRef(spelling).lower();
    Use use = option.use;
    if (!option.words.empty()) {
      const PragmaWord* known = find_word(option, text);
      if (known == nullptr) {
        std::vector<std::string_view> texts;
        texts.reserve(option.words.size());
        for (const PragmaWord& candidate : option.words) {
          texts.push_back(candidate.text);
        }
        return fail(start, what + " can't be '" + spelling + "'; it is one of " + llvm::join(texts, ", ")).has_value();
      }
      std::string subject = std::string(option.name) + "=" + text + " in #pragma HLS " + written_;
      if (!may_use(known->use, subject, known->advice, start)) {
        return false;
      }
      use = use == Use::kLowered ? known->use : use;
      has_dropped_mode_ |= option.name == "mode" && known->use != Use::kLowered;
    }
    if (use == Use::kLowered) {
      result_.text += " " + (option.bare ? "" : std::string(option.name) + "=") + text;
    }
    return true;
  }

  // Newer versions write off=true.
  bool parse_flag(const PragmaOption& option, bool has_value) {
    if (!has_value) {
      ++next_;
    } else {
      SourceLocation start = place();
      std::vector<Token> value = take_expression();
      if (value.size() == 1 && value[0].is(clang::tok::kw_false)) {
        return true;
      }
      if (value.size() != 1 || value[0].isNot(clang::tok::kw_true)) {
        (void)fail(start, "option " + std::string(option.name) + " of #pragma HLS " + written_ + " is true or false");
        return false;
      }
    }
    if (option.use == Use::kLowered) {
      result_.text += " " + std::string(option.name);
    }
    return true;
  }

  // Up to the next option: a word that follows a complete operand outside of brackets.
  std::vector<Token> take_expression() {
    std::vector<Token> taken;
    int depth = 0;
    while (next_ < tokens_.size()) {
      const Token& token = tokens_[next_];
      if (depth == 0 && !taken.empty() && at_word() && ends_operand(taken.back())) {
        break;
      }
      if (token.isOneOf(clang::tok::l_paren, clang::tok::l_square, clang::tok::l_brace)) {
        ++depth;
      } else if (token.isOneOf(clang::tok::r_paren, clang::tok::r_square, clang::tok::r_brace)) {
        --depth;
      }
      taken.push_back(token);
      ++next_;
    }
    return taken;
  }

  static bool ends_operand(const Token& token) {
    return token.getIdentifierInfo() != nullptr || token.isLiteral() ||
           token.isOneOf(clang::tok::r_paren, clang::tok::r_square);
  }

  bool at_word() const { return next_ < tokens_.size() && tokens_[next_].getIdentifierInfo() != nullptr; }

  SourceLocation place() const { return next_ < tokens_.size() ? tokens_[next_].getLocation() : location_; }

  std::string expanded_from() const {
    SourceLocation location = place();
    if (!location.isMacroID()) {
      return "";
    }
    llvm::StringRef macro =
        clang::Lexer::getImmediateMacroName(location, preprocessor_.getSourceManager(), preprocessor_.getLangOpts());
    return " (expanded from macro " + macro.str() + ")";
  }

  std::vector<std::string_view> spellings() const {
    std::vector<std::string_view> all;
    for (const PragmaOption& option : directive_->options) {
      all.push_back(option.name);
      if (option.bare) {
        for (const PragmaWord& known : option.words) {
          all.push_back(known.text);
        }
      }
    }
    return all;
  }

  bool may_use(Use use, const std::string& subject, std::string_view advice, SourceLocation location) {
    std::string reason = advice.empty() ? "" : ": " + std::string(advice);
    if (use == Use::kIgnored) {
      report(clang::DiagnosticsEngine::Warning, location, subject + " is ignored" + reason);
    } else if (use == Use::kRefused) {
      report(clang::DiagnosticsEngine::Error, location, subject + " is not supported" + reason);
    }
    return use != Use::kRefused;
  }

  std::optional<ParsedPragma> fail_unknown(const std::string& what, const std::string& spelling,
                                           const std::string& suggestion, bool is_directive) {
    return fail(place(), what + " '" + spelling + "' " +
                             (is_directive ? "in #pragma HLS" : "of #pragma HLS " + written_) + expanded_from() +
                             (suggestion.empty() ? "" : "; did you mean '" + suggestion + "'?"));
  }

  std::optional<ParsedPragma> fail(SourceLocation location, const std::string& message) {
    report(clang::DiagnosticsEngine::Error, location, message);
    return std::nullopt;
  }

  void report(clang::DiagnosticsEngine::Level level, SourceLocation location, const std::string& message) {
    clang::DiagnosticsEngine& engine = preprocessor_.getDiagnostics();
    engine.Report(location,
                  engine.getDiagnosticIDs()->getCustomDiagID(static_cast<clang::DiagnosticIDs::Level>(level), "%0"))
        << message;
  }

  clang::Preprocessor& preprocessor_;
  SourceLocation location_;
  const std::vector<Token>& tokens_;
  std::size_t next_ = 0;
  const PragmaDirective* directive_ = nullptr;
  std::string written_;  // the directive
  std::set<std::string_view> seen_;
  ParsedPragma result_;
  bool has_dropped_mode_ = false;  // INTERFACE with a mode that leaves nothing to do
};

}  // namespace

std::optional<ParsedPragma> parse_pragma(clang::Preprocessor& preprocessor, SourceLocation location,
                                         const std::vector<Token>& tokens) {
  return PragmaParser(preprocessor, location, tokens).parse();
}

}  // namespace sluice::hlsc
