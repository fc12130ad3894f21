#include "hls/compiler/frontend/pragma_handler.hpp"

#include <clang/Lex/Pragma.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "hls/compiler/frontend/marker_names.hpp"
#include "hls/compiler/frontend/pragma_parser.hpp"

namespace sluice::hlsc {
namespace {

using clang::Token;
namespace tok = clang::tok;

// The tokens of a marker statement; those it makes itself lie at `location`.
class MarkerTokens {
 public:
  MarkerTokens(clang::Preprocessor& preprocessor, clang::SourceLocation location)
      : preprocessor_(preprocessor), location_(location) {}

  void add(tok::TokenKind kind) { tokens_.push_back(make(kind)); }
  void add_identifier(const char* name) {
    Token token = make(tok::identifier);
    token.setIdentifierInfo(preprocessor_.getIdentifierInfo(name));
    tokens_.push_back(token);
  }
  void add_string(const std::string& text) {
    Token token = make(tok::string_literal);
    preprocessor_.CreateString('"' + text + '"', token, location_, location_);
    tokens_.push_back(token);
  }
  void add_value(const PragmaValue& value) {
    add(tok::comma);
    const clang::SourceLocation statement = std::exchange(location_, value.tokens.front().getLocation());
    if (value.is_object) {
      add_identifier("__builtin_addressof");
    } else {
      add_identifier(kMarkerConstant);
      add(tok::less);
    }
    add(tok::l_paren);
    tokens_.insert(tokens_.end(), value.tokens.begin(), value.tokens.end());
    add(tok::r_paren);
    if (!value.is_object) {
      add(tok::greater);
      add(tok::coloncolon);
      add_identifier("value");
    }
    location_ = statement;
  }
  void enter() {
    auto copy = std::make_unique<Token[]>(tokens_.size());
    std::ranges::copy(tokens_, copy.get());
    preprocessor_.EnterTokenStream(std::move(copy), static_cast<unsigned>(tokens_.size()),
                                   /*DisableMacroExpansion=*/true,
                                   /*IsReinject=*/false);
  }

 private:
  Token make(tok::TokenKind kind) const {
    Token token;
    token.startToken();
    token.setKind(kind);
    token.setLocation(location_);
    return token;
  }

  clang::Preprocessor& preprocessor_;
  clang::SourceLocation location_;
  std::vector<Token> tokens_;
};

class HlsPragmaHandler : public clang::PragmaHandler {
 public:
  HlsPragmaHandler(llvm::StringRef name, PragmaSites& sites) : clang::PragmaHandler(name), sites_(sites) {}

  void HandlePragma(clang::Preprocessor& preprocessor, clang::PragmaIntroducer /*introducer*/, Token& first) override {
    clang::SourceLocation location = first.getLocation();
    std::vector<Token> tokens;
    Token token;
    for (preprocessor.Lex(token); token.isNot(tok::eod); preprocessor.Lex(token)) {
      tokens.push_back(token);
    }
    std::optional<ParsedPragma> parsed = parse_pragma(preprocessor, location, tokens);
    if (!parsed || parsed->text.empty()) {
      return;
    }
    sites_[location] = preprocessor.getSpelling(tokens.front());
    MarkerTokens marker(preprocessor, location);
    marker.add_identifier(kMarkerFunction);
    marker.add(tok::l_paren);
    marker.add_string(parsed->text);
    for (const PragmaValue& value : parsed->values) {
      marker.add_value(value);
    }
    marker.add(tok::r_paren);
    marker.add(tok::semi);
    marker.enter();
  }

 private:
  PragmaSites& sites_;
};

}  // namespace

void add_pragma_handlers(clang::Preprocessor& preprocessor, PragmaSites& sites) {
  for (const char* name : {"HLS", "hls"}) {
    preprocessor.AddPragmaHandler(new HlsPragmaHandler(name, sites));
  }
}

// The marker is constexpr, and so defined, because constexpr functions may have pragmas; the body goes with finish.cpp.
std::string marker_declarations() {
  return std::string("extern \"C\" constexpr void ") + kMarkerFunction + "(const char*, ...) {}\n" +
         "template <int V> struct " + kMarkerConstant + " { enum : int { value = V }; };\n";
}

}  // namespace sluice::hlsc
