#include "runtime/elf_file.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/cpu.h"
#include "runtime/module.h"
#include "runtime/seal.h"

static uint32_t arch_of_machine(unsigned machine) {
  static const struct {
    unsigned machine;
    uint32_t arch;
  } rows[] = {{EM_X86_64, TS_ARCH_X86_64},
              {EM_AARCH64, TS_ARCH_AARCH64},
              {EM_ARM, TS_ARCH_ARMV7},
              {EM_RISCV, TS_ARCH_RISCV64}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
    if (rows[i].machine == machine) return rows[i].arch;
  return 0;
}

static ts_status check_header(const ElfW(Ehdr) * header, const char* path, ts_report report) {
  if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
      header->e_type != ET_DYN)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: file is not a shared library", path);
  const uint32_t arch = arch_of_machine(header->e_machine);
  if (arch != ts_cpu_arch())
    return ts_refuse(report, TS_WRONG_CPU, "%s: package is for %s, this machine is %s", path,
                     ts_cpu_arch_name(arch), ts_cpu_arch_name(ts_cpu_arch()));
  return TS_OK;
}

static uint32_t checksum_in(const unsigned char* seal) {
  uint32_t sum = 0;
  for (int i = 0; i < 4; ++i) sum |= (uint32_t)seal[ts_seal_word_bytes + i] << 8 * i;
  return sum;
}

/* Gives whether that many bytes could be read. */
static bool sum_up(int file, off_t size_bytes, uint32_t* sum) {
  ts_crc32 crc;
  ts_crc32_open(&crc);
  unsigned char block[1 << 15];
  *sum = 0;
  for (off_t at = 0; at < size_bytes;) {
    const off_t left = size_bytes - at;
    const size_t wanted = left < (off_t)sizeof block ? (size_t)left : sizeof block;
    const ssize_t size = pread(file, block, wanted, at);
    if (size <= 0) return false;
    *sum = ts_crc32_add(&crc, *sum, block, (size_t)size);
    at += size;
  }
  return true;
}

static ts_status check_seal(int file, off_t size_bytes, const char* path, ts_report report) {
  unsigned char seal[ts_seal_bytes];
  const off_t at = size_bytes - ts_seal_bytes;
  if (pread(file, seal, sizeof seal, at) != (ssize_t)sizeof seal ||
      memcmp(seal, TS_SEAL_WORD, ts_seal_word_bytes) != 0)
    return ts_refuse(report, TS_BAD_PACKAGE,
                     "%s: file is cut short, or was changed after it was compiled: it does not end "
                     "in a checksum",
                     path);
  uint32_t sum;
  if (!sum_up(file, at, &sum))
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: file cannot be read to its end", path);
  if (sum != checksum_in(seal))
    return ts_refuse(report, TS_BAD_PACKAGE,
                     "%s: file is damaged: its content does not have the checksum at its end",
                     path);
  return TS_OK;
}

ts_status ts_check_elf(int file, const char* path, ts_report report) {
  ElfW(Ehdr) header;
  struct stat status;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
      pread(file, &header, sizeof header, 0) != (ssize_t)sizeof header)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: file is not a shared library", path);
  const ts_status status_of_header = check_header(&header, path, report);
  if (status_of_header != TS_OK) return status_of_header;
  return check_seal(file, status.st_size, path, report);
}
