// A transposed-free FIR filter with a shift register, as the HLS tutorials write it.
#include <ap_int.h>
#include <hls_stream.h>

constexpr int kTaps = 11;

void fir(int* y, int x) {
  const int c[kTaps] = {53, 0, -91, 0, 313, 500, 313, 0, -91, 0, 53};
  static int shift_reg[kTaps];
#pragma HLS ARRAY_PARTITION variable = shift_reg complete dim = 1
#pragma HLS ARRAY_PARTITION variable = c complete
  int acc = 0;
Shift_Accum_Loop:
  for (int i = kTaps - 1; i >= 0; i--) {
#pragma HLS UNROLL
    if (i == 0) {
      shift_reg[0] = x;
      acc += x * c[0];
    } else {
      shift_reg[i] = shift_reg[i - 1];
      acc += shift_reg[i] * c[i];
    }
  }
  *y = acc;
}
