// A 3 x 3 filter in two processes: one makes windows from a line buffer, one applies the coefficients at the picture's
// borders too. Sizes are arguments.
#include <ap_int.h>
#include <hls_stream.h>

#include <cassert>

typedef unsigned char pixel_t;

#define TAPS 3
#define MAX_WIDTH 64
#define MAX_HEIGHT 16
#define CLAMP(v, lo, hi) ((v) < (lo) ? (lo) : (v) > (hi) ? (hi) : (v))

struct window_t {
  pixel_t pix[TAPS][TAPS];
};

static void make_windows(unsigned short width, unsigned short height, hls::stream<pixel_t>& pixels,
                         hls::stream<window_t>& windows) {
  pixel_t lines[TAPS - 1][MAX_WIDTH];
#pragma HLS ARRAY_PARTITION variable = lines dim = 1 complete
#pragma HLS DEPENDENCE variable = lines inter false
#pragma HLS DEPENDENCE variable = lines intra false
  window_t window;
  unsigned column = 0;
  unsigned ahead = width * ((TAPS - 1) / 2) + (TAPS - 1) / 2;
  unsigned count = width * height;
  unsigned steps = count + ahead;
update:
  for (unsigned n = 0; n < steps; n++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = MAX_WIDTH * MAX_HEIGHT + MAX_WIDTH + 1
#pragma HLS PIPELINE II = 1
    pixel_t fresh = (n < count) ? pixels.read() : 0;
    for (int i = 0; i < TAPS; i++) {
      for (int j = 0; j < TAPS - 1; j++) window.pix[i][j] = window.pix[i][j + 1];
      window.pix[i][TAPS - 1] = (i < TAPS - 1) ? lines[i][column] : fresh;
    }
    for (int i = 0; i < TAPS - 2; i++) lines[i][column] = lines[i + 1][column];
    lines[TAPS - 2][column] = fresh;
    if (column == (unsigned)(width - 1)) {
      column = 0;
    } else {
      column++;
    }
    if (n >= ahead) windows.write(window);
  }
}

static void apply(unsigned short width, unsigned short height, short factor, hls::stream<window_t>& windows,
                  hls::stream<pixel_t>& pixels) {
  const char coefficients[TAPS][TAPS] = {{1, 2, 1}, {2, 4, 2}, {1, 2, 1}};
rows:
  for (int y = 0; y < height; y++) {
  columns:
    for (int x = 0; x < width; x++) {
#pragma HLS LOOP_FLATTEN off
#pragma HLS PIPELINE II = 1
      window_t w = windows.read();
      int sum = 0;
      for (int row = 0; row < TAPS; row++) {
        for (int col = 0; col < TAPS; col++) {
          int at_x = x + col - (TAPS / 2);
          int at_y = y + row - (TAPS / 2);
          pixel_t pixel = 0;
          if (at_x >= 0 && at_x < width && at_y >= 0 && at_y < height) pixel = w.pix[row][col];
          sum += pixel * coefficients[row][col];
        }
      }
      pixels.write(CLAMP((sum * factor) >> 8, 0, 255));
    }
  }
}

extern "C" {
void convolution_flow(unsigned short width, unsigned short height, short factor, hls::stream<pixel_t>& src,
                      hls::stream<pixel_t>& dst) {
#pragma HLS DATAFLOW
  hls::stream<window_t, 3> windows;
  assert(width <= MAX_WIDTH);
  assert(height <= MAX_HEIGHT);
  make_windows(width, height, src, windows);
  apply(width, height, factor, windows, dst);
}
}
