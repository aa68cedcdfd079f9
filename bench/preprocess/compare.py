"""Times our preprocessing and OpenCV's in turns: one process, one thread, one core.

From a 1080p frame, BGR or I420, to f32 [1, 3, side, side] in RGB with ImageNet's mean and scale.
OpenCV's ways are those of the wheel on PyPI, the fastest build there is of it (AVX-512, newest
version), written with preallocated results:

    steps    resize, cvtColor, subtract and multiply as floats, split
    tables   resize, split, and one table of 256 floats a channel, which is the quickest it can do;
             told, and not what --at-least asks for
    planes   I420 alone: Y, U and V resized one by one, then YCrCb2RGB, then tables. The chroma is
             interpolated, so the result is another one, as the difference shows

I420 of a camera or a JPEG is full range, which OpenCV cannot convert in one step; what is timed is
its conversion of studio range, which costs the same. The difference, in levels of a pixel, is told
against the exact one in floats, which is not timed. A pair is one run of each, the first of the two changing
from pair to pair; the ratio of a pair is OpenCV's time over ours, so above 1 we are faster. Needs
`make build` and `tools/setup zoo`.
"""

import argparse
import ctypes
import json
import os
import statistics
import sys
import time
from pathlib import Path

import cv2
import numpy

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT = 1920, 1080
MEAN = numpy.array([123.675, 116.28, 103.53])
SCALE = 1 / numpy.array([58.395, 57.12, 57.375])
TASKS = [("bgr", 224, "steps"), ("bgr", 224, "tables"), ("bgr", 640, "steps"),
         ("bgr", 640, "tables"), ("i420", 224, "steps"), ("i420", 224, "tables"),
         ("i420", 224, "planes"), ("i420", 640, "steps"), ("i420", 640, "tables"),
         ("i420", 640, "planes")]
SAME_RESULT = ("steps", "tables")
LIMIT = 1.0  # levels, where the result is the same one
WAYS = {"bilinear": cv2.INTER_LINEAR, "area": cv2.INTER_AREA}


class Ours:
    def __init__(self, side, resize, functions):
        self.library = ctypes.CDLL(str(ROOT / "build/bin/libbench_preprocess.so"))
        self.library.bench_open.restype = ctypes.c_void_p
        self.library.bench_run.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p,
                                           ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
        self.library.bench_close.argtypes = [ctypes.c_void_p]
        three = ctypes.c_double * 3
        self.handle = self.library.bench_open(side, side, three(*MEAN), three(*SCALE),
                                              resize.encode(), functions.encode())
        if not self.handle:
            sys.exit(f"compare.py: row functions '{functions}' do not run here")
        self.result = numpy.empty((3, side, side), numpy.float32)

    def run(self, kind, picture):
        done = self.library.bench_run(self.handle, kind.encode(), picture.ctypes.data, WIDTH,
                                      HEIGHT, self.result.ctypes.data)
        if done != 0:
            sys.exit("compare.py: the preprocessor failed")
        return self.result

    def close(self):
        self.library.bench_close(self.handle)


