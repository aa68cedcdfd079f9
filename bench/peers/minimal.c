/* The least that runs a package: opens it, runs it a few times on zeros, and prints as JSON how
 * long opening took and how much memory the process holds.
 *
 * usage: minimal PACKAGE */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <turnstone.h>
#include <unistd.h>

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

static double resident_mb(void) {
  long total = 0, resident = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%ld %ld", &total, &resident) != 2) return 0;
  fclose(file);
  return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

int main(int argc, char** argv) {
  ts_model* model = NULL;
  ts_context* context = NULL;
  if (argc != 2) return 2;
  const double before = milliseconds();
  ts_status status = ts_open(argv[1], &model);
  if (status == TS_OK) status = ts_context_open(model, NULL, &context);
  const double opened = milliseconds();
  for (int i = 0; status == TS_OK && i < ts_input_count(model); ++i) {
    const ts_value* value = ts_input_info(model, i);
    void* zeros = calloc(1, value->size_bytes);
    status = zeros ? ts_set_input(context, i, zeros, value->type, value->shape, value->rank)
                   : TS_NO_MEMORY;
  }
  for (int run = 0; status == TS_OK && run < 3; ++run) status = ts_run(context);
  if (status != TS_OK) {
    fprintf(stderr, "%s: %s\n", argv[1], ts_status_text(status));
    return 1;
  }
  printf("{\"load_ms\": %.3f, \"rss_mb\": %.2f, \"weights_mb\": %.2f}\n", opened - before,
         resident_mb(), (double)ts_memory_of(model)->weights_bytes / 1e6);
  return 0;
}
