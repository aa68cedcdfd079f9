/* Looks at a shared library before the dynamic linker maps it: the linker's messages do not say
 * that a file is for another CPU, and a file that is cut short or damaged ends the process when it
 * is read or run. */
#ifndef TURNSTONE_ELF_FILE_H
#define TURNSTONE_ELF_FILE_H

#include "runtime/report.h"

/* TS_OK if the open file is a shared library for this CPU, whole by its seal; `path` is for the
 * text. */
ts_status ts_check_elf(int file, const char* path, ts_report report);

#endif
