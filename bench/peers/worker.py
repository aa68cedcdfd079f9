"""One engine with one model in a process of its own, told what to do by lines on its standard input.

usage: worker.py ENGINE MODEL_FILE THREADS CORES INPUT.npy

CORES is a list such as 0,1. Says `ready {...}` when the model is loaded; then each line is answered
by one line of JSON:
    run N       seconds of each of N runs, input and output copies included
    save FOLDER writes the outputs of one run to FOLDER/0.npy, ...
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy

from peers import ENGINES, version_of


def resident_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def time_runs(engine, x, count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        engine.run(x)
        times.append(time.perf_counter() - start)
    return times


def save_outputs(engine, x, folder):
    folder.mkdir(parents=True, exist_ok=True)
    outputs = engine.run(x)
    for index, output in enumerate(outputs):
        numpy.save(folder / f"{index}.npy", output)
    return len(outputs)


def main():
    name, file, threads, cores, input_file = sys.argv[1:]
    os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    x = numpy.load(input_file)
    before = time.perf_counter()
    engine = ENGINES[name][0](file, int(threads))
    loaded = time.perf_counter() - before
    engine.run(x)
    print("ready", json.dumps({"version": version_of(name), "precision": engine.precision,
                               "load_ms": 1e3 * loaded, "rss_mb": resident_mb()}), flush=True)
    for line in sys.stdin:
        command, argument = line.split(maxsplit=1)
        if command == "run":
            answer = time_runs(engine, x, int(argument))
        elif command == "save":
            answer = save_outputs(engine, x, Path(argument.strip()))
        else:
            sys.exit(f"worker.py: {command} is none of run, save")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
