#include <ap_int.h>
#include <hls_stream.h>
struct R { ap_uint<3> a; signed char b[2]; ap_uint<162> d; ap_uint<40> e;ap_uint<100> f; };
void k(hls::stream<R>& in, hls::stream<R>& out, int n) {
  R m[8];
  for (int i = 0; i < 8; i++) m[i] = in.read();
  m[n & 7].d = n;
  m[n & 3].f = n;
  for (int i = 0; i < 8; i++) out.write(m[i]);
}
