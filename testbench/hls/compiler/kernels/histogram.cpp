// A histogram with the last bin kept in a register, so that equal neighbours do not wait for memory (Kastner et al.,
// Parallel Programming for FPGAs, chapter 8).
constexpr int kInput = 256;
constexpr int kBins = 64;

void histogram(const int in[kInput], int hist[kBins]) {
  int counts[kBins];
#pragma HLS BIND_STORAGE variable = counts type = ram_2p impl = bram
clear:
  for (int i = 0; i < kBins; i++) {
#pragma HLS PIPELINE II = 1
    counts[i] = 0;
  }
  int acc = 0;
  int old = in[0];
#pragma HLS DEPENDENCE variable = counts intra RAW false
count:
  for (int i = 0; i < kInput; i++) {
#pragma HLS PIPELINE II = 2
    int val = in[i];
    if (old == val) {
      acc = acc + 1;
    } else {
      counts[old] = acc;
      acc = counts[val] + 1;
    }
    old = val;
  }
  counts[old] = acc;
copy:
  for (int i = 0; i < kBins; i++) {
#pragma HLS PIPELINE II = 1
    hist[i] = counts[i];
  }
}
