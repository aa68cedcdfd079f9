"""Compares compiled models with ONNX Runtime and LiteRT on real photographs, in one table.

Float outputs may differ by the model's limit, in parts of the largest output; integer outputs, not
at all. For TFLite the reference is LiteRT's reference kernels, and the column `optimised` says how far its
own optimised kernels are from them. With several targets the answers of each later one are also held against
those of the first, with a tenth of the limit; the first ones, against those of the model's twin. Exit status 1 if any line fails. Needs `tools/setup zoo`.
"""

import argparse
import dataclasses
import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

import numpy

from engines import reference
from models import FOLDERS, LISTED, ROOT, read_models

TURNSTONE = ROOT / "build/bin/turnstone"
PACKAGES = FOLDERS["zoo"] / "packages"
OUTPUTS = FOLDERS["zoo"] / "outputs"
# Differences that reals of 16 bits make by themselves: of all models the heads of SSDLite go furthest, 0.11. Between two
# targets sums are rounded the other way, and from there layers go apart.
LIMITS = {"f32": 0, "bf16": 0.15}
SHARES = {"f32": 0.1, "bf16": 0.3}  # of the limit, between two targets


class Failure(Exception):
    """A line of the table that cannot be computed, with the reason."""


@dataclasses.dataclass
class Line:
    model: str
    target: str
    verdict: str = "pass"  # or fail, skip
    unit: str = ""  # of the differences: "relative" or "steps"
    difference: float | None = None
    limit: float | None = None
    optimised: float | None = None
    to_first: float | None = None  # from the answers of the first target, or of the model's twin
    cases: int = 0
    compile_s: float | None = None
    reason: str = ""


def run(command, what):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise Failure(f"{what} ended with {done.returncode}: {' / '.join(words[-3:])[:300]}")


def compile_model(model, target, math):
    package = PACKAGES / f"{model.name}-{target}"
    PACKAGES.mkdir(parents=True, exist_ok=True)
    run([TURNSTONE, "compile", model.file, "-o", package, "--target", target, "--math", math, "-q",
         *model.shape_option], "compile")
    return package


def predict(package, case, folder, command):
    """Runs the package on the case's input; returns its outputs in the order of model.json."""
    signature = json.loads((package / "model.json").read_text())
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("**/*.npy"):
        old.unlink()
    name = signature["inputs"][0]["name"]
    run([*shlex.split(command), package, "--input", f"{name}={case / 'input.npy'}",
         "--output-dir", folder], "predict")
    outputs = []
    for output in signature["outputs"]:
        candidates = [folder / f"{output['name']}.npy",
                      folder / f"{output['name'].replace('/', '_')}.npy"]
        found = [path for path in candidates if path.is_file()]
        if not found:
            wrote = " ".join(path.name for path in folder.glob("**/*.npy"))
            raise Failure(f"predict wrote no {candidates[-1].name}, but: {wrote or 'nothing'}")
        outputs.append(numpy.load(found[0]))
    return outputs


