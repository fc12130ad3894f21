// Two values that go from iteration to iteration: a product, which takes as long as the loop's II allows, and the word of
// the iteration before, which is read late.
#include <ap_int.h>
#include <hls_stream.h>

void feedback(hls::stream<ap_uint<32>>& in, hls::stream<ap_uint<32>>& out, int n) {
  ap_uint<32> product = 1;
  ap_uint<32> last = 0;
words:
  for (int i = 0; i < n; i++) {
#pragma HLS PIPELINE II = 5
    ap_uint<32> word = in.read();
    product = product * word + 3;
    out.write(product * product ^ last);
    last = word;
  }
}
