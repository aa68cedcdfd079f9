"""What a process holds that runs one network, what its engine weighs on disk, and how long it takes
to be ready: a C program with libturnstone, then every engine called from Python, PyTorch included.

Memory is resident memory behind a few runs on one thread; `above` is without the weights of the
package. Disk is the engine's own shared libraries. Loading is from a warm page cache, the shortest of
several processes. Needs `make build`, `tools/setup peers` and a C compiler.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/zoo"))
from compare import NETWORKS, PEERS_F32, Worker, channels_last, print_head  # noqa: E402
from convert import FOLDER, first_line, model_file  # noqa: E402
from models import read_models  # noqa: E402
from peers import ENGINES, shipped_bytes  # noqa: E402
from runtime import find_library  # noqa: E402

TRIES = 5


def json_of(command):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(first_line((done.stderr.strip().splitlines() or ["?"])[-1]))
    return json.loads(done.stdout)


def build_minimal():
    program = FOLDER / "minimal"
    library = find_library().resolve()
    subprocess.run(["cc", "-O2", f"-I{ROOT}/src/runtime/include", Path(__file__).with_name("minimal.c"),
                    library, f"-Wl,-rpath,{library.parent}", "-o", program], check=True)
    return program, library


def measure_ours(network):
    program, library = build_minimal()
    package = model_file(network, "package")
    tries = [json_of([program, package]) for _ in range(TRIES)]
    best = min(tries, key=lambda facts: facts["load_ms"])
    return {**best, "disk_mb": library.stat().st_size / 1e6}


def measure_peer(network, engine, core):
    kind = ENGINES[engine][1]
    x = numpy.zeros(network.shape, numpy.float32)
    if kind == "tflite" and network.shape[1] == 3:
        x = numpy.ascontiguousarray(channels_last(x))
    path = FOLDER / network.name / f"zeros-{engine}.npy"
    numpy.save(path, x)
    best = None
    for _ in range(TRIES):
        worker = Worker(engine, model_file(network, kind), 1, [core], path)
        worker.close()
        if best is None or worker.facts["load_ms"] < best["load_ms"]:
            best = worker.facts
    library = find_library().stat().st_size if engine == "turnstone" else shipped_bytes(engine)
    return {**best, "disk_mb": library / 1e6}


def measure_pytorch(network):
    script = Path(__file__).with_name("memory_pytorch.py")
    tries = [json_of(["/usr/bin/python3", "-W", "ignore", script, network.name, *network.shape[2:]])
             for _ in range(2)]
    return min(tries, key=lambda facts: facts["load_ms"])


def print_row(name, facts, weights):
    disk = f"{facts['disk_mb']:.2f}" if "disk_mb" in facts else "-"
    print(f"  {name:<28}{facts['rss_mb']:8.1f}{facts['rss_mb'] - weights:8.1f}{disk:>9}"
          f"{facts['load_ms']:10.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", nargs="?", default="mobilenet_v2", help="of networks.txt")
    parser.add_argument("--core", type=int, default=0)
    arguments = parser.parse_args()
    [network] = read_models([arguments.network], NETWORKS)
    (FOLDER / network.name).mkdir(parents=True, exist_ok=True)
    print_head(PEERS_F32, sys.stdout)
    ours = measure_ours(network)
    print(f"\n{network.name}, {ours['weights_mb']:.1f} MB of weights\n"
          f"  {'process':<28}{'MB':>8}{'above':>8}{'disk MB':>9}{'load ms':>10}")
    print_row("turnstone from C", ours, ours["weights_mb"])
    failed = 0
    for name in ("turnstone", *PEERS_F32, "pytorch"):
        try:
            facts = measure_pytorch(network) if name == "pytorch" else \
                measure_peer(network, name, arguments.core)
            print_row(f"{name} from Python", facts, ours["weights_mb"])
        except (RuntimeError, ValueError, OSError) as error:
            failed += 1
            print(f"  {name:<28}left out: {first_line(str(error))}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
