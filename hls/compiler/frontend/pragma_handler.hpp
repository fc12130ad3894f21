// Replaces `#pragma HLS ...` by a marker statement in clang's token stream.
//
// Purpose: `#pragma HLS UNROLL factor=N` becomes
//     __sluice_hls_pragma("unroll factor=%", __sluice_hls_constant<(N)>::value);
//   so that macros, templates and scopes mean in a pragma what they mean around it. What belongs to
//   a value lies where the value does, all else at the pragma, which is how a diagnostic about the marker itself is
//   told from one about a value. marker_declarations() is what the statement needs declared.
// Ownership: the preprocessor owns the handlers, which refer to `sites`. Threading: none. Errors: custom diagnostics of
//   the preprocessor's engine.
#pragma once

#include <clang/Lex/Preprocessor.h>

#include <map>
#include <string>

namespace sluice::hlsc {

// The markers made, by the place of their first token: the directive as it was written.
using PragmaSites = std::map<clang::SourceLocation, std::string>;

void add_pragma_handlers(clang::Preprocessor& preprocessor, PragmaSites& sites);

[[nodiscard]] std::string marker_declarations();

}  // namespace sluice::hlsc
