// ap_int<N> and ap_uint<N>: integers of any width, with the names and rules of Xilinx's ap_int.h.
//
// Purpose: kernels write #include <ap_int.h> and get this header in native runs and in the project's own HLS flow, and
//   Xilinx's in Vitis HLS. Same operators, result widths and member names; README.md lists the few differences.
// Ownership: plain values, trivially copyable. Bit, range and concatenation proxies refer to the variable they came
//   from and must not outlive it. Threading: no shared state.
// Errors: a bit or range index outside the variable ends a native run with a message (not checked in hardware);
//   dividing by zero is undefined, as for int.
//
// C++17 or later, clang only: the value is a _BitInt(N). Three macros decide which life this is:
//   neither __SYNTHESIS__ nor __SLUICE_HLS__   native run: checks, printing
//   __SLUICE_HLS__ (with __SYNTHESIS__)        this project's flow: no library headers, everything inlined
//   __SYNTHESIS__ alone                        Vitis HLS, which must find its own ap_int.h instead
#pragma once

#if defined(__SYNTHESIS__) && !defined(__SLUICE_HLS__)
#error "Vitis HLS brings its own ap_int.h; take this folder off its include path"
#endif
#ifndef __BITINT_MAXWIDTH__
#error "ap_int.h needs clang's _BitInt (this project builds with clang 19)"
#endif

#ifndef __SLUICE_HLS__
#pragma clang diagnostic ignored "-Wunknown-pragmas"  // kernels carry #pragma HLS, which native runs skip
#endif

#include "sluice_ap/base.h"
#include "sluice_ap/bits.h"
#include "sluice_ap/concat.h"
#include "sluice_ap/operand.h"
#include "sluice_ap/operators.h"
#include "sluice_ap/refs.h"
#ifndef __SLUICE_HLS__
#include "sluice_ap/print.h"
#endif
