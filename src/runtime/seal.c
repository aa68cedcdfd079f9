#include "runtime/seal.h"

#include <string.h>

/* The specification's names. */
static const uint64_t prime1 = 0x9e3779b185ebca87u, prime2 = 0xc2b2ae3d27d4eb4fu,
                      prime3 = 0x165667b19e3779f9u, prime4 = 0x85ebca77c2b2ae63u,
                      prime5 = 0x27d4eb2f165667c5u;

static uint64_t rotate(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

/* All our machines are little-endian, as the specification reads its words. */
static uint64_t word_at(const unsigned char* data) {
  uint64_t word;
  memcpy(&word, data, sizeof word);
  return word;
}

static uint64_t half_at(const unsigned char* data) {
  uint32_t half;
  memcpy(&half, data, sizeof half);
  return half;
}

static uint64_t round_of(uint64_t lane, uint64_t word) {
  return rotate(lane + word * prime2, 31) * prime1;
}

static uint64_t merge(uint64_t hash, uint64_t lane) {
  return (hash ^ round_of(0, lane)) * prime1 + prime4;
}

/* Takes whole blocks of 32 bytes, four lanes of them, and moves `*next` behind. */
static uint64_t hash_blocks(const unsigned char** next, const unsigned char* end) {
  uint64_t a = prime1 + prime2, b = prime2, c = 0, d = 0 - prime1;
  const unsigned char* at = *next;
  for (; end - at >= 32; at += 32) {
    a = round_of(a, word_at(at));
    b = round_of(b, word_at(at + 8));
    c = round_of(c, word_at(at + 16));
    d = round_of(d, word_at(at + 24));
  }
  *next = at;
  const uint64_t hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
  return merge(merge(merge(merge(hash, a), b), c), d);
}

static uint64_t hash_rest(uint64_t hash, const unsigned char* at, const unsigned char* end) {
  for (; end - at >= 8; at += 8)
    hash = rotate(hash ^ round_of(0, word_at(at)), 27) * prime1 + prime4;
  for (; end - at >= 4; at += 4) hash = rotate(hash ^ half_at(at) * prime1, 23) * prime2 + prime3;
  for (; at < end; ++at) hash = rotate(hash ^ *at * prime5, 11) * prime1;
  return hash;
}

static uint64_t avalanche(uint64_t hash) {
  hash = (hash ^ hash >> 33) * prime2;
  hash = (hash ^ hash >> 29) * prime3;
  return hash ^ hash >> 32;
}

uint64_t ts_xxh64(const void* data, size_t size_bytes) {
  const unsigned char* at = data;
  const unsigned char* const end = at + size_bytes;
  const uint64_t begun = size_bytes < 32 ? prime5 : hash_blocks(&at, end);
  return avalanche(hash_rest(begun + size_bytes, at, end));
}
