/* Finds the shared library of a package and maps it. */
#ifndef TURNSTONE_LIBRARY_H
#define TURNSTONE_LIBRARY_H

#include "runtime/module.h"
#include "runtime/report.h"

typedef struct {
  void* handle;
  const ts_module* module; /* not checked yet */
} ts_library;

/* Maps `path`, or `path`/compiled.so where `path` is a folder. A file that was replaced since
 * somebody else mapped it is mapped anew; the same file is mapped once for all. On success give
 * `*library` to ts_library_close. */
ts_status ts_library_open(const char* path, ts_report report, ts_library* library);

/* Unmaps the library. */
void ts_library_close(ts_library library);

#endif
