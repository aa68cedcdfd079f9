"""The engines that are compared, all called in one way: from Python, one input copied in and every
output copied out. Each class takes a model file of its own kind and a number of threads."""

import importlib.metadata
import re
import sys
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/zoo"))
from processor import onnxruntime_options  # noqa: E402


class Turnstone:
    """A package that was compiled before."""

    distribution = None

    def __init__(self, file, threads):
        from runtime import Model
        self.model = Model(file, threads)
        self.precision = self.model.variant

    def run(self, x):
        return self.model.run_all(x)


class TurnstoneBf16(Turnstone):
    """A package of `--math bf16`."""

    def __init__(self, file, threads):
        super().__init__(file, threads)
        self.precision = f"bf16 {self.precision}"


class OnnxRuntime:
    distribution = "onnxruntime"
    precision = "f32"

    def __init__(self, file, threads):
        import onnxruntime
        options = onnxruntime_options()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name

    def run(self, x):
        return self.session.run(None, {self.input: x})


class OpenVino:
    """With `precision` f32 as told, else what OpenVINO chooses by itself."""

    distribution = "openvino"

    def __init__(self, file, threads, precision=None):
        import openvino
        settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
                    "ENABLE_CPU_PINNING": False}
        if precision:
            settings["INFERENCE_PRECISION_HINT"] = precision
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(str(file)), "CPU", settings)
        self.precision = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        self.request = compiled.create_infer_request()

    def run(self, x):
        found = self.request.infer([x], share_inputs=False, share_outputs=False)
        return list(found.to_tuple())


class OpenVinoF32(OpenVino):
    def __init__(self, file, threads):
        super().__init__(file, threads, "f32")


class LiteRt:
    """A .tflite file: channels last, computed by XNNPACK."""

    distribution = "ai-edge-litert"
    precision = "f32"

    def __init__(self, file, threads):
        from ai_edge_litert.interpreter import Interpreter
        self.interpreter = Interpreter(model_path=str(file), num_threads=threads)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]
        self.outputs = sorted(self.interpreter.get_output_details(), key=lambda output: output["name"])

    def run(self, x):
        self.interpreter.set_tensor(self.input["index"], x)
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(output["index"]) for output in self.outputs]


class Ncnn:
    """A .param file with its .bin beside it."""

    distribution = "ncnn"
    precision = "f32"

    def __init__(self, file, threads):
        import ncnn
        self.ncnn = ncnn
        self.net = ncnn.Net()
        options = self.net.opt
        options.num_threads = threads
        for name in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
            setattr(options, name, False)
        file = Path(file)
        if self.net.load_param(str(file)) or self.net.load_model(str(file.with_suffix(".bin"))):
            raise RuntimeError(f"ncnn cannot read {file.name}")
        self.outputs = sorted(self.net.output_names(), key=lambda name: int(re.sub(r"\D", "", name) or 0))

    def run(self, x):
        extractor = self.net.create_extractor()
        extractor.input(self.net.input_names()[0], self.ncnn.Mat(x[0]).clone())
        found = []
        for name in self.outputs:
            status, mat = extractor.extract(name)
            if status:
                raise RuntimeError(f"ncnn: output {name} failed with {status}")
            found.append(numpy.array(mat))
        return found


# What may be named on the command line. `kind` is the model file that an engine takes.
ENGINES = {
    "turnstone": (Turnstone, "package"),
    "turnstone_bf16": (TurnstoneBf16, "package_bf16"),
    "turnstone_avx2": (Turnstone, "package_avx2"),
    "onnxruntime": (OnnxRuntime, "onnx"),
    "openvino": (OpenVinoF32, "onnx"),
    "openvino_default": (OpenVino, "onnx"),
    "litert": (LiteRt, "tflite"),
    "ncnn": (Ncnn, "ncnn"),
}


def version_of(engine):
    distribution = ENGINES[engine][0].distribution
    return importlib.metadata.version(distribution) if distribution else "this tree"


def shipped_bytes(engine):
    """What a device needs of the engine itself: its shared libraries."""
    distribution = ENGINES[engine][0].distribution
    files = importlib.metadata.files(distribution) or []
    return sum(file.locate().stat().st_size for file in files
               if re.search(r"\.so(\.[0-9.]+)?$", file.name) and file.locate().is_file())
