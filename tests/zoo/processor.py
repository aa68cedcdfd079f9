"""What this processor has."""

from pathlib import Path


def has_dot_products():
    """Whether it adds products of bytes in 32 bits. On x86 without such instructions engines add pairs of
    them in 16 bits, which saturate."""
    return any(f" {name}" in Path("/proc/cpuinfo").read_text() for name in ("avx512_vnni", "avx_vnni"))
