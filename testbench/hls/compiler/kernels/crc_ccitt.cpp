// CRC-16 of an AXI4-Stream's packets, by a table of nibbles.
#include <ap_axi_sdata.h>
#include <ap_int.h>
#include <hls_stream.h>

#include <cstdint>

typedef ap_axiu<8, 0, 0, 0> beat_t;

static const uint16_t kNibbles[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
                                      0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef};

uint16_t crc_ccitt(hls::stream<beat_t>& in) {
#pragma HLS INTERFACE axis register both port = in
#pragma HLS INTERFACE s_axilite port = return
  uint16_t crc = 0xFFFF;
  beat_t beat;
  int n = 0;
  do {
#pragma HLS PIPELINE II = 1
#pragma HLS LOOP_TRIPCOUNT min = 1 max = 64
    beat = in.read();
    uint8_t data = beat.data;
    crc = (crc << 4) ^ kNibbles[((crc >> 12) ^ (data >> 4)) & 0xF];
    crc = (crc << 4) ^ kNibbles[((crc >> 12) ^ (data & 0xF)) & 0xF];
    n++;
  } while (!beat.last && n < 64);
  return crc;
}
