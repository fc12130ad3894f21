// CRC-32 (IEEE 802.3) of bytes, by the bit and by a table.
#include <ap_int.h>
#include <hls_stream.h>

struct Table {
  unsigned word[256];
  constexpr Table() : word() {
    for (unsigned i = 0; i < 256; i++) {
      unsigned crc = i;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
      }
      word[i] = crc;
    }
  }
};

static constexpr Table kTable;

unsigned crc32(hls::stream<ap_uint<8>>& in, int length, bool by_table) {
  unsigned crc = 0xFFFFFFFFU;
  if (by_table) {
  table_bytes:
    for (int i = 0; i < length; i++) {
#pragma HLS PIPELINE II = 1
      crc = (crc >> 8) ^ kTable.word[(crc ^ (unsigned)in.read()) & 0xFF];
    }
  } else {
  bytes:
    for (int i = 0; i < length; i++) {
#pragma HLS PIPELINE II = 1
      crc ^= (unsigned)in.read();
    bits:
      for (int bit = 0; bit < 8; bit++) {
        if (crc & 1) {
          crc = (crc >> 1) ^ 0xEDB88320U;
        } else {
          crc = crc >> 1;
        }
      }
    }
  }
  return ~crc;
}
