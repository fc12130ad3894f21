// Addresses of which LLVM keeps bytes only: an index of two values in an array of structs whose size is no power of
// two, and members of one type beside each other, with constants in their indices.
#include <ap_int.h>
#include <hls_stream.h>

struct Record {
  unsigned short a;
  ap_uint<4> b;
  int c[2];
};

struct Halves {
  int low[4];
  int high[4];
};

void address_in_bytes(hls::stream<short>& in, hls::stream<int>& out) {
  Record records[16];
  Halves halves;
  static Halves rows[8];
  for (int i = 0; i < 16; i++) {
#pragma HLS PIPELINE II = 2
    records[i].a = static_cast<unsigned short>(3 * i + 1);
    records[i].b = i;
    records[i].c[0] = 1000 + i;
    records[i].c[1] = 2000 + i;
  }
  for (int i = 0; i < 4; i++) {
#pragma HLS PIPELINE II = 2
    halves.low[i] = 10 + i;
    halves.high[i] = 20 + i;
  }
  for (int i = 0; i < 20; i++) {
#pragma HLS PIPELINE II = 4
    short x = in.read();
    int all_sign = static_cast<int>(x) >> 22;
    int sum = records[ap_uint<4>(all_sign)].a;
    sum += records[x < 100 ? 5 : 11].c[x & 1];
    sum += x < -100 ? halves.low[1] : halves.high[2];
    sum += rows[ap_uint<3>(x)].high[ap_uint<2>(x >> 3)] - rows[x & 7].low[3 - (x & 3)];
    out.write(sum);
  }
}
