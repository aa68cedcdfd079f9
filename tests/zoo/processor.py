"""What this processor has, and what engines are told for it."""

from pathlib import Path

FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_bf16", "amx_int8")


def features():
    """Those of FEATURES that it has, as Linux calls them."""
    flags = set(Path("/proc/cpuinfo").read_text().split())
    return [name for name in FEATURES if name in flags]


def has_dot_products():
    """Whether it adds products of bytes in 32 bits. On x86 without such instructions engines add pairs of
    them in 16 bits, which saturate."""
    return bool({"avx512_vnni", "avx_vnni"} & set(features()))


def onnxruntime_options():
    """A session's options, silent and exact. The exact mode is slower: it is asked for only where sums
    saturate without."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if not has_dot_products():
        options.add_session_config_entry("session.x64quantprecision", "1")
    return options
