/* A module for the Linux that bochs_runner boots: gives programs the tile registers of AMX.
 *
 * Linux enables them only where a processor can also take them away from who does not use them
 * (XFD, Intel SDM volume 1, 13.14), which the emulated one cannot. This sets their states in XCR0
 * where CPUID names them. Linux then saves none of them: one program at a time may use tiles. Built
 * by `tools/setup bochs` without kbuild, so what that adds to a module stands here: TILE_LAYOUT is
 * the checksum of the kernel's `struct module`, see Module.symvers. */
#define INCLUDE_VERMAGIC
#include <linux/module.h>
#include <linux/vermagic.h>

MODULE_LICENSE("GPL");
MODULE_INFO(vermagic, VERMAGIC_STRING);

static int __init give_tiles(void) {
  const unsigned tiles = 3 << 17;
  unsigned low = 0xd, count = 0, high;
  asm volatile("cpuid" : "+a"(low), "+c"(count), "=d"(high) : : "ebx");
  if ((low & tiles) != tiles) return 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  asm volatile("xsetbv" : : "a"(low | tiles), "d"(high), "c"(0));
  return 0;
}
module_init(give_tiles);

__visible struct module __this_module __section(".gnu.linkonce.this_module") = {
    .name = KBUILD_MODNAME, .init = init_module, .arch = MODULE_ARCH_INIT};
static const struct modversion_info versions[] __used __section("__versions") = {
    {TILE_LAYOUT, "module_layout"}};
