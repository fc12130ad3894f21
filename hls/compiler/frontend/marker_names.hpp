// What the front end calls its markers in the token stream and in the module.
#pragma once

namespace sluice::hlsc {

inline constexpr const char* kMarkerFunction = "__sluice_hls_pragma";
inline constexpr const char* kMarkerConstant = "__sluice_hls_constant";

}  // namespace sluice::hlsc
