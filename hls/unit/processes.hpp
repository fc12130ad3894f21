// Dataflow processes by name, so that a native run can give each a thread; plain calls for Vitis HLS, which has no such
// header.
#pragma once

#if __has_include(<sluice_dataflow.h>)
#include <sluice_dataflow.h>
#else
#define SLUICE_DATAFLOW_BEGIN
#define SLUICE_PROCESS(function, ...) function(__VA_ARGS__)
#define SLUICE_DATAFLOW_END
#endif