class Theirs:
    """OpenCV's ways to the same result."""

    def __init__(self, side, resize):
        self.size, self.way = (side, side), WAYS[resize]
        self.small, self.rgb = (numpy.empty((side, side, 3), numpy.uint8) for _ in range(2))
        self.floats = numpy.empty((side, side, 3), numpy.float32)
        self.planes = [numpy.empty((side, side), numpy.uint8) for _ in range(3)]
        self.frame = numpy.empty((HEIGHT, WIDTH, 3), numpy.uint8)
        self.result = numpy.empty((3, side, side), numpy.float32)
        self.tables = [((numpy.arange(256) - mean) * scale).astype(numpy.float32)
                       for mean, scale in zip(MEAN, SCALE)]

    def resized(self, picture, target):
        cv2.resize(picture, self.size, dst=target, interpolation=self.way)

    def look_up(self, planes):
        for table, plane, target in zip(self.tables, planes, self.result):
            cv2.LUT(plane, table, dst=target)
        return self.result

    def steps(self, bgr):
        self.resized(bgr, self.small)
        cv2.cvtColor(self.small, cv2.COLOR_BGR2RGB, dst=self.rgb)
        cv2.subtract(self.rgb, (*MEAN, 0), dst=self.floats, dtype=cv2.CV_32F)
        cv2.multiply(self.floats, (*SCALE, 0), dst=self.floats)
        cv2.split(self.floats, list(self.result))
        return self.result

    def by_tables(self, bgr):
        self.resized(bgr, self.small)
        cv2.split(self.small, self.planes[::-1])
        return self.look_up(self.planes)

    def by_planes(self, i420):
        y, u, v = planes_of(i420)
        for plane, target in zip((y, v, u), self.planes):
            self.resized(plane, target)
        cv2.merge(self.planes, dst=self.small)
        cv2.cvtColor(self.small, cv2.COLOR_YCrCb2RGB, dst=self.rgb)
        cv2.split(self.rgb, self.planes)
        return self.look_up(self.planes)

    def call(self, kind, way):
        """What is timed."""
        if way == "planes":
            return self.by_planes
        rest = {"steps": self.steps, "tables": self.by_tables}[way]
        if kind == "bgr":
            return rest
        return lambda i420: rest(cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420, dst=self.frame))

    def exact(self, kind, way, picture):
        """The result that ours is compared with."""
        if way == "planes" or kind == "bgr":
            return self.call(kind, way)(picture)
        y, u, v = planes_of(picture)
        y, cr, cb = [cv2.resize(plane, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
                     .astype(numpy.float32) for plane in (y, v, u)]
        cr, cb = cr - 128, cb - 128  # BT.601, as in JFIF
        rgb = cv2.merge([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb])
        small = cv2.resize(numpy.clip(rgb, 0, 255), self.size, interpolation=self.way)
        return ((small - MEAN) * SCALE).transpose(2, 0, 1)


def planes_of(i420):
    quarter = WIDTH * HEIGHT // 4
    flat = i420.reshape(-1)
    half = (HEIGHT // 2, WIDTH // 2)
    return (i420[:HEIGHT], flat[4 * quarter:5 * quarter].reshape(half),
            flat[5 * quarter:].reshape(half))


def make_pictures():
    """A soft picture with grain, as BGR and as I420."""
    random = numpy.random.default_rng(1)
    soft = cv2.resize(random.random((9, 16, 3)), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    bgr = numpy.clip(255 * soft + 12 * random.standard_normal(soft.shape), 0, 255)
    bgr = bgr.astype(numpy.uint8)
    y, v, u = cv2.split(cv2.cvtColor(bgr, cv2.COLOR_BGR2YCrCb))
    half = [cv2.resize(plane, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA).reshape(-1)
            for plane in (u, v)]
    i420 = numpy.concatenate([y.reshape(-1), *half]).reshape(HEIGHT * 3 // 2, WIDTH)
    return {"bgr": bgr, "i420": i420}


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def time_pairs(ours, theirs, pairs):
    """[(our seconds, their seconds)] of each pair."""
    for _ in range(5):
        ours(), theirs()
    times = []
    for k in range(pairs):
        if k % 2:
            b, a = seconds(theirs), seconds(ours)
        else:
            a, b = seconds(ours), seconds(theirs)
        times.append((a, b))
    return times


def compare(task, pictures, arguments):
    kind, side, way = task
    ours, theirs = Ours(side, arguments.resize, arguments.functions), Theirs(side, arguments.resize)
    picture = pictures[kind]
    levels = numpy.abs(ours.run(kind, picture) - theirs.exact(kind, way, picture))
    difference = float((levels / SCALE[:, None, None]).max())
    timed = theirs.call(kind, way)
    times = time_pairs(lambda: ours.run(kind, picture), lambda: timed(picture), arguments.pairs)
    ours.close()
    ratios = sorted(b / a for a, b in times)
    return {"difference": difference, "from": kind, "side": side, "opencv": way,
            "ours_median_ms": 1e3 * statistics.median(a for a, _ in times),
            "opencv_median_ms": 1e3 * statistics.median(b for _, b in times),
            "ratio_median": statistics.median(ratios), "ratio_p10": ratios[len(ratios) // 10],
            "ratio_p90": ratios[-1 - len(ratios) // 10]}


def is_good(result, least):
    if result["opencv"] not in SAME_RESULT:
        return True
    is_fast = result["opencv"] != "steps" or result["ratio_median"] >= least
    return result["difference"] <= LIMIT and is_fast


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=201)
    parser.add_argument("--resize", choices=WAYS, default="bilinear")
    parser.add_argument("--functions", default="", help="avx512, avx2, sse4, plain; the best")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--at-least", type=float, default=0,
                        help="exit 1 if a median ratio to steps is less")
    parser.add_argument("--json", action="store_true", help="one object a line")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.core})
    cv2.setNumThreads(1)
    pictures = make_pictures()
    good = True
    for task in TASKS:
        result = compare(task, pictures, arguments)
        if task == TASKS[0] and not arguments.json:
            print(f"OpenCV {cv2.__version__}, core {arguments.core}, {arguments.pairs} pairs")
            print(" ".join(f"{name:>16}" for name in result))
        print(json.dumps(result) if arguments.json else " ".join(
            f"{value:>16.3f}" if isinstance(value, float) else f"{value:>16}"
            for value in result.values()), flush=True)
        good = good and is_good(result, arguments.at_least)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
