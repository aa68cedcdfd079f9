"""Runs ONNX's own node tests through compile and predict, each compared with the numbers it comes with.

usage: onnx_node.py [--update] [NAME...]

A case is equal, refused (compile says what it lacks) or different. onnx_node.txt lists those that must be
equal; exit status 1 when one of them is not, or when any case is different or crashes. Inputs are inputs of
the compiled model where that is possible; where an operator wants one to be constant, all but the first
become constants. Needs `tools/setup zoo`.
"""

import argparse
import collections
import concurrent.futures
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper

ROOT = Path(__file__).resolve().parents[2]
TURNSTONE = ROOT / "build/bin/turnstone"
CASES = Path("/usr/share/libonnx-testdata/data/node")
LIST = Path(__file__).parent / "onnx_node.txt"
# Left out, and why.
EXCEPTIONS = {
    "test_resize_downsample_scales_linear_align_corners":
        "counts with 2.4 columns where the result has 2; ONNX Runtime counts with 2, as we do",
}
RELATIVE, ABSOLUTE = 1e-3, 1e-5  # as ONNX's own runner of these tests has them by default


def read_tensor(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(tensor)


def read_case(folder):
    """(model, inputs, outputs), or None for cases of sequences, maps, strings and operators outside ONNX."""
    try:
        model = onnx.load(folder / "model.onnx")
        inputs = [read_tensor(folder / f"test_data_set_0/input_{k}.pb") for k in range(len(model.graph.input))]
        outputs = [read_tensor(folder / f"test_data_set_0/output_{k}.pb")
                   for k in range(len(model.graph.output))]
    except (OSError, TypeError, ValueError, DecodeError):
        return None
    if len(model.opset_import) != 1 or model.opset_import[0].domain not in ("", "ai.onnx"):
        return None
    if any(array.dtype.kind not in "fiub" for array in inputs + outputs):
        return None
    return model, inputs, outputs


def with_constants(model, inputs):
    """The model with all inputs but the first as constants."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    for value, array in list(zip(model.graph.input, inputs))[1:]:
        changed.graph.initializer.append(numpy_helper.from_array(array, value.name))
    del changed.graph.input[1:]
    return changed


def run(*command):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", timeout=300)
    return done.returncode, (done.stderr.strip() or done.stdout.strip()).replace("\n", " / ")


def compute(model, inputs, folder):
    """Our outputs by name, or a text that says why there are none, and whether that is a refusal."""
    onnx.save(model, folder / "model.onnx")
    code, text = run(TURNSTONE, "compile", folder / "model.onnx", "-o", folder / "model.so", "-q")
    if code != 0:
        return text, code == 1
    options = []
    for value, array in zip(model.graph.input, inputs):
        name = value.name
        numpy.save(folder / f"in-{name}.npy", array)
        options += ["--input", f"{name}={folder / f'in-{name}.npy'}"]
    code, text = run(TURNSTONE, "predict", folder / "model.so", *options, "--output-dir", folder / "out", "-q")
    if code != 0:
        return f"predict: {text}", False
    return {value.name: numpy.load(folder / f"out/{value.name}.npy") for value in model.graph.output}, False


def difference(model, ours, outputs):
    """Says how the outputs differ, or nothing."""
    for value, exact in zip(model.graph.output, outputs):
        mine = ours[value.name]
        if mine.shape != exact.shape or mine.dtype != exact.dtype:
            return f"{value.name} is {mine.dtype}{list(mine.shape)}, not {exact.dtype}{list(exact.shape)}"
        if not numpy.allclose(mine.astype(numpy.float64), exact.astype(numpy.float64), rtol=RELATIVE,
                              atol=ABSOLUTE, equal_nan=True):
            return f"{value.name} is {mine.ravel()[:4]}..., not {exact.ravel()[:4]}..."
    return ""


def judge(name):
    """(name, "equal", "refused", "different" or "left out", why)."""
    if name in EXCEPTIONS:
        return name, "left out", EXCEPTIONS[name]
    case = read_case(CASES / name)
    if case is None:
        return name, "left out", "not of tensors of numbers and ONNX's own operators"
    model, inputs, outputs = case
    with tempfile.TemporaryDirectory() as scratch:
        ours, refused = compute(model, inputs, Path(scratch))
        if refused and len(inputs) > 1:
            ours, refused = compute(with_constants(model, inputs), inputs, Path(scratch))
    if refused:
        return name, "refused", ours
    if isinstance(ours, str):
        return name, "different", ours
    why = difference(model, ours, outputs)
    return name, "different" if why else "equal", why


def judge_in_time(name):
    try:
        return judge(name)
    except subprocess.TimeoutExpired as error:
        return name, "different", str(error)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the list of cases that are equal")
    parser.add_argument("--verbose", action="store_true", help="print every case that is refused too")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    if not CASES.is_dir():
        sys.exit(f"onnx_node: {CASES} is not there: tools/setup zoo")
    known = sorted(path.name for path in CASES.iterdir())
    if unknown := set(arguments.names) - set(known):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    names = arguments.names or known
    wanted = set(LIST.read_text().split()) if not arguments.update else set()
    for name in sorted(wanted - set(known)):
        print(f"{name}: listed, and not in {CASES.name}: --update the list", flush=True)
    verdicts, equal, bad = collections.Counter(), [], len(wanted - set(known))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, (name, verdict, why) in enumerate(pool.map(judge_in_time, names), 1):
            verdicts[verdict] += 1
            if verdict == "equal":
                equal.append(name)
                if not arguments.update and name not in wanted:
                    print(f"{name}: equal, but not in {LIST.name}: --update it", flush=True)
            is_bad = verdict == "different" or (not arguments.update and (name in wanted) != (verdict == "equal"))
            bad += is_bad
            if is_bad or (arguments.verbose and verdict == "refused"):
                print(f"{name}: {verdict}: {why[:300]}", flush=True)
            if sys.stderr.isatty():
                print(f"\r{done} of {len(names)}", end="\r" if done < len(names) else "\n", file=sys.stderr)
    if arguments.update:
        LIST.write_text("".join(f"{name}\n" for name in equal))
    print("onnx node tests: " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
