/* The last bytes of compiled.so, behind what the linker wrote: a word to know them by and the
 * CRC-32 of all bytes before, by which a file that was cut short or damaged is known before it
 * runs. */
#ifndef TURNSTONE_SEAL_H
#define TURNSTONE_SEAL_H

#include <stddef.h>
#include <stdint.h>

/* By which the seal is known. */
#define TS_SEAL_WORD "ts-checksum:"

/* The word and four bytes of checksum, the lowest first. */
enum { ts_seal_word_bytes = sizeof TS_SEAL_WORD - 1, ts_seal_bytes = ts_seal_word_bytes + 4 };

/* Tables to take eight bytes at a time (Kounavis and Berry, "Novel Table Lookup-Based Algorithms
 * for High-Performance CRC Generation", IEEE Transactions on Computers 57, 2008). */
typedef struct {
  uint32_t table[8][256];
} ts_crc32;

/* Fills the tables. */
void ts_crc32_open(ts_crc32* crc);

/* The CRC-32 of IEEE 802.3, zlib's too, of text whose beginning has `sum`; 0 is that of none. */
uint32_t ts_crc32_add(const ts_crc32* crc, uint32_t sum, const void* data, size_t size_bytes);

#endif
