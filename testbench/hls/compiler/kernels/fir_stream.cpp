// A FIR filter over a stream: the taps are a constant table, the delay line a static array.
#include <ap_int.h>
#include <hls_stream.h>

constexpr int kTaps = 16;
typedef ap_int<16> Sample;
typedef ap_int<38> Sum;

static const Sample kCoefficients[kTaps] = {-12, 7, 33, -80, 121, -9, 500, 1023, 1023, 500, -9, 121, -80, 33, 7, -12};

void fir_stream(hls::stream<Sample>& in, hls::stream<Sum>& out, int length) {
#pragma HLS INTERFACE axis port = in
#pragma HLS INTERFACE axis port = out
  static Sample delay[kTaps];
#pragma HLS ARRAY_PARTITION variable = delay complete
samples:
  for (int n = 0; n < length; n++) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 1024
    Sum sum = 0;
  shift:
    for (int k = kTaps - 1; k > 0; k--) {
      delay[k] = delay[k - 1];
    }
    delay[0] = in.read();
  multiply:
    for (int k = 0; k < kTaps; k++) {
      sum += delay[k] * kCoefficients[k];
    }
    out.write(sum);
  }
}
