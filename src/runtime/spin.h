/* Waiting in a loop for something that is about to happen: quicker than sleep by the microseconds
 * that a wake-up costs, and a theft of CPU time where another program wants the CPU. */
#ifndef TURNSTONE_SPIN_H
#define TURNSTONE_SPIN_H

#include <stdbool.h>
#include <stdint.h>

/* What one thread knows of the CPU time that other programs took from it; all zero at the start. */
typedef struct {
  int64_t since;   /* when it last looked, as ts_now has it */
  int64_t running; /* CPU time of the thread then */
  int64_t slept;   /* of its own will since then: whoever lets it sleep adds to this */
  int64_t rest;    /* the last that it advised */
  int waits;       /* since then */
} ts_contention;

/* Nanoseconds of a clock that never goes back. */
int64_t ts_now(void);

/* Calls is_ready(argument) until it is true, for some 200 microseconds at most, and gives its last
 * answer. */
bool ts_spin(bool (*is_ready)(const void* argument), const void* argument);

/* To be called by a thread before each of its waits. Returns the nanoseconds for which it had
 * better not spin since others want its CPU, twice as many each time that this is so: mostly 0. */
int64_t ts_advise_rest(ts_contention* contention);

#endif
