// Prefix sums, the running sum in a register, four elements an iteration from a cyclic array.
constexpr int kLength = 128;

void prefix_sum(const int in[kLength], int out[kLength]) {
  int buffer[kLength];
#pragma HLS ARRAY_PARTITION variable = buffer cyclic factor = 4
load:
  for (int i = 0; i < kLength; i++) {
#pragma HLS PIPELINE II = 1
    buffer[i] = in[i];
  }
  int sum = 0;
sums:
  for (int i = 0; i < kLength; i++) {
#pragma HLS UNROLL factor = 4
#pragma HLS PIPELINE II = 2
    sum += buffer[i];
    out[i] = sum;
  }
}
