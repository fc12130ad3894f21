// A switch that falls through into another: of its blocks some become empty, and two ways out of one block become one.
#include <ap_int.h>

unsigned short nested_switches(ap_int<5> s) {
  long long acc = ap_int<64>((ap_uint<7>(127) < s) ? ap_uint<16>(38386) : ap_uint<16>(s)).to_int64();
  ap_uint<6> left = ap_int<5>(s << 0);
  switch (ap_uint<2>(ap_uint<6>(left << 0)).to_uint()) {
    case 0: {
      switch (ap_uint<2>(ap_int<32>(left.to_uint() << (left.to_uint() & 31))).to_uint()) {
        case 0: {
          acc = ap_int<64>(ap_uint<27>(ap_uint<3>(ap_int<65>(ap_int<64>(acc) - ap_int<64>(acc)))
                                           .concat(ap_int<24>((ap_int<64>(acc) > ap_int<64>(9223372036854775808ull))
                                                                  ? ap_int<24>(15742283)
                                                                  : ap_int<24>(left)))))
                    .to_int64();
        }
      }
    }
    case 2: {
      switch (ap_uint<2>(ap_int<64>(acc)).to_uint()) {
        case 0: {
          acc = ap_int<64>(ap_int<32>(ap_int<32>(left.to_uint() % 3) | ap_int<32>(ap_int<8>(left + ap_int<64>(acc)))))
                    .to_int64();
        }
      }
    }
  }
  return ap_uint<16>(ap_int<4>(ap_uint<3>(4) + ap_int<64>(acc))).to_ushort();
}
