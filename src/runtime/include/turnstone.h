/* Opens and runs compiled models. Needs libc and POSIX threads, nothing else.
 *
 * The life of a program that runs a model:
 *
 *     ts_model *model;
 *     ts_context *context;
 *     ts_open("mobilenet", &model);
 *     ts_context_open(model, NULL, &context);
 *     ts_set_input(context, 0, picture, TS_F32, shape, 4);
 *     ts_run(context);
 *     const float *scores = ts_output(context, 0);
 *     ts_context_close(context);
 *     ts_close(model);
 *
 * A model is what is shared: code, weights, names and shapes; nothing in it changes after it was
 * opened. A context is what one caller needs to run it; any number of contexts run one model at
 * once. Elements of a value stand packed in row-major order. Every function that fails leaves what
 * its pointers point to as it was. A package is code: open what you trust. */
#ifndef TURNSTONE_H
#define TURNSTONE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what the shared library exports. */
#define TS_API __attribute__((visibility("default")))

/* Dimensions that a value has at most. */
#define TS_MAX_RANK 8

/* What became of a call. */
typedef enum {
  TS_OK = 0,
  TS_BAD_ARGUMENT = 1, /* a pointer is NULL, or a name, type, shape or size is not the model's */
  TS_MISSING = 2,      /* no such file, or no such input, output or variant */
  TS_WRONG_CPU = 3,    /* no variant of the package runs on this CPU */
  TS_BAD_PACKAGE = 4,  /* damaged, no package at all, or of a newer ABI */
  TS_NO_MEMORY = 5,    /* no memory, or no more threads */
  TS_ABORTED = 6       /* ts_set_abort ended the run; the outputs are unfinished */
} ts_status;

/* Types of elements. */
typedef enum {
  TS_F32 = 1,
  TS_F16 = 2,
  TS_BF16 = 3,
  TS_F64 = 4,
  TS_I8 = 5,
  TS_U8 = 6,
  TS_I16 = 7,
  TS_U16 = 8,
  TS_I32 = 9,
  TS_U32 = 10,
  TS_I64 = 11,
  TS_U64 = 12,
  TS_BOOL = 13 /* one byte, 0 or 1 */
} ts_type;

/* What the four dimensions of a picture mean: [batch, channel, height, width] or
 * [batch, height, width, channel]. */
typedef enum { TS_NO_LAYOUT = 0, TS_NCHW = 1, TS_NHWC = 2 } ts_layout;

/* A compiled model that was opened. */
typedef struct ts_model ts_model;
/* What one caller needs to run a model. */
typedef struct ts_context ts_context;
/* Threads that contexts share. */
typedef struct ts_pool ts_pool;

/* Describes one input or output; the model owns it. Later versions add fields at the end. */
typedef struct {
  const char* name; /* UTF-8, as the model had it */
  ts_type type;
  ts_layout layout;
  int rank;                   /* 0..TS_MAX_RANK; 0 is a single element */
  int64_t shape[TS_MAX_RANK]; /* `rank` extents, each at least 1; the others are 0 */
  uint32_t bounded;           /* bit i: extent i depends on data and shape[i] is its bound */
  size_t size_bytes;          /* of the whole value */
  int quantised;              /* 1: real value = scale * (stored - zero) */
  int32_t zero;
  double scale;
} ts_value;

/* Memory that a model takes; the model owns it. */
typedef struct {
  size_t weights_bytes; /* mapped from the file, shared by all contexts and processes */
  size_t scratch_bytes; /* allocated by each context for values in between */
  size_t outputs_bytes; /* allocated by each context for its outputs */
  size_t thread_bytes;  /* more scratch memory for each thread of the context's pool */
} ts_memory;

/* What products are of. */
typedef enum {
  TS_PRODUCTS_F32 = 0,   /* or there are none */
  TS_PRODUCTS_BYTES = 1, /* integers of 8 bits */
  TS_PRODUCTS_BF16 = 2   /* with sums of f32 */
} ts_products;

/* A piece of a model that is computed at once, and the time it took; the context owns it. */
typedef struct {
  const char* name;     /* kernel and shape, such as "conv1x1 56x56x24->144" */
  uint64_t flops;       /* multiply-adds counted as two */
  uint64_t bytes;       /* read and written: values and weights */
  uint64_t nanoseconds; /* in the last run; 0 before the first */
  ts_products products; /* what most of its multiply-adds are of */
} ts_group;

/* Text of a status: one clause in lower case, never NULL. Any thread. */
TS_API const char* ts_status_text(ts_status status);

/* Version of this library, such as "0.1.0". Any thread. */
TS_API const char* ts_version(void);

/* Bytes of one element of `type`, 0 if there is no such type. Any thread. */
TS_API size_t ts_type_size(ts_type type);

/* Name of `type`, such as "f32"; "?" if there is no such type. Any thread. */
TS_API const char* ts_type_name(ts_type type);

/* ---- models ---- */

/* Opens the package folder or the `.so` at `path`. On success `*model` is to be given to
 * ts_close. Maps the weights; costs milliseconds. Chooses the first variant of the package that
 * this CPU and system run. The file may be replaced by renaming another over it while the model is
 * open, never by writing into it. The package's SIGNATURE is not looked at. Any thread. */
TS_API ts_status ts_open(const char* path, ts_model** model);

/* Opens as ts_open does. On failure writes what was wrong to `text`, at most `text_bytes` bytes
 * with the closing zero; on success an empty text. `text` may be NULL. Any thread. */
TS_API ts_status ts_open_detail(const char* path, char* text, size_t text_bytes, ts_model** model);

/* Closes a model whose contexts are all closed. NULL is allowed. Any thread, not during another use
 * of the model. */
