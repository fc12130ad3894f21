// A 3 x 3 convolution with a line buffer and a window, a pixel a cycle.
#include <ap_int.h>
#include <hls_stream.h>

constexpr int kWidth = 16;
constexpr int kHeight = 12;
typedef ap_uint<8> Pixel;

void convolution(hls::stream<Pixel>& in, hls::stream<Pixel>& out) {
#pragma HLS INTERFACE mode = axis port = in
#pragma HLS INTERFACE mode = axis port = out
  const int kernel[3][3] = {{1, 2, 1}, {2, 4, 2}, {1, 2, 1}};
  Pixel lines[2][kWidth];
  Pixel window[3][3];
#pragma HLS ARRAY_PARTITION variable = lines complete dim = 1
#pragma HLS ARRAY_PARTITION variable = window complete dim = 0
rows:
  for (int y = 0; y < kHeight; y++) {
  columns:
    for (int x = 0; x < kWidth; x++) {
#pragma HLS PIPELINE II = 1
      Pixel pixel = in.read();
      for (int i = 0; i < 3; i++) {
        window[i][0] = window[i][1];
        window[i][1] = window[i][2];
      }
      window[0][2] = lines[0][x];
      window[1][2] = lines[1][x];
      window[2][2] = pixel;
      lines[0][x] = lines[1][x];
      lines[1][x] = pixel;
      if (y >= 2 && x >= 2) {
        int sum = 0;
        for (int i = 0; i < 3; i++) {
          for (int j = 0; j < 3; j++) {
            sum += window[i][j] * kernel[i][j];
          }
        }
        out.write(sum / 16);
      }
    }
  }
}