def difference_of(ours, theirs):
    """Largest difference: in steps of integers, else in parts of the largest reference value."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        raise Failure(f"an output is {ours.dtype}{list(ours.shape)}, the engine's is "
                      f"{theirs.dtype}{list(theirs.shape)}")
    if theirs.dtype.kind in "iu":
        return int(numpy.abs(ours.astype(numpy.int64) - theirs.astype(numpy.int64)).max(initial=0))
    if not numpy.isfinite(ours).all() or not numpy.isfinite(theirs).all():
        raise Failure("an output is not finite, ours or the engine's")
    if theirs.size > 1 and theirs.min() == theirs.max():
        raise Failure(f"the engine's output is {theirs.flat[0]} throughout: nothing to compare")
    largest = numpy.abs(theirs).max(initial=0) or 1.0
    return float(numpy.abs(ours.astype(numpy.float64) - theirs.astype(numpy.float64)).max() / largest)


def saved(case, kind):
    paths = sorted(case.glob(f"{kind}-*.npy"), key=lambda path: int(path.stem.split("-")[1]))
    return [numpy.load(path) for path in paths]


def largest(pairs):
    return max((difference_of(ours, theirs) for ours, theirs in pairs), default=None)


def run_cases(model, target, cases, command, math, line):
    """Our outputs of each case."""
    start = time.monotonic()
    package = compile_model(model, target, math)
    line.compile_s = time.monotonic() - start
    return [predict(package, case, OUTPUTS / f"{model.name}-{target}" / case.name, command)
            for case in cases]


def largest_of_all(ours, theirs):
    for mine, exact in zip(ours, theirs):
        if len(mine) != len(exact):
            raise Failure(f"{len(mine)} outputs, the engine has {len(exact)}")
    return max(largest(zip(mine, exact)) for mine, exact in zip(ours, theirs))


def joined(outputs):
    """Outputs [1, n, k] of the same k as one, by growing k: models of the same may cut them differently."""
    parts = {}
    for output in outputs:
        parts.setdefault(output.shape[-1], []).append(output)
    return [numpy.concatenate(parts[k], axis=1) for k in sorted(parts)]


def compare_with_twin(ours, twin, line):
    line.to_first = largest_of_all([joined(outputs) for outputs in ours], [joined(outputs) for outputs in twin])
    if not line.to_first <= line.limit:
        raise Failure("differs from its twin by more than the limit")


def compare(model, target, cases, command, math, first, twin):
    """The target's line, and our outputs, or `first` where there are none. `twin`: outputs of the model's."""
    line = Line(model.name, target, cases=len(cases))
    ours = first
    theirs = [saved(case, "output") for case in cases]
    line.unit = "steps" if theirs[0][0].dtype.kind in "iu" else "relative"
    line.limit = 0 if line.unit == "steps" else max(model.limit, LIMITS[math])
    if model.is_tflite:
        line.optimised = largest(pair for case, exact in zip(cases, theirs)
                                 for pair in zip(saved(case, "optimised"), exact))
    try:
        ours = run_cases(model, target, cases, command, math, line)
        line.difference = largest_of_all(ours, theirs)
        if not line.difference <= line.limit:
            raise Failure("differs by more than the limit")
        if first is None and twin is not None:
            compare_with_twin(ours, twin, line)
        if first is not None:
            line.to_first = largest_of_all(ours, first)
            if not line.to_first <= line.limit * SHARES[math]:
                raise Failure(f"differs from the first target by more than {SHARES[math]} of the limit")
    except Failure as failure:
        line.verdict, line.reason = "fail", str(failure)
    return line, first if first is not None else ours


def shown(value, unit):
    if value is None:
        return "-"
    return f"{value} steps" if unit == "steps" else f"{value:.1e}"


def print_line(line):
    print(f"{line.model:<20} {line.target:<10} {shown(line.difference, line.unit):>10} "
          f"{shown(line.limit, line.unit):>10} {shown(line.optimised, line.unit):>10} "
          f"{shown(line.to_first, line.unit):>10} {line.cases:>6} {'-' if line.compile_s is None else f'{line.compile_s:.1f}':>9} "
          f" {line.verdict}{': ' + line.reason if line.reason else ''}", flush=True)


def lines_of(arguments):
    answers = {}
    commands = dict(entry.split("=", 1) for entry in arguments.predict_for)
    for model in read_models(arguments.only, *(arguments.models or [LISTED])):
        if not model.file.is_file():
            yield Line(model.name, "-", verdict="skip", reason=f"{model.file.name} is not there")
            continue
        cases = reference(model, arguments.pictures)
        if arguments.reference_only:
            yield Line(model.name, "-", cases=len(cases), reason="reference made")
            continue
        first = None
        for target in arguments.target.split(","):
            command = commands.get(target, arguments.predict)
            if arguments.progress:
                print(f"compare.py: {model.name}, {target} ...", file=sys.stderr, flush=True)
            line, first = compare(model, target, cases, command, arguments.math, first, answers.get(model.twin))
            yield line
        answers[model.name] = first


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="native", metavar="NAME[,NAME...]")
    parser.add_argument("--models", action="append", type=Path, metavar="FILE",
                        help="a list of models (default models.txt); of two of one name the first counts")
    parser.add_argument("--math", choices=LIMITS, default="f32", help="of what is compiled (default f32)")
    parser.add_argument("--progress", action="store_true", help="say what is begun, to standard error")
    parser.add_argument("--only", action="append", default=[], metavar="MODEL")
    parser.add_argument("--pictures", type=int, default=3, help="inputs a model (default 3)")
    parser.add_argument("--predict", default=f"{shlex.quote(str(TURNSTONE))} predict",
                        help="command that runs a package (default %(default)s)")
    parser.add_argument("--predict-for", action="append", default=[], metavar="TARGET=COMMAND",
                        help="the same for one target, such as 'aarch64=qemu-aarch64 ... ts_runner'")
    parser.add_argument("--reference-only", action="store_true", help="run the outside engines alone")
    parser.add_argument("--json", action="store_true", help="one line of JSON a line of the table")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if not arguments.json:
        print(f"{'model':<20} {'target':<10} {'difference':>10} {'limit':>10} {'optimised':>10} "
              f"{'to first':>10} {'inputs':>6} {'compile s':>9}  verdict")
    lines = []
    try:
        for line in lines_of(arguments):
            lines.append(line)
            if arguments.json:
                print(json.dumps(dataclasses.asdict(line)), flush=True)
            else:
                print_line(line)
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f"compare.py: {error}")
    count = {verdict: sum(line.verdict == verdict for line in lines)
             for verdict in ("pass", "fail", "skip")}
    if not arguments.json:
        print(f"{count['pass']} passed, {count['fail']} failed, {count['skip']} skipped")
    sys.exit(1 if count["fail"] or not count["pass"] else 0)


if __name__ == "__main__":
    main()
