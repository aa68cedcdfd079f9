#include "runtime/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/elf_file.h"

static ts_status refuse_to_open(const char* path, ts_report report) {
  const int reason = errno;
  const ts_status status = reason == ENOMEM || reason == EMFILE ? TS_NO_MEMORY : TS_MISSING;
  return ts_refuse(report, status, "%s: cannot be opened: %s", path, strerror(reason));
}

/* Writes the path of the library in the package at `path` to `found`. */
static ts_status find_library(const char* path, ts_report report, char found[PATH_MAX]) {
  struct stat status;
  if (stat(path, &status) != 0) return refuse_to_open(path, report);
  const char* rest = S_ISDIR(status.st_mode) ? "/compiled.so" : "";
  if (snprintf(found, PATH_MAX, "%s%s", path, rest) >= PATH_MAX)
    return ts_refuse(report, TS_BAD_ARGUMENT, "%s: path is too long", path);
  return TS_OK;
}

/* The dynamic linker gives the library that it has for a name it knows, even when another file
 * has that name by now, so each file needs a name that no other file ever had while it is mapped:
 * the path of the open descriptor, in which the separators `/` and `/./` spell the identity of
 * the file. The mapping keeps that identity from being given to another file. */
static bool name_file(int file, char name[PATH_MAX]) {
  struct stat status;
  if (fstat(file, &status) != 0) return false;
  const uint64_t identity[] = {(uint64_t)status.st_dev, (uint64_t)status.st_ino};
  char spelled[2 * 64 * 2 + 1] = "";
  char* end = spelled;
  for (int bit = 0; bit < 2 * 64; ++bit)
    end = stpcpy(end, identity[bit / 64] >> bit % 64 & 1 ? "./" : "/");
  snprintf(name, PATH_MAX, "/proc/self/fd/%s%d", spelled, file);
  return true;
}

static void* map_file(int file, const char* path) {
  char name[PATH_MAX];
  if (!name_file(file, name)) return NULL;
  if (access(name, R_OK) == 0) return dlopen(name, RTLD_NOW | RTLD_LOCAL);
  return strchr(path, '/') ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
}

static ts_status map_library(int file, const char* path, ts_report report, ts_library* library) {
  const ts_status status = ts_check_elf(file, path, report);
  if (status != TS_OK) return status;
  ts_library mapped = {.handle = map_file(file, path)};
  if (mapped.handle == NULL) {
    const char* reason = dlerror();
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: cannot be mapped: %s", path,
                     reason ? reason : "no /proc, and no folder in the path");
  }
  mapped.module = dlsym(mapped.handle, "turnstone_module");
  if (mapped.module == NULL) {
    dlclose(mapped.handle);
    return ts_refuse(report, TS_BAD_PACKAGE, "%s: library holds no symbol turnstone_module", path);
  }
  *library = mapped;
  return TS_OK;
}

ts_status ts_library_open(const char* path, ts_report report, ts_library* library) {
  char found[PATH_MAX];
  ts_status status = find_library(path, report, found);
  if (status != TS_OK) return status;
  const int file = open(found, O_RDONLY | O_CLOEXEC);
  if (file < 0) return refuse_to_open(found, report);
  status = map_library(file, found, report, library);
  close(file);
  return status;
}

void ts_library_close(ts_library library) { dlclose(library.handle); }
