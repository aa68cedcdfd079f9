"""How many instructions an inference takes on ARM: ours for aarch64, aarch64_dot and aarch64_i8mm, which have dot
and matrix products of bytes, and armv7, and LiteRT's, whose kernels are XNNPACK's, for aarch64 (a Cortex-A72). One thread; counted under
qemu-user by a plugin, as the difference between many runs and one, so that loading is not in it.

usage: bench/arm/counts [--engine NAME[,NAME...]] [--to FILE] [MODEL...]

Models are those of bench/peers/networks.txt, and those of tests/zoo/models.txt that are named; LiteRT gets what
onnx2tf makes of the same ONNX file.
Needs `make build`, `tools/setup peers`, and for LiteRT bench/arm/litert_sysroot.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/zoo"), str(ROOT / "bench/peers")]
from convert import FOLDER, first_line, model_file, to_package  # noqa: E402
from models import LISTED, read_models  # noqa: E402
from pictures import inputs_of  # noqa: E402

WORK = ROOT / "build/arm"
SYSROOT = ROOT / "build/sysroot-arm64-litert"
NETWORKS = ROOT / "bench/peers/networks.txt"
TARGETS = {"aarch64": ("qemu-aarch64", "/usr/aarch64-linux-gnu"),
           "aarch64_dot": ("qemu-aarch64", "/usr/aarch64-linux-gnu"),
           "aarch64_i8mm": ("qemu-aarch64", "/usr/aarch64-linux-gnu"),
           "armv7": ("qemu-arm", "/usr/arm-linux-gnueabihf")}
ENGINES = (*TARGETS, "litert")
WIDTH = 14  # of a column
PEER_RUNS = 6  # an interpreter of Python runs around them, which takes a little more or less each time


def run(command, **more):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, **more)
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}: {first_line(words[-1])}")
    return done.stdout


def prepare(engines):
    """Builds the plugin, and the runner of each target."""
    WORK.mkdir(parents=True, exist_ok=True)
    run(["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden",
         Path(__file__).with_name("instructions.c"), "-o", WORK / "instructions.so"])
    for target in set(engines) & set(TARGETS):
        run([ROOT / "tools/cross_runner", WORK / target, "armv7" if target == "armv7" else "aarch64"])


def count(emulator, command, **more):
    """Instructions of one run of a program under emulation."""
    result = WORK / "count"
    result.unlink(missing_ok=True)
    run([*emulator, "-plugin", f"{WORK / 'instructions.so'},to={result}", *command], **more)
    return int(result.read_text())


def input_of(network, channels_last):
    x = next(inputs_of(network, 1, numpy.uint8 if network.values == "raw" else numpy.float32))
    if channels_last and network.shape[1] == 3:
        x = numpy.ascontiguousarray(numpy.moveaxis(x, 1, -1))
    path = WORK / "input.npy"
    numpy.save(path, x)
    return path


def count_ours(network, target):
    emulator, libraries = TARGETS[target]
    folder = FOLDER / network.name / target
    folder.mkdir(parents=True, exist_ok=True)
    package = to_package(network, folder, target)
    name = json.loads((package / "model.json").read_text())["inputs"][0]["name"]
    out = WORK / "out"
    out.mkdir(exist_ok=True)
    counts = [count([emulator, "-L", libraries],
                    [WORK / target / "ts_runner", package, "--input", f"{name}={input_of(network, False)}",
                     "--output-dir", out, "--runs", runs]) for runs in (1, 2)]
    return counts[1] - counts[0]


def count_litert(network):
    if not SYSROOT.is_dir():
        raise RuntimeError(f"{SYSROOT.name} is not there: run bench/arm/litert_sysroot")
    if not network.is_tflite and "_qdq" in network.name:
        raise RuntimeError("onnx2tf makes reals of its integers")
    file = network.file if network.is_tflite else model_file(network, "tflite")
    environment = dict(os.environ, PYTHONHASHSEED="0", PYTHONPATH=str(SYSROOT / "site"))
    counts = [count(["qemu-aarch64", "-cpu", "cortex-a72", "-L", SYSROOT],
                    [SYSROOT / "usr/bin/python3.11", Path(__file__).with_name("litert_runs.py"), file,
                     input_of(network, not network.is_tflite), runs], env=environment)
              for runs in (1, PEER_RUNS)]
    return (counts[1] - counts[0]) / (PEER_RUNS - 1)


def versions():
    qemu = run(["qemu-aarch64", "--version"]).splitlines()[0]
    clang = run(["clang-19", "--version"]).splitlines()[0]
    wheels = sorted(path.name.removesuffix(".dist-info") for path in (SYSROOT / "site").glob("*.dist-info"))
    return [f"{datetime.date.today()}, {platform.machine()}, {qemu}", clang, " ".join(wheels)]


def line_of(network, engines):
    cells, found = [], {}
    for engine in engines:
        try:
            found[engine] = count_litert(network) if engine == "litert" else count_ours(network, engine)
            cells.append(f"{found[engine] / 1e6:>{WIDTH}.2f}")
        except RuntimeError as error:
            print(f"counts: {network.name}: {engine}: {error}", file=sys.stderr)
            cells.append(f"{'-':>{WIDTH}}")
    if found.get("litert") and found.get("aarch64"):
        cells.append(f"{found['litert'] / found['aarch64']:>8.2f}")
    return f"{network.name:<20}" + "".join(cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="*")
    parser.add_argument("--engine", default="aarch64,armv7,litert")
    parser.add_argument("--to", type=Path, help="file that receives the table, too")
    arguments = parser.parse_args()
    engines = arguments.engine.split(",")
    if set(engines) - set(ENGINES):
        sys.exit(f"counts: --engine {arguments.engine}: legal are {', '.join(ENGINES)}")
    prepare(engines)
    head = [*versions(), "", "millions of instructions an inference, one thread; LiteRT's over ours",
            f"{'':<20}" + "".join(f"{engine:>{WIDTH}}" for engine in engines) + f"{'ratio':>8}"]
    print("\n".join(head), flush=True)
    lines = []
    lists = [NETWORKS, LISTED] if arguments.model else [NETWORKS]
    for network in read_models(arguments.model, *lists):
        lines.append(line_of(network, engines))
        print(lines[-1], flush=True)
        if arguments.to:
            arguments.to.parent.mkdir(parents=True, exist_ok=True)
            arguments.to.write_text("\n".join([*head, *lines]) + "\n")


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, ValueError) as error:
        sys.exit(f"counts: {error}")
