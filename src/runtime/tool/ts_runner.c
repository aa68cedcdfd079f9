/* Runs a package on arrays from files: ts_runner PACKAGE --input NAME=FILE.npy... --output-dir DIR
 * [--threads N] [--runs N]. Plain C over the runtime alone, to be built for and run on any target.
 * Writes one NAME.npy for each output, with '_' for '/' in the name, after N runs. Exit codes: 0
 * done, 1 an input or the package is wrong or missing, 2 the command line is wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npy.h"

enum { done = 0, wrong_input = 1, wrong_usage = 2 };

typedef struct {
  const char* package;
  const char* output_dir;
  char** inputs; /* NAME=FILE.npy */
  int input_count;
  int threads;
  int runs;
} options;

typedef struct {
  ts_model* model;
  ts_pool* pool;
  ts_context* context;
  npy_array* arrays; /* of the inputs, by index */
} session;

static int usage(const char* problem, const char* what) {
  fprintf(stderr, "ts_runner: %s%s\n", problem, what);
  fputs(
      "usage: ts_runner PACKAGE --input NAME=FILE.npy... --output-dir DIR [--threads N] "
      "[--runs N]\n",
      stderr);
  return wrong_usage;
}

/* A whole number 1..most, or 0. */
static int parse_count(const char* value, long most) {
  char* end;
  const long count = strtol(value, &end, 10);
  return *value == '\0' || *end != '\0' || count < 1 || count > most ? 0 : (int)count;
}

static int parse_option(options* parsed, const char* name, char* value) {
  if (value == NULL) return usage("a value is missing after ", name);
  if (strcmp(name, "--input") == 0) {
    if (strchr(value, '=') == NULL) return usage("--input is not NAME=FILE.npy: ", value);
    parsed->inputs[parsed->input_count++] = value;
  } else if (strcmp(name, "--output-dir") == 0) {
    parsed->output_dir = value;
  } else if (strcmp(name, "--threads") == 0) {
    parsed->threads = parse_count(value, 256);
    if (parsed->threads == 0) return usage("--threads is outside 1..256: ", value);
  } else if (strcmp(name, "--runs") == 0) {
    parsed->runs = parse_count(value, 1000000);
    if (parsed->runs == 0) return usage("--runs is outside 1..1000000: ", value);
  } else {
    return usage("no such option: ", name);
  }
  return done;
}

static int parse_options(int argc, char** argv, options* parsed) {
  for (int i = 1; i < argc; ++i) {
    if (strncmp(argv[i], "--", 2) != 0) {
      if (parsed->package != NULL) return usage("a second package: ", argv[i]);
      parsed->package = argv[i];
    } else {
      const int code = parse_option(parsed, argv[i], argv[i + 1]);
      if (code != done) return code;
      ++i;
    }
  }
  if (parsed->package == NULL) return usage("PACKAGE is missing", "");
  if (parsed->output_dir == NULL) return usage("--output-dir is missing", "");
  return done;
}

/* Index of the input that `argument` names, and its file; a name may itself hold '='. */
static int find_input(const ts_model* model, const char* argument, const char** file) {
  for (int i = 0; i < ts_input_count(model); ++i) {
    const char* name = ts_input_info(model, i)->name;
    const size_t length = strlen(name);
    if (strncmp(argument, name, length) != 0 || argument[length] != '=') continue;
    *file = argument + length + 1;
    return i;
  }
  return -1;
}

static void print_type(ts_type type, int rank, const int64_t* shape) {
  fprintf(stderr, "%s[", ts_type_name(type));
  for (int axis = 0; axis < rank; ++axis)
    fprintf(stderr, "%s%lld", axis ? "," : "", (long long)shape[axis]);
  fputc(']', stderr);
}

