// hls::axis<T, ...>, ap_axiu and ap_axis: words of an AXI4-Stream with its side channels, as Xilinx's ap_axi_sdata.h.
//
// Purpose: payloads of hls::stream in kernels written for AXI4-Stream. The side channels are members of the payload and
//   bits of tdata, lowest first in the order below; an adapter outside splits them. Ownership: values.
// Threading, errors: none. Limits: user, id and dest are all there or all absent (width 0).
#pragma once

#include <ap_int.h>

namespace hls {

template <class T>
struct axis_width {
  static constexpr int value = 8 * static_cast<int>(sizeof(T));
};
template <int W>
struct axis_width<ap_int<W>> {
  static constexpr int value = W;
};
template <int W>
struct axis_width<ap_uint<W>> {
  static constexpr int value = W;
};

template <class T, int UserWidth = 0, int IdWidth = 0, int DestWidth = 0>
struct axis {
  static_assert(UserWidth > 0 && IdWidth > 0 && DestWidth > 0, "user, id and dest: all wide, or all of width 0");
  static constexpr int width = axis_width<T>::value;
  T data;
  ap_uint<(width + 7) / 8> keep;
  ap_uint<(width + 7) / 8> strb;
  ap_uint<UserWidth> user;
  ap_uint<1> last;
  ap_uint<IdWidth> id;
  ap_uint<DestWidth> dest;
};

template <class T>
struct axis<T, 0, 0, 0> {
  static constexpr int width = axis_width<T>::value;
  T data;
  ap_uint<(width + 7) / 8> keep;
  ap_uint<(width + 7) / 8> strb;
  ap_uint<1> last;
};

}  // namespace hls

template <int Width, int UserWidth, int IdWidth, int DestWidth>
using ap_axiu = hls::axis<ap_uint<Width>, UserWidth, IdWidth, DestWidth>;
template <int Width, int UserWidth, int IdWidth, int DestWidth>
using ap_axis = hls::axis<ap_int<Width>, UserWidth, IdWidth, DestWidth>;
