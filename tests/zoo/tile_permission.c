/* Preloaded into ts_runner in the Linux that bochs_runner boots: says yes where the runtime asks
 * for tile registers, which that Linux does not know to be there (tile_states.c enables them). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>

long syscall(long number, ...) {
  enum { request_permission = 0x1023, tile_data = 18, most = 6 };
  long argument[most];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < most; ++i) argument[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_arch_prctl && argument[0] == request_permission && argument[1] == tile_data)
    return 0;
  long (*const real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return real(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}