static int read_input(session* running, const char* argument) {
  const char* file;
  const int index = find_input(running->model, argument, &file);
  if (index < 0) {
    fprintf(stderr, "ts_runner: no input of that name: %s\n", argument);
    return wrong_input;
  }
  npy_array* array = &running->arrays[index];
  free(array->data);
  array->data = NULL;
  if (!npy_read(file, array)) return wrong_input;
  if (ts_set_input(running->context, index, array->data, array->type, array->shape, array->rank) ==
      TS_OK)
    return done;
  const ts_value* value = ts_input_info(running->model, index);
  fprintf(stderr, "%s: array is ", file);
  print_type(array->type, array->rank, array->shape);
  fprintf(stderr, ", input '%s' is ", value->name);
  print_type(value->type, value->rank, value->shape);
  fputc('\n', stderr);
  return wrong_input;
}

static int read_inputs(session* running, const options* given) {
  for (int i = 0; i < given->input_count; ++i) {
    const int code = read_input(running, given->inputs[i]);
    if (code != done) return code;
  }
  for (int i = 0; i < ts_input_count(running->model); ++i)
    if (running->arrays[i].data == NULL) {
      fprintf(stderr, "ts_runner: input '%s' is not given\n",
              ts_input_info(running->model, i)->name);
      return wrong_input;
    }
  return done;
}

static int write_output(const session* running, int index, const char* folder) {
  const ts_value* value = ts_output_info(running->model, index);
  npy_array array = {
      .type = value->type, .rank = value->rank, .data = ts_output(running->context, index)};
  for (int axis = 0; axis < value->rank; ++axis)
    array.shape[axis] = ts_output_extent(running->context, index, axis);
  char path[4096];
  const int at = (int)strlen(folder) + 1;
  if (snprintf(path, sizeof path, "%s/%s.npy", folder, value->name) >= (int)sizeof path) {
    fprintf(stderr, "%s: path is too long\n", folder);
    return wrong_input;
  }
  for (char* letter = path + at; *letter; ++letter)
    if (*letter == '/') *letter = '_';
  return npy_write(path, &array) ? done : wrong_input;
}

static int report(const char* what, ts_status status) {
  fprintf(stderr, "ts_runner: %s: %s\n", what, ts_status_text(status));
  return wrong_input;
}

static int run(session* running, const options* given) {
  char text[512];
  if (ts_open_detail(given->package, text, sizeof text, &running->model) != TS_OK) {
    fprintf(stderr, "%s\n", text);
    return wrong_input;
  }
  ts_status status = ts_pool_open(given->threads, &running->pool);
  if (status != TS_OK) return report("pool", status);
  status = ts_context_open(running->model, running->pool, &running->context);
  if (status != TS_OK) return report("context", status);
  running->arrays = calloc((size_t)ts_input_count(running->model) + 1, sizeof *running->arrays);
  if (running->arrays == NULL) return report("inputs", TS_NO_MEMORY);
  int code = read_inputs(running, given);
  if (code != done) return code;
  for (int i = 0; status == TS_OK && i < given->runs; ++i) status = ts_run(running->context);
  if (status != TS_OK) return report("run", status);
  for (int i = 0; code == done && i < ts_output_count(running->model); ++i)
    code = write_output(running, i, given->output_dir);
  return code;
}

static void close_session(session* running) {
  if (running->arrays != NULL)
    for (int i = 0; i < ts_input_count(running->model); ++i) free(running->arrays[i].data);
  free(running->arrays);
  ts_context_close(running->context);
  ts_pool_close(running->pool);
  ts_close(running->model);
}

int main(int argc, char** argv) {
  options given = {.threads = 1, .runs = 1, .inputs = (char**)calloc((size_t)argc, sizeof(char*))};
  if (given.inputs == NULL) return report("command line", TS_NO_MEMORY);
  int code = parse_options(argc, argv, &given);
  if (code == done) {
    session running = {.model = NULL};
    code = run(&running, &given);
    close_session(&running);
  }
  free((void*)given.inputs);
  return code;
}
