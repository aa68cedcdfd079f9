/* A plugin for qemu-user: counts the instructions of the emulated processor and writes their number
 * to a file when the program ends: qemu-aarch64 -plugin instructions.so,to=COUNT PROGRAM. Exact
 * for one thread. Declares what it uses of QEMU's plugin interface, version 1, since Debian ships
 * no header. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
enum { inline_add = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                           void (*translated)(uint64_t id, struct qemu_plugin_tb*));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb*);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb*, int operation, void* counter,
                                              uint64_t value);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*ended)(uint64_t id, void* argument),
                                    void* argument);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const void* info, int count, char** arguments);

static uint64_t instructions;
static char* path;

static void add_block(uint64_t id, struct qemu_plugin_tb* block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, inline_add, &instructions,
                                           qemu_plugin_tb_n_insns(block));
}

static void write_count(uint64_t id, void* argument) {
  (void)id, (void)argument;
  FILE* file = fopen(path, "w");
  if (file == NULL || fprintf(file, "%" PRIu64 "\n", instructions) < 0 || fclose(file) != 0)
    fprintf(stderr, "instructions: %s cannot be written\n", path);
}

int qemu_plugin_install(uint64_t id, const void* info, int count, char** arguments) {
  (void)info;
  if (count != 1 || strncmp(arguments[0], "to=", 3) != 0) {
    fputs("instructions: the one argument is to=PATH\n", stderr);
    return -1;
  }
  path = strdup(arguments[0] + 3);
  if (path == NULL) return -1;
  qemu_plugin_register_vcpu_tb_trans_cb(id, add_block);
  qemu_plugin_register_atexit_cb(id, write_count, NULL);
  return 0;
}
