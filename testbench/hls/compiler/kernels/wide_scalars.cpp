// Scalars of more than 64 bits that reach a DATAFLOW region and its processes in memory: the registers of the ABI are
// used up.
#include <ap_int.h>
#include <hls_stream.h>

static void add(hls::stream<ap_int<33> >& in, hls::stream<ap_int<77> >& out, int n, ap_int<77> offset) {
  for (int i = 0; i < n; i++) {
#pragma HLS PIPELINE II = 1
    out.write(in.read() + offset);
  }
}

static void mix(hls::stream<ap_int<77> >& in, hls::stream<ap_int<77> >& out, hls::stream<ap_int<77> >& copy, int n,
                int a, int b, ap_int<77> offset) {
  for (int i = 0; i < n; i++) {
#pragma HLS PIPELINE II = 1
    ap_int<77> x = (in.read() ^ offset) + ap_int<77>(a) - b;
    out.write(x);
    copy.write(x);
  }
}

void wide_scalars(hls::stream<ap_int<33> >& in, hls::stream<ap_int<77> >& out, hls::stream<ap_int<77> >& copy, int n,
                  int a, int b, ap_int<77> offset) {
#pragma HLS DATAFLOW
  hls::stream<ap_int<77>, 4> middle("middle");
  add(in, middle, n, offset);
  mix(middle, out, copy, n, a, b, offset + 1);
}
