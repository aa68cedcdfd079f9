"""Model files for each engine, made from one ONNX file by the engine's own tool and kept in
build/zoo/peers. A file that cannot be made is an error that names the tool's last words."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy
import onnx

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build/zoo/peers"
TOOLS = ROOT / "build/converters/bin"


MINUTES = 30  # that a converter may take: onnx2tf takes 20 for ViT


def run_tool(arguments, folder, log):
    """Runs in a folder of its own; the environment keeps the tools from asking the internet."""
    environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", TF_USE_LEGACY_KERAS="1",
                       PATH=f"{TOOLS}:{os.environ['PATH']}")
    try:
        done = subprocess.run([str(a) for a in arguments], cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=environment, timeout=60 * MINUTES)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{Path(arguments[0]).name}: not done after {MINUTES} minutes") from None
    log.write_text(done.stdout)
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()] or ["no message"]
        raise RuntimeError(f"{Path(arguments[0]).name}: {lines[-1][:200]}")


def fixed_shape(network, folder):
    """The ONNX file with its input's shape bound, for tools that take nothing else."""
    if not network.is_bound:
        return network.file
    path = folder / "model.onnx"
    model = onnx.load(str(network.file))
    for value in model.graph.input:
        if value.name == network.input:
            for dimension, extent in zip(value.type.tensor_type.shape.dim, network.shape):
                dimension.ClearField("dim_param")
                dimension.dim_value = extent
    del model.graph.value_info[:]
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    onnx.save(onnx.shape_inference.infer_shapes(model), str(path))
    return path


def to_tflite(network, folder):
    """By onnx2tf, which wants a calibration file in its working folder or looks for one elsewhere."""
    numpy.save(folder / "calibration_image_sample_data_20x128x128x3_float32.npy",
               numpy.zeros((20, 128, 128, 3), numpy.float32))
    file = folder / "source.onnx"  # onnx2tf writes over what it reads
    shutil.copy(fixed_shape(network, folder), file)
    run_tool([TOOLS / "onnx2tf", "-i", file, "-o", folder / "saved", "-n"], folder, folder / "onnx2tf.log")
    [made] = (folder / "saved").glob("*_float32.tflite")
    shutil.move(made, folder / "model.tflite")
    shutil.rmtree(folder / "saved")
    file.unlink()
    return folder / "model.tflite"


def to_ncnn(network, folder):
    file = folder / "source.onnx"
    shutil.copy(fixed_shape(network, folder), file)
    shape = ",".join(map(str, network.shape))
    run_tool([TOOLS / "pnnx", file, f"inputshape=[{shape}]", "fp16=0"], folder, folder / "pnnx.log")
    for suffix in ("param", "bin"):
        (folder / f"source.ncnn.{suffix}").rename(folder / f"model.{suffix}")
    for rest in folder.glob("source*"):
        rest.unlink()
    return folder / "model.param"


def to_package(network, folder, target="native", options=()):
    package = folder / "package"
    shutil.rmtree(package, ignore_errors=True)
    run_tool([ROOT / "build/bin/turnstone", "compile", network.file, "-o", package, "--target", target,
              "-q", *network.shape_option, *options], folder, folder / "compile.log")
    return package


def to_bf16_package(network, folder):
    return to_package(network, folder, options=["--math", "bf16"])


def to_avx2_package(network, folder):
    return to_package(network, folder, target="x86_64_v3")


MAKERS = {"tflite": to_tflite, "ncnn": to_ncnn, "package": to_package, "package_bf16": to_bf16_package,
          "package_avx2": to_avx2_package}


def model_file(network, kind):
    """The file of `kind` for a network: onnx, tflite, ncnn or package. Packages are always made anew,
    the others when the ONNX file is newer."""
    folder = FOLDER / network.name / kind
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "onnx":
        return fixed_shape(network, folder)
    found = [path for path in folder.glob("model.*") if path.suffix in (".tflite", ".param")]
    if not kind.startswith("package") and found and found[0].stat().st_mtime > network.file.stat().st_mtime:
        return found[0]
    return MAKERS[kind](network, folder)


def first_line(text):
    return re.sub(r"\s+", " ", text).strip()[:160]
