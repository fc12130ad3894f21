// hls::stream<T> and hls::stream<T, Depth>: FIFOs between processes, with the names of Xilinx's hls_stream.h.
//
// Purpose: kernels write #include <hls_stream.h> and get this header in native runs and in the project's own HLS flow,
//   and Xilinx's in Vitis HLS. A stream<T, Depth> can be passed where a stream<T>& is asked for.
// Ownership: a stream owns its words; it is neither copied nor moved. T is any trivially copyable type.
// Threading: natively a stream belongs to one thread, or within sluice_hls::simulate(kThreads) to the processes of that
//   run. Errors: see sluice_stream/run.h.
#pragma once

#if defined(__SYNTHESIS__) && !defined(__SLUICE_HLS__)
#error "Vitis HLS brings its own hls_stream.h; take this folder off its include path"
#endif

#ifdef __SLUICE_HLS__
#include "sluice_stream/hardware.h"
#else
#pragma clang diagnostic ignored "-Wunknown-pragmas"  // kernels carry #pragma HLS, which native runs skip
#include "sluice_stream/native.h"
#endif
