// A matrix product: the outer two loops over results, the inner one unrolled, operands partitioned for it.
constexpr int kSize = 8;

void matmul(const int a[kSize][kSize], const int b[kSize][kSize], int c[kSize][kSize]) {
  int left[kSize][kSize];
  int right[kSize][kSize];
#pragma HLS ARRAY_PARTITION variable = left complete dim = 2
#pragma HLS ARRAY_PARTITION variable = right complete dim = 1
load_rows:
  for (int i = 0; i < kSize; i++) {
  load_columns:
    for (int j = 0; j < kSize; j++) {
#pragma HLS PIPELINE II = 1
      left[i][j] = a[i][j];
      right[i][j] = b[i][j];
    }
  }
rows:
  for (int i = 0; i < kSize; i++) {
  columns:
    for (int j = 0; j < kSize; j++) {
#pragma HLS PIPELINE II = 1
      int sum = 0;
    products:
      for (int k = 0; k < kSize; k++) {
        sum += left[i][k] * right[k][j];
      }
      c[i][j] = sum;
    }
  }
}
