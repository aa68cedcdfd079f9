# Builds for arm64 with Debian's cross compiler and the libraries that tools/arm64_sysroot has made:
#   cmake --preset aarch64
# Programs that the build itself runs are those of this machine.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

if(NOT TURNSTONE_SYSROOT)
  set(TURNSTONE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../build/sysroot-arm64)
endif()
cmake_path(ABSOLUTE_PATH TURNSTONE_SYSROOT NORMALIZE)
if(NOT EXISTS ${TURNSTONE_SYSROOT}/usr/include)
  message(FATAL_ERROR "${TURNSTONE_SYSROOT} has no libraries for arm64: run tools/arm64_sysroot ${TURNSTONE_SYSROOT}")
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TURNSTONE_SYSROOT)

set(CMAKE_SYSROOT ${TURNSTONE_SYSROOT})
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_DIR} "")
set(ENV{PKG_CONFIG_LIBDIR}
    ${TURNSTONE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${TURNSTONE_SYSROOT}/usr/share/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${TURNSTONE_SYSROOT})
