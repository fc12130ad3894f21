// Three processes: differences of samples, a running sum of four of them, and a scale; the first runs twice.
#include <ap_int.h>
#include <hls_stream.h>

typedef ap_int<16> Sample;
struct Tagged {
  ap_int<18> value;
  bool is_last;
};

static void tag(hls::stream<Sample>& in, hls::stream<Tagged>& out, int count) {
samples:
  for (int i = 0; i < count; i++) {
#pragma HLS PIPELINE II = 1
    Tagged tagged;
    tagged.value = in.read();
    tagged.is_last = i == count - 1;
    out.write(tagged);
  }
}

static void average(hls::stream<Tagged>& left, hls::stream<Tagged>& right, hls::stream<Tagged>& out, int count) {
  ap_int<18> window[4] = {0, 0, 0, 0};
#pragma HLS ARRAY_PARTITION variable = window complete
pairs:
  for (int i = 0; i < count; i++) {
#pragma HLS PIPELINE II = 1
    Tagged a = left.read();
    Tagged b = right.read();
    ap_int<22> sum = 0;
    for (int k = 3; k > 0; k--) {
      window[k] = window[k - 1];
      sum += window[k];
    }
    window[0] = a.value - b.value;
    sum += window[0];
    Tagged result;
    result.value = sum / 4;
    result.is_last = a.is_last && b.is_last;
    out.write(result);
  }
}

static void scale(hls::stream<Tagged>& in, hls::stream<ap_int<24>>& out, ap_uint<4> factor) {
  bool more = true;
until_last:
  while (more) {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 100
    Tagged tagged = in.read();
    out.write(tagged.value * factor);
    more = !tagged.is_last;
  }
}

void moving_average(hls::stream<Sample>& a, hls::stream<Sample>& b, hls::stream<ap_int<24>>& out, int pairs,
                    ap_uint<4> factor) {
#pragma HLS DATAFLOW
  hls::stream<Tagged, 4> left("left");
  hls::stream<Tagged> right("right");
  hls::stream<Tagged> averages("averages");
#pragma HLS STREAM variable = right depth = 8
  tag(a, left, pairs);
  tag(b, right, pairs);
  average(left, right, averages, pairs);
  scale(averages, out, factor + 1);
}
