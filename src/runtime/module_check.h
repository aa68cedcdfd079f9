/* Checks what a package claims before anything believes it. */
#ifndef TURNSTONE_MODULE_CHECK_H
#define TURNSTONE_MODULE_CHECK_H

#include "runtime/module.h"
#include "runtime/report.h"

/* TS_OK if the ABI is one we read, the CPU is ours, and counts, names, shapes and sizes agree with
 * each other; `path` is for the text. */
ts_status ts_check_module(const ts_module* module, const char* path, ts_report report);

/* Scratch memory that a variant of a checked module needs for each thread. */
uint64_t ts_module_thread_bytes(const ts_module* module, uint32_t variant);

/* What the products of a group of a checked module are of: TS_MODULE_PRODUCTS_. */
uint32_t ts_module_group_products(const ts_module* module, uint32_t variant, uint32_t group);

#endif
