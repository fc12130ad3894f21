// Edges of an image by a line buffer that is a class with its pragmas in the constructor, over AXI streams of pixels.
#include <ap_axi_sdata.h>
#include <ap_int.h>
#include <hls_stream.h>

typedef ap_axiu<24, 1, 1, 1> Pixel;

constexpr int kWidth = 16;
constexpr int kHeight = 4;
constexpr int kSize = 3;

template <int kRows, int kColumns, typename T>
class LineBuffer {
 public:
  T value[kRows][kColumns];
  LineBuffer() {
#pragma HLS ARRAY_PARTITION variable = value dim = 1 complete
  }
  void shift_up(int column, T bottom) {
#pragma HLS INLINE
    for (int i = 0; i < kRows - 1; i++) {
#pragma HLS UNROLL
      value[i][column] = value[i + 1][column];
    }
    value[kRows - 1][column] = bottom;
  }
};

void sobel(hls::stream<Pixel>& source, hls::stream<Pixel>& sink) {
#pragma HLS INTERFACE axis port = source
#pragma HLS INTERFACE axis port = sink
  static LineBuffer<kSize - 1, kWidth, unsigned char> lines;
  static const int kHorizontal[kSize][kSize] = {{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}};
  unsigned char window[kSize][kSize];
#pragma HLS ARRAY_PARTITION variable = window complete dim = 0
rows:
  for (int y = 0; y < kHeight; y++) {
  columns:
    for (int x = 0; x < kWidth; x++) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_FLATTEN
      Pixel in = source.read();
      unsigned char grey = (in.data.range(7, 0) + in.data.range(15, 8) * 2 + in.data.range(23, 16)) >> 2;
      for (int i = 0; i < kSize; i++) {
        for (int j = 0; j < kSize - 1; j++) {
          window[i][j] = y == 0 && x == 0 ? 0 : window[i][j + 1];
        }
        unsigned char above = i == kSize - 1 ? grey : lines.value[i][x];
        window[i][kSize - 1] = y < kSize - 1 - i ? 0 : above;
      }
      lines.shift_up(x, grey);
      int across = 0;
      int down = 0;
      for (int i = 0; i < kSize; i++) {
        for (int j = 0; j < kSize; j++) {
          across += kHorizontal[i][j] * window[i][j];
          down += kHorizontal[j][i] * window[i][j];
        }
      }
      int edge = (across < 0 ? -across : across) + (down < 0 ? -down : down);
      unsigned char out = y < 2 || x < 2 ? 0 : edge > 255 ? 255 : edge;
      Pixel result = in;
      result.data = (ap_uint<8>(out), ap_uint<8>(out), ap_uint<8>(out));
      sink.write(result);
    }
  }
}
