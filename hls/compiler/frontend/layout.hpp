// Where the bits of a C++ type lie in memory and in a packed word.
//
// Purpose: layout_of() flattens a type into its scalars: members in declaration order (bases first), the first lowest,
//   without padding. A record with one scalar and nothing else (ap_int) is that scalar.
//   Templates that the source only mentions are instantiated for it.
// Ownership: values. Threading: none. Errors: a type that has no such layout is reported at the member that forbids it.
#pragma once

#include <clang/Sema/Sema.h>

#include <optional>

#include "hls/compiler/frontend/frontend.hpp"

namespace sluice::hlsc {

// `subject` begins the message ("the payload of stream 'in'"), `location` is where to report what has no better place.
[[nodiscard]] std::optional<PayloadLayout> layout_of(clang::Sema& sema, clang::QualType type,
                                                     const std::string& subject, clang::SourceLocation location,
                                                     Diagnostics& diagnostics);

}  // namespace sluice::hlsc
