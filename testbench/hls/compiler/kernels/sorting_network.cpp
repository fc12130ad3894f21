// A bitonic sorting network for eight keys a word of the input.
#include <ap_int.h>
#include <hls_stream.h>

constexpr int kKeys = 8;

struct Keys {
  ap_uint<12> key[kKeys];
};

static void compare_exchange(ap_uint<12>& low, ap_uint<12>& high) {
#pragma HLS INLINE
  if (low > high) {
    ap_uint<12> other = low;
    low = high;
    high = other;
  }
}

void sorting_network(hls::stream<Keys>& in, hls::stream<Keys>& out, int count) {
words:
  for (int w = 0; w < count; w++) {
#pragma HLS PIPELINE II = 1
    Keys keys = in.read();
  stages:
    for (int k = 2; k <= kKeys; k *= 2) {
#pragma HLS UNROLL
    substages:
      for (int j = k / 2; j > 0; j /= 2) {
#pragma HLS UNROLL
      pairs:
        for (int i = 0; i < kKeys; i++) {
#pragma HLS UNROLL
          int other = i ^ j;
          if (other > i) {
            if ((i & k) == 0) {
              compare_exchange(keys.key[i], keys.key[other]);
            } else {
              compare_exchange(keys.key[other], keys.key[i]);
            }
          }
        }
      }
    }
    out.write(keys);
  }
}
