/* ARCH: the architecture that a module for tests is built for. */
#pragma once

#include "runtime/module.h"

#if defined(__x86_64__)
#define ARCH TS_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH TS_ARCH_AARCH64
#elif defined(__arm__)
#define ARCH TS_ARCH_ARMV7
#else
#define ARCH TS_ARCH_RISCV64
#endif
