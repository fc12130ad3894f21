// Structs of awkward sizes, copied whole: from streams, into arrays, through functions. Members of 162 bits are no
// integer that LLVM would keep in as many bytes as the ABI; Edge and Gap end in padding that copies leave out.
#include <ap_int.h>
#include <hls_stream.h>

struct Wide {
  ap_uint<3> a;
  signed char b[2];
  ap_uint<162> c;
  ap_uint<40> d;
  ap_int<100> e;
};
struct Edge {
  ap_uint<2> a;
  ap_int<31> b;
  unsigned char c;
  ap_uint<4> d[2];  // one byte of padding behind it
};
struct Gap {
  ap_uint<7> a;
  ap_uint<24> b[2];
  ap_uint<8> c[2];  // two bytes
};

template <class T>
static T take(hls::stream<T>& from) {
#pragma HLS INLINE
  return from.read();
}

static ap_uint<162> turned(ap_uint<162> x, ap_int<1000> y) { return ap_uint<162>((x << 5) ^ (y >> 3)); }

void struct_copies(hls::stream<Wide>& wide_in, hls::stream<Edge>& edge_in, hls::stream<Gap>& gap_in,
                   hls::stream<Wide>& wide_out, hls::stream<Edge>& edge_out, hls::stream<Gap>& gap_out,
                   ap_uint<3> place) {
  Wide wide[8];
  Edge edge[8];
  Gap gap[8];
  ap_int<162> plain[8];
  for (int i = 0; i < 8; i++) {
    wide[i] = wide_in.read();
    edge[i] = take(edge_in);
    Gap one = take(gap_in);
    one.b[1] = one.b[0] + i;
    gap[7 - i] = one;
    plain[i] = turned(wide[i].c, ap_int<1000>(wide[i].e));
  }
  wide[place].c = plain[place];
  wide[(place + 1) & 7] = wide[place];
  edge[place].d[1] = 5;
  gap[0] = gap[place];
  for (int i = 0; i < 8; i++) {
    wide[i].c += plain[7 - i];
    wide_out.write(wide[i]);
    edge_out.write(edge[i]);
    gap_out.write(gap[i]);
  }
}
