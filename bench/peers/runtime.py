"""libturnstone through ctypes: as much as a bench needs, called as a C program would."""

import ctypes
import os
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
MAX_RANK = 8
TYPES = {1: numpy.float32, 5: numpy.int8, 6: numpy.uint8, 9: numpy.int32, 11: numpy.int64}


class Value(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("layout", ctypes.c_int),
                ("rank", ctypes.c_int), ("shape", ctypes.c_int64 * MAX_RANK)]


def find_library():
    """TURNSTONE_LIBRARY, or what `make build` made."""
    given = os.environ.get("TURNSTONE_LIBRARY")
    places = [Path(given)] if given else [
        *ROOT.glob("build/bin/libturnstone.so"), *ROOT.glob("build/lib/libturnstone.so"),
        *ROOT.glob("build/release/**/libturnstone.so")]
    if not places or not places[0].is_file():
        raise FileNotFoundError("libturnstone.so is not there: run make build")
    return places[0]


def load():
    library = ctypes.CDLL(str(find_library()))
    for name in ("ts_input_info", "ts_output_info"):
        getattr(library, name).restype = ctypes.POINTER(Value)
    library.ts_output.restype = ctypes.c_void_p
    for name in ("ts_status_text", "ts_variant_name"):
        getattr(library, name).restype = ctypes.c_char_p
    return library


class Model:
    """One model with one input and one context; with one thread, on the calling one alone."""

    def __init__(self, package, threads=1):
        self.library = load()
        self.model, self.context = ctypes.c_void_p(), ctypes.c_void_p()
        self.pool = ctypes.c_void_p()
        self.check(self.library.ts_open(str(package).encode(), ctypes.byref(self.model)))
        if threads > 1:
            self.check(self.library.ts_pool_open(threads, ctypes.byref(self.pool)))
        self.check(self.library.ts_context_open(self.model, self.pool, ctypes.byref(self.context)))
        self.input = self.array_of(self.library.ts_input_info(self.model, 0).contents)
        self.check(self.library.ts_set_input(
            self.context, 0, ctypes.c_void_p(self.input.ctypes.data), self.info(0).type,
            self.info(0).shape, self.info(0).rank))
        self.outputs = [self.output_view(k) for k in range(self.library.ts_output_count(self.model))]
        self.variant = self.library.ts_variant_name(self.model).decode()

    def info(self, index):
        return self.library.ts_input_info(self.model, index).contents

    def output_view(self, index):
        """The output as it stands in the context's memory."""
        like = self.array_of(self.library.ts_output_info(self.model, index).contents)
        address = self.library.ts_output(self.context, index)
        raw = (ctypes.c_char * like.nbytes).from_address(address)
        return numpy.frombuffer(raw, like.dtype).reshape(like.shape)

    @staticmethod
    def array_of(value):
        return numpy.zeros(tuple(value.shape[:value.rank]), TYPES[value.type])

    def check(self, status):
        if status != 0:
            raise RuntimeError(self.library.ts_status_text(status).decode())

    def run(self, x):
        """Copies the input in, runs, and copies the first output out."""
        return self.run_all(x)[0]

    def run_all(self, x):
        """The same, with all outputs."""
        numpy.copyto(self.input, x)
        self.check(self.library.ts_run(self.context))
        return [output.copy() for output in self.outputs]

    def close(self):
        self.library.ts_context_close(self.context)
        self.library.ts_close(self.model)
        if self.pool:
            self.library.ts_pool_close(self.pool)
