"""Compiled networks side by side with the general engines, on the same cores in one run.

Every engine has a process of its own, pinned to the same cores, and all take turns: a turn is a few
runs, of which the first is not counted, and the order of the engines changes from round to round.
The ratio of a round is an engine's median time over ours, so above 1 we are faster; the table shows
the median of the rounds' ratios. Before anything is timed, outputs are compared with ONNX Runtime's:
an engine that computes something else is left out, and said so. Input and output copies are in the
time of every engine. Needs `make build` and `tools/setup peers`.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/zoo"))
from convert import FOLDER, first_line, model_file  # noqa: E402
from peers import ENGINES, version_of  # noqa: E402
from models import read_models  # noqa: E402
from pictures import inputs_of  # noqa: E402
from processor import features, has_dot_products  # noqa: E402

TURNSTONE = ROOT / "build/bin/turnstone"
PEERS_F32 = ("onnxruntime", "openvino", "litert", "ncnn")
NETWORKS = Path(__file__).with_name("networks.txt")
LIMIT = 1e-3  # largest difference over the largest output, where the network allows no more
REST = 0.03  # seconds between turns, in which the threads of others stop to spin


class Worker:
    """An engine in its process."""

    def __init__(self, engine, file, threads, cores, input_file):
        self.engine = engine
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("worker.py"), engine, str(file), str(threads),
             ",".join(map(str, cores)), str(input_file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("ready "):
                self.facts = json.loads(line[6:])
                return
        raise RuntimeError(first_line((self.process.stderr.read().strip().splitlines() or ["?"])[-1]))

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.engine} ended")
        return json.loads(answer)

    def outputs(self, folder):
        return [numpy.load(folder / f"{k}.npy") for k in range(self.ask(f"save {folder}"))]

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def channels_last(x):
    """The other order of a picture's dimensions, for engines that keep their own."""
    return numpy.moveaxis(x, 1, -1)


def difference(found, expected):
    """Largest difference over the largest value of each output, or infinity where there are others.
    Outputs come in any order of theirs, with or without the batch, channels first or last."""
    worst = 0.0
    rest = list(found)
    for want in expected:
        fits = []
        for index, have in enumerate(rest):
            forms = [have] + ([numpy.moveaxis(have, -1, 1)] if have.ndim > 2 else [])
            for form in forms:
                if form.size == want.size and [n for n in form.shape if n > 1] == \
                        [n for n in want.shape if n > 1]:
                    gap = numpy.abs(form.reshape(want.shape).astype(numpy.float64) - want).max()
                    fits.append((float(gap / max(numpy.abs(want).max(), 1e-30)), index))
        if not fits:
            return float("inf")
        gap, index = min(fits)
        worst = max(worst, gap) if gap == gap else float("inf")
        del rest[index]
    return worst


def open_workers(network, engines, threads, cores, folder):
    """The engines that can run the network, and why the others cannot."""
    inputs = {}
    x = next(inputs_of(network, 1, numpy.float32))
    for kind, value in (("", x), ("tflite", numpy.ascontiguousarray(channels_last(x))
                                  if network.shape[1] == 3 else x)):
        inputs[kind] = folder / f"input{kind}.npy"
        numpy.save(inputs[kind], value)
    workers, refused = [], {}
    for engine in engines:
        kind = ENGINES[engine][1]
        try:
            file = model_file(network, kind)
            workers.append(Worker(engine, file, threads, cores, inputs.get(kind, inputs[""])))
        except (RuntimeError, ValueError, OSError) as error:
            refused[engine] = first_line(str(error))
    return workers, refused


def check_outputs(network, workers, refused, folder):
    """Closes workers whose outputs are not the reference's; returns the differences of the others."""
    found = {worker.engine: worker.outputs(folder / worker.engine) for worker in workers}
    reference = found.get("onnxruntime") or found.get("openvino")
    if reference is None:
        raise RuntimeError(f"neither onnxruntime nor openvino is there to compare outputs with: {refused}")
    if any(want.size > 1 and want.min() == want.max() for want in reference):
        raise RuntimeError("an output is one number throughout: nothing to compare")
    gaps = {engine: difference(outputs, reference) for engine, outputs in found.items()}
    for worker in list(workers):
        is_narrow = worker.facts["precision"].startswith(("bf16", "f16"))
        limit = 0.1 if is_narrow else max(LIMIT, network.limit)
        if not gaps[worker.engine] <= limit:
            refused[worker.engine] = f"outputs differ by {gaps[worker.engine]:.1e}"
            worker.close()
            workers.remove(worker)
    return gaps


