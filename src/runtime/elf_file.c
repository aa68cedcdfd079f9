#include "runtime/elf_file.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

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

static int is_gzip(const unsigned char* content) {
  return content[0] == 0x1f && content[1] == 0x8b;
}

static ts_status check_header(const ElfW(Ehdr) * header, const char* path, ts_report report) {
  if (is_gzip(header->e_ident))
    return ts_refuse(report, TS_BAD_PACKAGE,
                     "%s: file is an archive, wanted: the folder in it, or a .so", path);
  if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
      header->e_type != ET_DYN)
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: file is not a shared library", path);
  const uint32_t arch = arch_of_machine(header->e_machine);
  if (arch != ts_cpu_arch())
    return ts_refuse(report, TS_WRONG_CPU, "%s: package is for %s, this machine is %s", path,
                     ts_cpu_arch_name(arch), ts_cpu_arch_name(ts_cpu_arch()));
  return TS_OK;
}

static uint64_t hash_in(const unsigned char* seal) {
  uint64_t hash = 0;
  for (int i = 0; i < 8; ++i) hash |= (uint64_t)seal[ts_seal_word_bytes + i] << 8 * i;
  return hash;
}

static ts_status check_seal(const unsigned char* content, size_t size_bytes, const char* path,
                            ts_report report) {
  const unsigned char* seal = content + size_bytes - ts_seal_bytes;
  if (memcmp(seal, TS_SEAL_WORD, ts_seal_word_bytes) != 0)
    return ts_refuse(report, TS_BAD_PACKAGE,
                     "%s: file is cut short, or was changed after it was compiled: it does not end "
                     "in a hash",
                     path);
  if (ts_xxh64(content, size_bytes - ts_seal_bytes) != hash_in(seal))
    return ts_refuse(report, TS_BAD_PACKAGE,
                     "%s: file is damaged: its content does not have the hash at its end", path);
  return TS_OK;
}

ts_status ts_check_elf(int file, const char* path, ts_report report) {
  struct stat status;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size < (off_t)sizeof(ElfW(Ehdr)))
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: file is not a shared library", path);
  const size_t size_bytes = (size_t)status.st_size;
  void* content = mmap(NULL, size_bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  if (content == MAP_FAILED)
    return ts_refuse(report, TS_NO_MEMORY, "%s: cannot be mapped: %s", path, strerror(errno));
  ts_status result = check_header(content, path, report);
  if (result == TS_OK) result = check_seal(content, size_bytes, path, report);
  munmap(content, size_bytes);
  return result;
}
