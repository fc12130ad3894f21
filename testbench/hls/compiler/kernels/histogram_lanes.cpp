// A histogram of four pixels a word, a table a lane, the last bin of each kept in a register.
#include <ap_int.h>
#include <hls_stream.h>

#include <cassert>

#define BINS 256
typedef ap_uint<8> pixel_t;
typedef ap_uint<32> count_t;

static void clear(count_t h[4][BINS]) {
#pragma HLS INLINE off
  for (int i = 0; i < BINS; i++) {
#pragma HLS PIPELINE II = 1
    for (int k = 0; k < 4; k++) {
#pragma HLS UNROLL
      h[k][i] = 0;
    }
  }
}

void histogram_lanes(hls::stream<ap_uint<32> >& pixels, count_t hist[BINS], int words) {
#pragma HLS INTERFACE axis port = pixels
#pragma HLS INTERFACE bram port = hist
#pragma HLS INTERFACE ap_none port = words
  count_t h[4][BINS];
#pragma HLS array_partition variable = h complete dim = 1
#pragma HLS RESOURCE variable = h core = RAM_2P_BRAM
  assert(words <= 4096);
  clear(h);
  pixel_t last[4];
  count_t acc[4];
#pragma HLS array_partition variable = last complete
#pragma HLS array_partition variable = acc complete
  for (int k = 0; k < 4; k++) {
    last[k] = 0;
    acc[k] = 0;
  }
count:
  for (int i = 0; i < words; i++) {
#pragma HLS PIPELINE II = 2
#pragma HLS DEPENDENCE variable = h intra RAW false
#pragma HLS loop_tripcount min = 1 max = 4096
    ap_uint<32> word = pixels.read();
    for (int k = 0; k < 4; k++) {
      pixel_t pixel = word.range(8 * k + 7, 8 * k);
      if (pixel == last[k]) {
        acc[k]++;
      } else {
        h[k][last[k]] = acc[k];
        acc[k] = h[k][pixel] + 1;
      }
      last[k] = pixel;
    }
  }
  for (int k = 0; k < 4; k++) {
#pragma HLS UNROLL
    h[k][last[k]] = acc[k];
  }
sum:
  for (int i = 0; i < BINS; i++) {
#pragma HLS PIPELINE II = 1
    hist[i] = h[0][i] + h[1][i] + h[2][i] + h[3][i];
  }
}
