/* The contract between a compiled model (`compiled.so`) and the runtime that loads it. Packages
 * stay on devices for years: a field is never moved, removed or given another meaning. ts_module
 * and ts_module_host grow at their end, and `size` tells how much of them there is; structures that
 * stand in arrays never grow: what is added to them becomes a further array in ts_module. Behind
 * the library the file ends in "ts-xxh64" and the XXH64 of all that is before, the lowest byte
 * first. Freestanding C11; this text is also the head of every generated C file. */
#ifndef TURNSTONE_MODULE_H
#define TURNSTONE_MODULE_H

#include <stdint.h>

/* A runtime refuses a module of a higher number and reads every lower one. */
#define TS_MODULE_ABI 3

/* Types of elements. */
enum {
  TS_TYPE_F32 = 1,
  TS_TYPE_F16 = 2,
  TS_TYPE_BF16 = 3,
  TS_TYPE_F64 = 4,
  TS_TYPE_I8 = 5,
  TS_TYPE_U8 = 6,
  TS_TYPE_I16 = 7,
  TS_TYPE_U16 = 8,
  TS_TYPE_I32 = 9,
  TS_TYPE_U32 = 10,
  TS_TYPE_I64 = 11,
  TS_TYPE_U64 = 12,
  TS_TYPE_BOOL = 13
};

/* What the dimensions of a picture mean. */
enum { TS_LAYOUT_NONE = 0, TS_LAYOUT_NCHW = 1, TS_LAYOUT_NHWC = 2 };

/* Architectures; a module runs on one. */
enum { TS_ARCH_X86_64 = 1, TS_ARCH_AARCH64 = 2, TS_ARCH_ARMV7 = 3, TS_ARCH_RISCV64 = 4 };

/* What a variant asks of the CPU and the operating system (state enabled in XCR0 included). */
enum {
  TS_CPU_AVX2_FMA = 1 << 0, /* x86-64-v3 */
  TS_CPU_AVX512 = 1 << 1,   /* x86-64-v4: F, BW, CD, DQ, VL */
  TS_CPU_AVX512_VNNI = 1 << 2,
  TS_CPU_AVX512_BF16 = 1 << 3,
  TS_CPU_AVX512_FP16 = 1 << 4,
  TS_CPU_AVX_VNNI = 1 << 5,
  TS_CPU_AMX_INT8 = 1 << 6,
  TS_CPU_AMX_BF16 = 1 << 7,
  TS_CPU_NEON_DOTPROD = 1 << 8,
  TS_CPU_NEON_I8MM = 1 << 9,
  TS_CPU_NEON_FP16 = 1 << 10,
  TS_CPU_NEON_VFPV4 = 1 << 11, /* ARMv7: NEON with fused multiply-add, and integer division */
  TS_CPU_SSE4 = 1 << 12        /* x86-64-v2 */
};

/* What the products of a group are of: f32 (or there are none), bytes, or bf16 with sums of f32. */
enum { TS_MODULE_PRODUCTS_F32 = 0, TS_MODULE_PRODUCTS_BYTES = 1, TS_MODULE_PRODUCTS_BF16 = 2 };

/* One input or output. */
typedef struct ts_module_value {
  const char* name;     /* UTF-8, as the model has it; unique among inputs and among outputs */
  uint32_t type;        /* TS_TYPE_ */
  uint32_t layout;      /* TS_LAYOUT_ */
  uint32_t rank;        /* 0..8 */
  uint32_t bounded;     /* bit i: extent i depends on data and shape[i] is its bound */
  const int64_t* shape; /* `rank` extents, each at least 1 */
  uint64_t bytes;       /* of the whole value, elements packed in row-major order */
  uint32_t quantised;   /* 1: real value = scale * (stored - zero) */
  int32_t zero;
  double scale;
} ts_module_value;

/* What the runtime offers while a module runs. */
typedef struct ts_module_host {
  uint32_t size;    /* of this structure, in bytes */
  uint32_t threads; /* that parallel_for uses, the caller included; at least 1 */
  void* pool;
  /* Calls body(argument, i) once for each i in [0, count), on any of the threads, and returns when
   * all are done. NULL when threads is 1. */
  void (*parallel_for)(void* pool, void (*body)(void* argument, int64_t i), void* argument,
                       int64_t count);
  /* Set to non-zero from outside to have `run` return soon; checked between groups. May be NULL. */
  const volatile int32_t* abort;
  /* Called after group `i` of the variant is done. NULL unless somebody measures. */
  void (*group_done)(void* observer, uint32_t i);
  void* observer;
} ts_module_host;

/* A piece of the model that is computed at once: one operator or several fused. */
typedef struct ts_module_group {
  const char* name; /* our words: kernel and shape, such as "conv1x1 56x56x24->144" */
  uint64_t flops;   /* multiply-adds counted as two */
  uint64_t bytes;   /* read and written: values and weights */
} ts_module_group;

/* The code for one kind of CPU. */
typedef struct ts_module_variant {
  const char* name;       /* name of the target, such as "x86_64_v3" */
  uint64_t features;      /* TS_CPU_ bits, all needed */
  uint64_t scratch_bytes; /* that `run` needs at `scratch`, aligned to 64 bytes */
  const void* weights;    /* page-aligned, in the order of execution */
  uint64_t weights_bytes;
  uint32_t group_count;
  uint32_t reserved;
  const ts_module_group* groups;
  /* Computes the outputs. `extents[i]` receives the actual extents of output i where it has bounded
   * dimensions; `extents` may be NULL when no output has. Inputs and outputs need the alignment of
   * their elements only. Returns 0, or 1 when aborted; outputs are then unfinished. Re-entrant. */
  int32_t (*run)(const ts_module_host* host, const void* const* inputs, void* const* outputs,
                 int64_t* const* extents, void* scratch);
} ts_module_variant;

/* What `dlsym(..., "turnstone_module")` finds. */
typedef struct ts_module {
  uint32_t abi;
  uint32_t size; /* of this structure, in bytes */
  uint32_t arch; /* TS_ARCH_ */
  uint32_t input_count;
  uint32_t output_count;
  uint32_t variant_count;
  const ts_module_value* inputs;
  const ts_module_value* outputs;
  const ts_module_variant* variants; /* the preferred one first */
  /* Since ABI 2. For each variant: bytes of scratch memory that `run` needs for each of the host's
   * threads, a multiple of 64; they stand behind its scratch_bytes, which are one too where there
   * are any. NULL when no variant needs any. */
  const uint64_t* thread_bytes;
  /* Since ABI 3. For each variant, for each of its groups: TS_MODULE_PRODUCTS_. NULL where nobody
   * says. */
  const uint8_t* const* group_products;
} ts_module;

#endif
