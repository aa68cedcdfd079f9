#include "runtime/seal.h"

void ts_crc32_open(ts_crc32* crc) {
  const uint32_t polynomial = 0xedb88320;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ (rest & 1 ? polynomial : 0);
    crc->table[0][byte] = rest;
  }
  for (int i = 1; i < 8; ++i)
    for (int byte = 0; byte < 256; ++byte) {
      const uint32_t before = crc->table[i - 1][byte];
      crc->table[i][byte] = before >> 8 ^ crc->table[0][before & 255];
    }
}

static uint32_t word_at(const unsigned char* data) {
  return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
         (uint32_t)data[3] << 24;
}

uint32_t ts_crc32_add(const ts_crc32* crc, uint32_t sum, const void* data, size_t size_bytes) {
  const unsigned char* next = data;
  sum = ~sum;
  for (; size_bytes >= 8; size_bytes -= 8, next += 8) {
    const uint32_t low = word_at(next) ^ sum, high = word_at(next + 4);
    sum = 0;
    for (int i = 0; i < 4; ++i)
      sum ^= crc->table[7 - i][low >> 8 * i & 255] ^ crc->table[3 - i][high >> 8 * i & 255];
  }
  for (; size_bytes > 0; --size_bytes) sum = sum >> 8 ^ crc->table[0][(sum ^ *next++) & 255];
  return ~sum;
}
