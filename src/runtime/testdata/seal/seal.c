/* Seals a module that was built by hand, for tests: seal MODULE */
#include "runtime/seal.h"

#include <stdio.h>

static ts_crc32 crc;

int main(int count, char** arguments) {
  FILE* file = count == 2 ? fopen(arguments[1], "r+b") : NULL;
  if (file == NULL) {
    fprintf(stderr, "usage: seal MODULE, a file that can be written\n");
    return 1;
  }
  ts_crc32_open(&crc);
  unsigned char block[1 << 16];
  uint32_t sum = 0;
  for (size_t size; (size = fread(block, 1, sizeof block, file)) > 0;)
    sum = ts_crc32_add(&crc, sum, block, size);
  fseek(file, 0, SEEK_END);
  fputs(TS_SEAL_WORD, file);
  for (int i = 0; i < 4; ++i) fputc((int)(sum >> 8 * i & 255), file);
  return fclose(file) == 0 ? 0 : 1;
}
