// A bit of everything in one process: structs as payload, static state, a RAM and a register file, an early exit, a
// conditional write, an output scalar and a result.
#include <ap_int.h>
#include <hls_stream.h>

struct Item {
  ap_uint<2> tag;
  ap_int<14> a;
  ap_int<16> b;
  bool is_last;
};
struct Result {
  ap_int<24> value;
  ap_uint<7> index;
};

static ap_int<24> saturate(ap_int<34> x) {
  if (x > 8388607) {
    return 8388607;
  }
  if (x < -8388608) {
    return -8388608;
  }
  return x;
}

int mixture(hls::stream<Item>& in, hls::stream<Result>& out, int n, ap_uint<2> mode, ap_uint<9>& calls) {
  static ap_uint<9> count = 3;
  ap_int<24> acc[4];
#pragma HLS ARRAY_PARTITION variable = acc complete
  ap_int<24> ram[64];
  for (int i = 0; i < 4; i++) {
#pragma HLS UNROLL
    acc[i] = 0;
  }
clear:
  for (int i = 0; i < 64; i++) {
#pragma HLS PIPELINE II = 1
    ram[i] = 0;
  }
  int used = 0;
items:
  for (int i = 0; i < n; i++) {
#pragma HLS PIPELINE II = 1
    Item item = in.read();
    ap_int<30> p = item.a * item.b;
    ap_int<24> s = saturate(acc[item.tag] + (p >> 2));
    acc[item.tag] = s;
    ram[i & 63] = s;
    if (s[0] || mode == 2) {
      Result result;
      result.value = s;
      result.index = i;
      out.write(result);
    }
    used++;
    if (item.is_last && mode == 3) {
      break;
    }
  }
drain:
  for (int i = 0; i < 64; i++) {
#pragma HLS PIPELINE II = 1
    Result result;
    result.value = ram[63 - i];
    result.index = i;
    out.write(result);
  }
  for (int i = 0; i < 4; i++) {
    Result result;
    result.value = acc[i];
    result.index = 64 + i;
    out.write(result);
  }
  count += mode;
  calls = count;
  return used;
}
