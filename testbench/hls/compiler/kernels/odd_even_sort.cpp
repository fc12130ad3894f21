// Batcher's odd-even merge sort as a network, its loops unrolled, on an array of registers.
#define SIZE 16
typedef int DTYPE;

template <class T>
inline void order(T& a, T& b) {
#pragma HLS INLINE
  if (b < a) {
    T t = a;
    a = b;
    b = t;
  }
}

void odd_even_sort(DTYPE in[SIZE], DTYPE out[SIZE]) {
#pragma HLS INTERFACE ap_memory port = in
#pragma HLS INTERFACE bram port = out
  DTYPE keys[SIZE];
#pragma HLS ARRAY_PARTITION variable = keys complete
read:
  for (int i = 0; i < SIZE; i++) {
#pragma HLS PIPELINE
    keys[i] = in[i];
  }
network:
  for (int p = 1; p < SIZE; p <<= 1) {
#pragma HLS UNROLL
    for (int k = p; k >= 1; k >>= 1) {
#pragma HLS UNROLL
      for (int j = k % p; j + k < SIZE; j += 2 * k) {
#pragma HLS UNROLL
        for (int i = 0; i < k; i++) {
#pragma HLS UNROLL
          if ((i + j) / (p * 2) == (i + j + k) / (p * 2)) {
            order(keys[i + j], keys[i + j + k]);
          }
        }
      }
    }
  }
write:
  for (int i = 0; i < SIZE; i++) {
#pragma HLS PIPELINE
    out[i] = keys[i];
  }
}
