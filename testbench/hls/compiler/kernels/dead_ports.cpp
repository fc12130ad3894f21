// Parameters whose use changes nothing: an array that is read for nothing, one with members that nobody reads, a stream
// that is never written (and one that nothing names). All keep their ports, each in its direction.
#include <ap_int.h>
#include <hls_stream.h>

struct Pair {
  ap_uint<8> used;
  ap_int<20> unused[2];
};

void dead_ports(hls::stream<ap_uint<8> >& in, hls::stream<ap_uint<12> >& never, hls::stream<ap_uint<9> >& unnamed,
                hls::stream<ap_uint<8> >& out, int n, ap_uint<17> for_nothing[32], Pair pairs[8]) {
  for (int i = 0; i < n; i++) {
#pragma HLS PIPELINE II = 1
    ap_uint<8> x = in.read();
    ap_uint<17> nothing = for_nothing[i & 31];
    if (ap_uint<17>(nothing * 0) != 0) {
      never.write(nothing);
    }
    out.write(x + pairs[ap_uint<3>(x)].used);
  }
}