def runs_of_turn(worker, seconds):
    """How many runs take about that long, one to warm up included."""
    one = min(worker.ask("run 3"))
    return max(4, min(40, 1 + round(seconds / one)))


def time_rounds(workers, rounds, seconds):
    """For each engine, its median seconds of each round, and all its times."""
    counts = {worker.engine: runs_of_turn(worker, seconds) for worker in workers}
    medians = {worker.engine: [] for worker in workers}
    times = {worker.engine: [] for worker in workers}
    for k in range(rounds):
        shift = k % len(workers)
        for worker in workers[shift:] + workers[:shift]:
            time.sleep(REST)
            measured = worker.ask(f"run {counts[worker.engine]}")[1:]
            medians[worker.engine].append(statistics.median(measured))
            times[worker.engine] += measured
    return medians, times


def measure_peak(threads, cores, package):
    """What `turnstone bench` tells of the cores: GFLOP/s of multiply-adds, and the model's own count."""
    done = subprocess.run(
        ["taskset", "-c", ",".join(map(str, cores)), str(TURNSTONE), "bench", str(package), "--threads",
         str(threads), "--runs", "5", "--json", "--layers"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(first_line(done.stderr))
    return json.loads(done.stdout)


def multiply_adds(bench):
    """Of the model itself, two for each: what its convolutions and matrix products ask for."""
    return sum(layer["flops"] for layer in bench["layers"]
               if layer["name"].startswith(("conv", "depthwise", "matmul", "strip")))


def measure(network, engines, threads, cores, arguments):
    folder = FOLDER / network.name / "run"
    folder.mkdir(parents=True, exist_ok=True)
    workers, refused = open_workers(network, engines, threads, cores, folder)
    try:
        if "turnstone" not in [worker.engine for worker in workers]:
            raise RuntimeError(f"turnstone: {refused.get('turnstone')}")
        gaps = check_outputs(network, workers, refused, folder)
        if "turnstone" in refused:
            raise RuntimeError(f"turnstone: {refused['turnstone']}")
        medians, times = time_rounds(workers, arguments.rounds, arguments.turn)
    finally:
        for worker in workers:
            worker.close()
    package = FOLDER / network.name / "package/package"
    bench = measure_peak(threads, cores, package)
    flops = multiply_adds(bench)
    rows = {}
    for worker in workers:
        ratios = sorted(a / b for a, b in zip(medians[worker.engine], medians["turnstone"]))
        median = statistics.median(times[worker.engine])
        rows[worker.engine] = {
            **worker.facts, "median_ms": 1e3 * median, "min_ms": 1e3 * min(times[worker.engine]),
            "gflops": flops / median / 1e9, "share": flops / median / 1e9 / bench["peak_gflops"],
            "ratio": statistics.median(ratios), "ratio_low": ratios[len(ratios) // 10],
            "ratio_high": ratios[-1 - len(ratios) // 10], "difference": gaps[worker.engine]}
    return {"network": network.name, "threads": threads, "gflop": flops / 1e9,
            "peak_gflops": bench["peak_gflops"], "engines": rows, "refused": refused,
            "bf16_ratio": ratio_between(medians, "openvino_default", "turnstone_bf16"),
            "avx2": measure_avx2(network, medians, rows, threads, cores)}


def measure_avx2(network, medians, rows, threads, cores):
    """Our code for AVX2 beside the fastest f32 peer on what this is, and its share of what AVX2 can do
    here; None where it did not run."""
    peers = [engine for engine in PEERS_F32 if engine in rows]
    if "turnstone_avx2" not in rows or not peers:
        return None
    best = max(peers, key=lambda engine: rows[engine]["gflops"])
    peak = measure_peak(threads, cores, FOLDER / network.name / "package_avx2/package")["peak_gflops"]
    return {"ratio": ratio_between(medians, best, "turnstone_avx2"), "peer": best, "peak_gflops": peak,
            "share": rows["turnstone_avx2"]["gflops"] / peak, "bound": peak / rows[best]["gflops"]}


def ratio_between(medians, theirs, ours):
    """The median of the rounds' ratios, or None where one of the engines did not run."""
    if theirs not in medians or ours not in medians:
        return None
    return statistics.median(a / b for a, b in zip(medians[theirs], medians[ours]))


def print_result(result, out):
    print(f"\n{result['network']}, {result['threads']} thread{'s' * (result['threads'] > 1)}: "
          f"{result['gflop']:.2f} GFLOP, peak {result['peak_gflops']:.0f} GFLOP/s", file=out)
    print(f"  {'engine':<18}{'ms':>8}{'best':>8}{'GFLOP/s':>9}{'peak':>6}{'ratio':>7}  "
          f"{'p10-p90':<11}{'differs':>8}{'MB':>6}{'load ms':>9}  precision", file=out)
    for engine, row in sorted(result["engines"].items(), key=lambda item: item[1]["median_ms"]):
        print(f"  {engine:<18}{row['median_ms']:8.2f}{row['min_ms']:8.2f}{row['gflops']:9.1f}"
              f"{100 * row['share']:5.0f}%{row['ratio']:7.2f}  "
              f"{row['ratio_low']:.2f}-{row['ratio_high']:.2f}  {row['difference']:8.0e}"
              f"{row['rss_mb']:6.0f}{row['load_ms']:9.1f}  {row['precision']}", file=out)
    for engine, reason in result["refused"].items():
        print(f"  {engine:<18}left out: {reason}", file=out)
    out.flush()


def best_peer(result, peers=PEERS_F32):
    """The ratio of the fastest peer to us."""
    return min((row["ratio"] for engine, row in result["engines"].items() if engine in peers),
               default=None)


def is_quantised(result):
    return "_qdq" in result["network"]


def print_ratios(results, what, out):
    ratios = {r["network"]: best_peer(r) for r in results}
    ratios = {name: ratio for name, ratio in ratios.items() if ratio}
    if not ratios:
        return
    mean = statistics.geometric_mean(ratios.values())
    print(f"\nagainst the fastest {what}: geometric mean {mean:.2f} over {len(ratios)} networks", file=out)
    for name, ratio in sorted(ratios.items(), key=lambda item: item[1]):
        print(f"  {name:<24}{ratio:5.2f}", file=out)


def print_bf16(results, out):
    """`--math bf16` against what OpenVINO chooses by itself, where both multiply bf16 in hardware."""
    found = [r for r in results if r["bf16_ratio"]]
    if found:
        print("\n--math bf16 against OpenVINO's default", file=out)
    for r in found:
        print(f"  {r['network']:<24}{r['bf16_ratio']:5.2f}, {r['threads']} thread{'s' * (r['threads'] > 1)}, "
              f"the default is {r['engines']['openvino_default']['precision']}", file=out)


def print_avx2(results, out):
    """Our code for AVX2 against peers on AVX-512, and how far AVX2 could go at most."""
    found = [r for r in results if r["avx2"] and not is_quantised(r)]
    if found:
        print("\ncode for AVX2 against the fastest f32 peer on AVX-512: ratio, the most that multiply-adds of "
              "AVX2 allow,\nand the share of that", file=out)
    for r in found:
        avx2 = r["avx2"]
        print(f"  {r['network']:<24}{avx2['ratio']:5.2f} {avx2['bound']:5.2f} {100 * avx2['share']:4.0f}%  "
              f"{r['threads']} thread{'s' * (r['threads'] > 1)}, {avx2['peer']}, "
              f"{avx2['peak_gflops']:.0f} GFLOP/s", file=out)


def print_skips(results, out):
    """What cannot be told on this machine."""
    present = features()
    print(file=out)
    if "amx_bf16" not in present and not any(r["bf16_ratio"] for r in results):
        print("skip: --math bf16 against OpenVINO's default: no AMX here", file=out)
    if "amx_int8" not in present:
        print("skip: integers by AMX: no AMX here", file=out)
    if not has_dot_products():
        print("skip: integers by VNNI: no VNNI here; those above are by AVX2", file=out)
    if "avx512f" not in present:
        print("skip: AVX2 code against peers on AVX-512: no AVX-512 here", file=out)


def print_summary(results, out):
    for threads in sorted({result["threads"] for result in results}):
        told = f"{threads} thread{'s' * (threads > 1)}"
        own = [r for r in results if r["threads"] == threads]
        print_ratios([r for r in own if not is_quantised(r)], f"f32 peer, {told}", out)
        print_ratios([r for r in own if is_quantised(r)], f"peer with networks of integers, {told}", out)
    single = {r["network"]: r["engines"]["turnstone"]["median_ms"] for r in results if r["threads"] == 1}
    double = {r["network"]: r["engines"]["turnstone"]["median_ms"] for r in results if r["threads"] == 2}
    both = [name for name in single if name in double]
    if both:
        print("\ntwo threads against one, ours", file=out)
    for name in both:
        print(f"  {name:<24}{single[name] / double[name]:5.2f}", file=out)
    print_bf16(results, out)
    print_avx2(results, out)
    print_skips(results, out)


def machine():
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} CPUs, {' '.join(features())}"


def print_head(engines, out):
    print(f"{datetime.date.today()}, {machine()}", file=out)
    versions = ", ".join(sorted({f"{ENGINES[e][0].distribution} {version_of(e)}" for e in engines
                                 if ENGINES[e][0].distribution}))
    commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
                            capture_output=True, text=True).stdout.strip()
    print(f"turnstone {commit}, {versions}", file=out)


class Tee:
    """Prints to several files."""

    def __init__(self, *files):
        self.files = files

    def write(self, text):
        for file in self.files:
            file.write(text)

    def flush(self):
        for file in self.files:
            file.flush()


def default_engines():
    """The peers; where bf16 is multiplied in hardware, ours and OpenVINO's too; where AVX-512 is, our
    code for AVX2."""
    narrow = ",openvino_default,turnstone_bf16" if "amx_bf16" in features() else ""
    halved = ",turnstone_avx2" if "avx512f" in features() else ""
    return ",".join(PEERS_F32) + narrow + halved


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n  bench/peers/compare.py mobilenet_v2 resnet50\n"
               "  bench/peers/compare.py --threads 1,2 --output bench/results/peers.txt")
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="of networks.txt; all by default")
    parser.add_argument("--engines", default=default_engines(),
                        help="peers, and ours in bf16 and for AVX2, of " + ",".join(name for name in ENGINES if name != "turnstone"))
    parser.add_argument("--threads", default="1", help="such as 1,2: one table for each")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--turn", type=float, default=0.05, help="seconds of one engine's turn")
    parser.add_argument("--cores", help="such as 0,1; the last ones by default")
    parser.add_argument("--output", type=Path, help="file that receives the table too")
    parser.add_argument("--json", type=Path, help="file that receives every figure")
    parser.add_argument("--at-least", type=float, default=0,
                        help="exit 1 when a network's ratio to the fastest f32 peer is less")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    engines = ["turnstone", *arguments.engines.split(",")]
    unknown = [engine for engine in engines if engine not in ENGINES]
    if unknown:
        sys.exit(f"compare.py: engine {unknown[0]} is none of {', '.join(ENGINES)}")
    cores = sorted(os.sched_getaffinity(0))
    if arguments.cores:
        cores = [int(core) for core in arguments.cores.split(",")]
    out = sys.stdout
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        out = Tee(sys.stdout, arguments.output.open("w"))
    print_head(engines, out)
    results, failed = [], 0
    try:
        networks = read_models(arguments.networks, NETWORKS)
    except ValueError as error:
        sys.exit(f"compare.py: {error}")
    for network in networks:
        for threads in map(int, arguments.threads.split(",")):
            try:
                results.append(measure(network, engines, threads, cores[-threads:], arguments))
                print_result(results[-1], out)
            except RuntimeError as error:
                failed += 1
                print(f"\n{network.name}, {threads} threads: {error}", file=out)
            if arguments.json:
                arguments.json.write_text(json.dumps(results, indent=1))
    print_summary(results, out)
    out.flush()
    slow = [r["network"] for r in results if (best_peer(r) or 1e9) < arguments.at_least]
    if slow:
        print(f"slower than {arguments.at_least} times the fastest f32 peer: {', '.join(slow)}")
    sys.exit(1 if failed or slow else 0)


if __name__ == "__main__":
    main()
