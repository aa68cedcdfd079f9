#include "runtime/spin.h"

#include <time.h>

/* Nanoseconds. What the kernel does for itself on a CPU takes less than `least_loss`. */
enum { longest_spin = 200000, least_loss = 500000 };
enum { shortest_rest = 4000000, longest_rest = 512000000 };
enum { looks_between_clocks = 32, waits_between_looks = 32 };

static void pause_cpu(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

static int64_t read_clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t ts_now(void) { return read_clock(CLOCK_MONOTONIC); }

bool ts_spin(bool (*is_ready)(const void* argument), const void* argument) {
  if (is_ready(argument)) return true;
  const int64_t deadline = ts_now() + longest_spin;
  do {
    for (int i = 0; i < looks_between_clocks; ++i) {
      if (is_ready(argument)) return true;
      pause_cpu();
    }
  } while (ts_now() < deadline);
  return is_ready(argument);
}

int64_t ts_advise_rest(ts_contention* contention) {
  if (--contention->waits > 0) return 0;
  const int64_t now = ts_now(), running = read_clock(CLOCK_THREAD_CPUTIME_ID);
  const int64_t passed = now - contention->since;
  const int64_t lost = passed - (running - contention->running) - contention->slept;
  const bool busy = contention->since > 0 && lost > least_loss && lost > passed / 10;
  int64_t rest = busy ? 2 * contention->rest : contention->rest / 2;
  if (busy && rest < shortest_rest) rest = shortest_rest;
  if (rest > longest_rest) rest = longest_rest;
  *contention =
      (ts_contention){.since = now, .running = running, .rest = rest, .waits = waits_between_looks};
  return busy ? rest : 0;
}
