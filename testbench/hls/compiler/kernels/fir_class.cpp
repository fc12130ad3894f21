// A filter as a class whose constructor clears its registers: the static's initialiser runs at the first call.
constexpr int kTaps = 11;

template <int kLength>
class Filter {
 public:
  Filter() {
    for (int i = 0; i < kLength; i++) {
      delay_[i] = 0;
    }
  }
  int run(int x, const int (&coefficients)[kLength]) {
#pragma HLS ARRAY_PARTITION variable = delay_ complete
    int sum = 0;
    for (int i = kLength - 1; i >= 0; i--) {
#pragma HLS UNROLL
      delay_[i] = i == 0 ? x : delay_[i - 1];
      sum += delay_[i] * coefficients[i];
    }
    return sum;
  }

 private:
  int delay_[kLength];
};

void fir_class(int* y, int x, int start) {
  static const int kCoefficients[kTaps] = {53, 0, -91, 0, 313, 500, 313, 0, -91, 0, 53};
  static Filter<kTaps> filter;
  static int first = start;  // of the first call
  *y = filter.run(x, kCoefficients) + first;
}
