"""The outside engines: what they answer is the reference.

Answers are kept in build/zoo/reference/MODEL/K/: input.npy, output-0.npy ... and, for TFLite,
optimised-0.npy ...: the answers of LiteRT's optimised kernels.
"""

import hashlib
import importlib.metadata
import shutil
from pathlib import Path

import numpy

from models import FOLDERS
from pictures import inputs_of
from processor import onnxruntime_options

REFERENCE = FOLDERS["zoo"] / "reference"


class OnnxRuntime:
    def __init__(self, model):
        import onnxruntime
        self.session = onnxruntime.InferenceSession(
            model.file, onnxruntime_options(), providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0]
        self.dtype = {"tensor(float)": numpy.float32, "tensor(uint8)": numpy.uint8}[self.input.type]

    def run(self, x):
        return self.session.run(None, {self.input.name: x})


class LiteRt:
    def __init__(self, model, optimised=False):
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
        resolver = (OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if optimised
                    else OpResolverType.BUILTIN_REF)
        self.interpreter = Interpreter(
            model_path=str(model.file), num_threads=1, experimental_op_resolver_type=resolver)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]
        self.dtype = self.input["dtype"]

    def run(self, x):
        self.interpreter.set_tensor(self.input["index"], x)
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(output["index"]).copy()
                for output in self.interpreter.get_output_details()]


def version():
    return ", ".join(f"{package} {importlib.metadata.version(package)}"
                     for package in ("onnxruntime", "ai-edge-litert"))


def key_of(model, count):
    """Changes whenever the answers may: file, list entry, engines, these scripts."""
    digest = hashlib.sha256(model.file.read_bytes())
    for text in (model.line, version(), str(count)):
        digest.update(text.encode())
    for script in ("engines.py", "pictures.py"):
        digest.update((Path(__file__).parent / script).read_bytes())
    return digest.hexdigest()


def make_reference(model, count, folder):
    engine = LiteRt(model) if model.is_tflite else OnnxRuntime(model)
    optimised = LiteRt(model, optimised=True) if model.is_tflite else None
    for k, x in enumerate(inputs_of(model, count, engine.dtype)):
        case = folder / str(k)
        case.mkdir(parents=True)
        numpy.save(case / "input.npy", x)
        for index, output in enumerate(engine.run(x)):
            numpy.save(case / f"output-{index}.npy", output)
        for index, output in enumerate(optimised.run(x) if optimised else []):
            numpy.save(case / f"optimised-{index}.npy", output)


def reference(model, count):
    """Folders of cases with the engine's answers, made now unless they are there already."""
    folder = REFERENCE / model.name
    key = key_of(model, count)
    stamp = folder / "key"
    if not stamp.is_file() or stamp.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        make_reference(model, count, folder)
        stamp.write_text(key)
    return sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda p: int(p.name))
