/* The last bytes of compiled.so, behind what the linker wrote: a word to know them by and the hash
 * of all bytes before, by which a file that was cut short or damaged is known before it runs. */
#ifndef TURNSTONE_SEAL_H
#define TURNSTONE_SEAL_H

#include <stddef.h>
#include <stdint.h>

/* By which the seal is known. */
#define TS_SEAL_WORD "ts-xxh64"

/* The word and eight bytes of hash, the lowest first. */
enum { ts_seal_word_bytes = sizeof TS_SEAL_WORD - 1, ts_seal_bytes = ts_seal_word_bytes + 8 };

/* XXH64 with seed 0 (Collet, "xxHash fast digest algorithm", specification 0.1.1): as fast as
 * memory is read, on every machine alike. */
uint64_t ts_xxh64(const void* data, size_t size_bytes);

#endif
