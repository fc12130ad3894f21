// Arrays of more elements than are written out one by one: loops set them to 0, one element a short cycle.
#include <ap_int.h>
#include <hls_stream.h>
void zeroed_arrays(hls::stream<int>& in, hls::stream<int>& out, ap_uint<8> more) {
  int a[200] = {};
  int b[3][100] = {};
  static ap_uint<70> c[300] = {};
  for (int i = 0; i < 100; i++) {
    a[in.read() & 127] = i;
    c[i] += 3;
  }
  for (int i = 0; i < 100; i++) b[1][i] = a[i];
  for (int i = 0; i < 200; i++) out.write(a[i] + more + b[i % 3][i / 3] + (int)c[i]);
}
