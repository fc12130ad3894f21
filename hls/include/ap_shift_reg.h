// ap_shift_reg<T, Depth>: a shift register with a tap that can be chosen, as Xilinx's ap_shift_reg.h.
//
// Ownership: values. Threading: none. Errors: none; a tap from Depth on is undefined.
#pragma once

template <class T, unsigned Depth>
class ap_shift_reg {
 public:
  // The value at a tap; 0 is the one shifted in last.
  T read(unsigned address = 0) const {
#pragma HLS ARRAY_PARTITION variable = values_ complete
    return values_[address];
  }

  // Shifts, if `enable`, and gives the value that was at a tap before.
  T shift(T input, unsigned address = Depth - 1, bool enable = true) {
#pragma HLS ARRAY_PARTITION variable = values_ complete
    T result = values_[address];
    if (enable) {
      for (unsigned i = Depth - 1; i > 0; --i) {
#pragma HLS UNROLL
        values_[i] = values_[i - 1];
      }
      values_[0] = input;
    }
    return result;
  }

 private:
  T values_[Depth] = {};
};