TS_API void ts_close(ts_model* model);

/* Number of inputs, and of outputs. Any thread. */
TS_API int ts_input_count(const ts_model* model);
TS_API int ts_output_count(const ts_model* model);

/* Describes input or output `index`, counted from 0; NULL if there is none. Lives as long as the
 * model. Any thread. */
TS_API const ts_value* ts_input_info(const ts_model* model, int index);
TS_API const ts_value* ts_output_info(const ts_model* model, int index);

/* Finds the input or output called `name`. TS_MISSING if there is none. Any thread. */
TS_API ts_status ts_find_input(const ts_model* model, const char* name, int* index);
TS_API ts_status ts_find_output(const ts_model* model, const char* name, int* index);

/* Name of the variant that contexts opened from now on run, such as "x86_64_v3". Any thread, not
 * during ts_choose_variant. */
TS_API const char* ts_variant_name(const ts_model* model);

/* Number of variants in the package, whether or not they run here. Any thread. */
TS_API int ts_variant_count(const ts_model* model);

/* Name of variant `index`, preferred ones first; NULL if there is none. Any thread. */
TS_API const char* ts_variant_name_of(const ts_model* model, int index);

/* Makes contexts opened from now on run the variant called `name`. TS_MISSING if the package has
 * none of that name, TS_WRONG_CPU if it does not run here. One thread at a time per model, not
 * during ts_context_open. */
TS_API ts_status ts_choose_variant(ts_model* model, const char* name);

/* Memory that the chosen variant takes. Lives as long as the model. Any thread, not during
 * ts_choose_variant. */
TS_API const ts_memory* ts_memory_of(const ts_model* model);

/* ---- threads ---- */

/* Starts a pool that computes with `threads` threads, the caller of ts_run being one of
 * them: 1..256, or 0 for as many as this process may use CPUs. On success `*pool` is to be given to
 * ts_pool_close. Threads wait a moment in a loop for more work, if theirs is the only pool and
 * other programs leave the CPUs to them, and sleep otherwise. Any thread. */
TS_API ts_status ts_pool_open(int threads, ts_pool** pool);

/* Ends the threads of a pool whose contexts are all closed. NULL is allowed. Any thread, not during
 * another use of the pool. */
TS_API void ts_pool_close(ts_pool* pool);

/* Gives the pool of the process, with as many threads as it may use CPUs. It is started by the
 * first call and lives until the process ends; ts_pool_close leaves it alone. A child made by fork
 * must not use it. Any thread. */
TS_API ts_status ts_pool_default(ts_pool** pool);

/* Number of threads that compute, the caller of ts_run included. Any thread. */
TS_API int ts_pool_threads(const ts_pool* pool);

/* ---- contexts ---- */

/* Makes what one caller needs to run `model`: scratch memory and output buffers. `pool` may be
 * NULL: then the run uses the calling thread alone. Contexts may share a pool; a run that finds it
 * taken by another uses the calling thread alone. Model and pool must outlive the context. On
 * success `*context` is to be given to ts_context_close. Any thread, not during
 * ts_choose_variant. */
TS_API ts_status ts_context_open(ts_model* model, ts_pool* pool, ts_context** context);

/* Closes a context. NULL is allowed. Any thread, not during another use of the context. */
TS_API void ts_context_close(ts_context* context);

/* Binds input `index` to `data`, which is read by each later run and never copied or written.
 * `type`, `rank` and every extent of `shape` must be the model's, else TS_BAD_ARGUMENT and the
 * former binding stays; TS_MISSING if there is no such input. `data` is aligned to its elements and
 * must outlive the runs. One thread at a time per context, not during a run. */
TS_API ts_status ts_set_input(ts_context* context, int index, const void* data, ts_type type,
                              const int64_t* shape, int rank);

/* Binds output `index` to the caller's `data`, which later runs write; `size_bytes` must be
 * the value's, and `data` aligned to its elements. NULL for `data` gives the context's own buffer
 * back. TS_MISSING if there is no such output. Memory that is bound twice, or also read as an
 * input, is an error that is not found. One thread at a time per context, not during a run. */
TS_API ts_status ts_bind_output(ts_context* context, int index, void* data, size_t size_bytes);

/* Where output `index` is written: the context's own buffer, aligned to 64 bytes, or what
 * ts_bind_output bound; NULL if there is none. Its content stays until the next run. Any thread,
 * not during ts_bind_output; its content not during a run. */
TS_API void* ts_output(const ts_context* context, int index);

/* Runs once, on inputs bound before. Allocates nothing. One thread at a time per context; contexts
 * of one model may run at once. Outputs are written completely when TS_OK. TS_BAD_ARGUMENT if an
 * input is not bound. */
TS_API ts_status ts_run(ts_context* context);

/* Actual extent of dimension `axis` of output `index` after the last run; differs from the
 * declared bound only where the model's output size depends on its data: the elements then stand
 * packed by the actual extents at the start of the buffer. -1 if there is no such dimension. Any
 * thread, not during a run. */
TS_API int64_t ts_output_extent(const ts_context* context, int index, int axis);

/* With `aborted` not 0, makes the run under way, and each later one, return TS_ABORTED at its next
 * group of operators; 0 allows runs again. Any thread, also during a run. */
TS_API void ts_set_abort(ts_context* context, int aborted);

/* Measures each group of operators in every later run of `context`. `*groups` then points to
 * `*count` groups in the order of execution, whose `nanoseconds` each run writes anew. Lives as
 * long as the context. One thread at a time per context, not during a run. */
TS_API ts_status ts_profile(ts_context* context, const ts_group** groups, int* count);

#ifdef __cplusplus
}
#endif

#endif
