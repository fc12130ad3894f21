// A matrix product straight from array arguments, reshaped so that a row and a column come at once; and one that copies
// blocks of run-time size into local arrays first, as kernels for accelerator cards do.
#define ROWS 8
#define INNER 8
#define COLUMNS 8

void matmul_reshaped(int a[ROWS][INNER], int b[INNER][COLUMNS], int product[ROWS][COLUMNS]) {
#pragma HLS ARRAY_RESHAPE variable = a complete dim = 2
#pragma HLS ARRAY_RESHAPE variable = b complete dim = 1
row:
  for (int i = 0; i < ROWS; ++i) {
  col:
    for (int j = 0; j < COLUMNS; ++j) {
#pragma HLS LOOP_FLATTEN
#pragma HLS PIPELINE II = 1
      int sum = 0;
    inner:
      for (int k = 0; k < INNER; ++k) {
        sum += a[i][k] * b[k][j];
      }
      product[i][j] = sum;
    }
  }
}

extern "C" {
void matmul_blocks(const int* a, const int* b, int* c, int a_rows, int a_columns, int b_columns) {
#pragma HLS INTERFACE m_axi port = a depth = 64 offset = slave bundle = gmem0
#pragma HLS INTERFACE m_axi port = b depth = 64 offset = slave bundle = gmem1
#pragma HLS INTERFACE m_axi port = c depth = 64 offset = slave bundle = gmem0
#pragma HLS INTERFACE s_axilite port = a_rows bundle = control
#pragma HLS INTERFACE s_axilite port = return bundle = control
  int left[8][8];
#pragma HLS ARRAY_PARTITION variable = left dim = 1 complete
  int right[8][8];
#pragma HLS ARRAY_PARTITION variable = right dim = 2 complete
  int sums[8][8];
#pragma HLS ARRAY_PARTITION variable = sums dim = 0 complete
read_a:
  for (int at = 0, i = 0, j = 0; at < a_rows * a_columns; at++, j++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 64
#pragma HLS PIPELINE II = 1
    if (j == a_columns) {
      j = 0;
      i++;
    }
    left[i][j] = a[at];
  }
read_b:
  for (int at = 0, i = 0, j = 0; at < a_columns * b_columns; at++, j++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 64
#pragma HLS PIPELINE II = 1
    if (j == b_columns) {
      j = 0;
      i++;
    }
    right[i][j] = b[at];
  }
array_steps:
  for (int k = 0; k < a_columns; k++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 8
#pragma HLS PIPELINE II = 1
    for (int i = 0; i < 8; i++) {
      for (int j = 0; j < 8; j++) {
        int last = (k == 0) ? 0 : sums[i][j];
        int a_value = (i < a_rows && k < a_columns) ? left[i][k] : 0;
        int b_value = (k < a_columns && j < b_columns) ? right[k][j] : 0;
        sums[i][j] = last + a_value * b_value;
      }
    }
  }
write_c:
  for (int at = 0, i = 0, j = 0; at < a_rows * b_columns; at++, j++) {
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 64
#pragma HLS PIPELINE II = 1
    if (j == b_columns) {
      j = 0;
      i++;
    }
    c[at] = sums[i][j];
  }
}
}
