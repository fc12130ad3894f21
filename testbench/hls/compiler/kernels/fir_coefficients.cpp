// A FIR filter a call computes, its coefficients in an array argument: the form of the introductory tutorials.
#define N 11

typedef int coef_t;
typedef int data_t;
typedef int acc_t;

void fir_coefficients(data_t* y, coef_t c[N], data_t x) {
#pragma HLS INTERFACE ap_vld port = y
#pragma HLS array_partition variable = c complete
  static data_t taps[N];
#pragma HLS ARRAY_PARTITION variable = taps complete dim = 0
  acc_t acc;
  int i;
  acc = 0;
Shift_Accum_Loop:
  for (i = N - 1; i >= 0; i--) {
#pragma HLS pipeline II = 1
    if (i == 0) {
      taps[0] = x;
      acc += x * c[0];
    } else {
      taps[i] = taps[i - 1];
      acc += taps[i] * c[i];
    }
  }
  *y = acc;
}
