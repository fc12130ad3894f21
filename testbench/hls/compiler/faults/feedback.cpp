// Two values that go from iteration to iteration: a square, which is late and is written by the next iteration as soon
// as it is there, and a word, which is there at once and is used late.
#include <ap_int.h>
#include <hls_stream.h>

void feedback(hls::stream<ap_uint<32>>& in, hls::stream<ap_uint<32>>& squares, hls::stream<ap_uint<32>>& mixed, int n) {
  ap_uint<32> square = 1;
  ap_uint<32> last = 0;
words:
  for (int i = 0; i < n; i++) {
#pragma HLS PIPELINE II = 1
    ap_uint<32> word = in.read();
    squares.write(square);
    square = word * word;
    mixed.write(square ^ last);
    last = word;
  }
}
