// Three processes with the macros that make them threads natively. A row goes by on one stream while its sum is made
// for another, so the row's stream must hold all of it.
#include <ap_int.h>
#include <hls_stream.h>
#include <sluice_dataflow.h>

constexpr int kRow = 16;
typedef ap_int<20> Value;
typedef ap_int<25> Total;

static void sum_rows(hls::stream<Value>& in, hls::stream<Value>& row, hls::stream<Total>& sums, int rows) {
rows:
  for (int r = 0; r < rows; r++) {
    Total sum = 0;
  values:
    for (int i = 0; i < kRow; i++) {
#pragma HLS PIPELINE II = 1
      Value v = in.read();
      row.write(v);
      sum += v;
    }
    sums.write(sum);
  }
}

static void subtract(hls::stream<Value>& row, hls::stream<Total>& sums, hls::stream<Total>& out, int rows) {
rows:
  for (int r = 0; r < rows; r++) {
    Total mean = sums.read() >> 4;
  values:
    for (int i = 0; i < kRow; i++) {
#pragma HLS PIPELINE II = 1
      out.write(row.read() - mean);
    }
  }
}

void threads(hls::stream<Value>& in, hls::stream<Total>& out, int rows) {
#pragma HLS DATAFLOW
  hls::stream<Value, kRow> row("row");
  hls::stream<Total, 2> sums("sums");
  SLUICE_DATAFLOW_BEGIN
  SLUICE_PROCESS(sum_rows, in, row, sums, rows);
  SLUICE_PROCESS(subtract, row, sums, out, rows);
  SLUICE_DATAFLOW_END
}
