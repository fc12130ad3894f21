// Prefix sums between cyclically partitioned array arguments, four elements an iteration.
#define SIZE 128

void prefix_sum_unrolled(int in[SIZE], int out[SIZE]) {
#pragma HLS ARRAY_PARTITION variable = out cyclic factor = 4 dim = 1
#pragma HLS ARRAY_PARTITION variable = in cyclic factor = 4 dim = 1
  int A = 0;
sums:
  for (int i = 0; i < SIZE; i++) {
#pragma HLS UNROLL factor = 4
#pragma HLS PIPELINE II = 1
    A = A + in[i];
    out[i] = A;
  }
}
