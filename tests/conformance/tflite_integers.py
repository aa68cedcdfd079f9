"""Compares every operator of integers with LiteRT's reference kernels, bit for bit, on drawn models.

usage: tflite_integers.py [--rounds N] [--seed S] [NAME...]

Each round draws for each operator a TFLite model of that operator alone - shapes, scales, zeros, activation - and
its input. Prints a line for each operator; exit status 1 when a number differs by a step, and then the model
and its input stay in build/zoo/conformance. Needs `tools/setup zoo`.
"""

import argparse
import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import flatbuffers
import numpy
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter, OpResolverType

ROOT = Path(__file__).resolve().parents[2]
TURNSTONE = ROOT / "build/bin/turnstone"
KEPT = ROOT / "build/zoo/conformance"
TYPES = {"int8": tfl.TensorType.INT8, "uint8": tfl.TensorType.UINT8, "int32": tfl.TensorType.INT32}
CLAMPS = [tfl.ActivationFunctionType.NONE, tfl.ActivationFunctionType.RELU, tfl.ActivationFunctionType.RELU6]


@dataclasses.dataclass
class Drawn:
    """A model of one operator. Tensors are (shape, type, scales, zeros, data or None for inputs)."""
    op: str
    inputs: list  # in the operator's order; those without data are the model's inputs
    outputs: list
    options: object = None
    options_name: str = ""


class Draw:
    """Draws numbers as real models have them."""

    def __init__(self, seed):
        self.rng = numpy.random.default_rng(seed)
        self.type = "int8"

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def extent(self, most):
        return int(self.rng.integers(1, most + 1))

    def scale(self, low=0.003, high=0.15):
        return numpy.float32(numpy.exp(self.rng.uniform(numpy.log(low), numpy.log(high))))

    def zero(self):
        low = numpy.iinfo(self.type).min
        return int(self.rng.integers(low, low + 256))

    def numbers(self, shape, low=None):
        limits = numpy.iinfo(self.type)
        return self.rng.integers(limits.min if low is None else low, limits.max + 1, shape).astype(self.type)

    def activation(self, scale=None, zero=None, data=None, shape=()):
        return (list(shape), self.type, [self.scale() if scale is None else scale],
                [self.zero() if zero is None else zero], data)

    def picture(self, most=12, channels=9):
        return [self.extent(2), self.extent(most), self.extent(most), self.extent(channels)]


def weights_of(d, shape, axis, x_scale):
    """(weights, bias): signed ones have a scale for each channel, unsigned ones have one for all."""
    channels = shape[axis]
    signed = d.type == "int8"
    scales = [d.scale(0.0005, 0.03) for _ in range(channels if signed else 1)]
    zeros = [0] * channels if signed else [d.zero()]
    weights = (shape, d.type, scales, zeros, d.numbers(shape, -127 if signed else None), axis)
    bias = d.rng.integers(-4000, 4000, channels).astype("int32")
    return weights, ([channels], "int32", [scale * x_scale for scale in scales], [0] * len(scales), bias)


def window_options(d, options):
    options.padding = d.pick(tfl.Padding.SAME, tfl.Padding.VALID)
    options.strideH, options.strideW = d.extent(2), d.extent(2)
    options.fusedActivationFunction = d.pick(*CLAMPS)
    return options


def conv_2d(d):
    kernel = [d.extent(3), d.extent(3)]
    shape = [d.extent(2), d.extent(9) + 4, d.extent(9) + 4, d.pick(1, 3, 8, 19)]
    x = d.activation(shape=shape)
    w, bias = weights_of(d, [d.pick(1, 5, 16, 23), *kernel, shape[3]], 0, x[2][0])
    options = window_options(d, tfl.Conv2DOptionsT())
    options.dilationHFactor = options.dilationWFactor = 1
    return Drawn("CONV_2D", [x, w, bias], [d.activation(d.scale(0.02, 0.3))], options, "Conv2DOptions")


def depthwise_conv_2d(d):
    kernel = d.pick([3, 3], [5, 5], [1, 2], [3, 1])
    shape = [d.extent(2), d.extent(9) + 5, d.extent(9) + 5, d.pick(1, 3, 8, 19)]
    x = d.activation(shape=shape)
    w, bias = weights_of(d, [1, *kernel, shape[3]], 3, x[2][0])
    options = window_options(d, tfl.DepthwiseConv2DOptionsT())
    options.strideW = options.strideH  # LiteRT's kernels want them equal
    options.dilationHFactor = options.dilationWFactor = 1
    options.depthMultiplier = 1
    return Drawn("DEPTHWISE_CONV_2D", [x, w, bias], [d.activation(d.scale(0.01, 0.2))], options,
                 "DepthwiseConv2DOptions")


def fully_connected(d):
    rows, depth = d.extent(5), d.extent(40)
    x = d.activation(shape=[rows, depth])
    w, bias = weights_of(d, [d.extent(30), depth], 0, x[2][0])
    if d.type == "int8" and d.pick(True, False):  # one scale for all
        w = (w[0], w[1], w[2][:1], w[3][:1], w[4], 0)
        bias = (bias[0], "int32", [w[2][0] * x[2][0]], [0], bias[4])
    options = tfl.FullyConnectedOptionsT()
    options.fusedActivationFunction = d.pick(*CLAMPS)
    return Drawn("FULLY_CONNECTED", [x, w, bias], [d.activation(d.scale(0.02, 0.3))], options,
                 "FullyConnectedOptions")


def pair(op, options_type, own_scales=True):
    def draw(d):
        shape = d.picture()
        other = d.pick(shape, shape, [1, 1, 1, shape[3]], [shape[0], 1, 1, shape[3]], [1])
        operands = [d.activation(shape=shape), d.activation(shape=other)]
        if d.pick(True, False):
            operands[1] = d.activation(shape=other, data=d.numbers(other))
        if d.pick(True, False):
            operands.reverse()
        out = d.activation()
        if not own_scales:
            operands = [d.activation(out[2][0], out[3][0], x[4], x[0]) for x in operands]
        options = getattr(tfl, f"{options_type}T")()
        if hasattr(options, "fusedActivationFunction"):
            options.fusedActivationFunction = d.pick(*CLAMPS)
        return Drawn(op, operands, [out], options, options_type)
    return draw


def pool(op):
    def draw(d):
        x = d.activation(shape=[d.extent(2), d.extent(9) + 3, d.extent(9) + 3, d.pick(1, 3, 8, 19)])
        options = window_options(d, tfl.Pool2DOptionsT())
        options.filterHeight, options.filterWidth = d.extent(3), d.extent(3)
        return Drawn(op, [x], [d.activation(x[2][0], x[3][0])], options, "Pool2DOptions")
    return draw


def single(op, scale=None, zero=None, options_type="", same=False, **fields):
    """An operator of one operand; `scale` and `zero`, of int8, when the result's are fixed."""
    def draw(d):
        x = d.activation(shape=d.picture())
        shift = 0 if d.type == "int8" else 128
        out = d.activation(scale, None if zero is None else zero + shift)
        if same:
            out = d.activation(x[2][0], x[3][0])
        options = getattr(tfl, f"{options_type}T")() if options_type else None
        for name, value in fields.items():
            setattr(options, name, value(d) if callable(value) else value)
        return Drawn(op, [x], [out], options, options_type)
    return draw


def quantize(d):
    drawn = single("QUANTIZE", options_type="QuantizeOptions")(d)
    shape, _, scales, zeros, data = drawn.outputs[0]
    other = d.pick("int8", "uint8")
    zeros = [zeros[0] + numpy.iinfo(other).min - numpy.iinfo(d.type).min]
    drawn.outputs = [(shape, other, scales, zeros, data)]
    return drawn


def integers(*numbers):
    return ([len(numbers)], "int32", [], [], numpy.array(numbers, "int32"))


def mean(d):
    x = d.activation(shape=d.picture())
    options = tfl.ReducerOptionsT()
    options.keepDims = d.pick(True, False)
    axes = d.pick([1, 2], [1, 2], [3], [1], [0, 1, 2])
    return Drawn("MEAN", [x, integers(*axes)], [d.activation()], options, "ReducerOptions")


def resize(op, options_type):
    def draw(d):
        x = d.activation(shape=d.picture())
        options = getattr(tfl, f"{options_type}T")()
        options.alignCorners, options.halfPixelCenters = d.pick((False, False), (True, False), (False, True))
        size = integers(d.extent(20), d.extent(20))
        return Drawn(op, [x, size], [d.activation(x[2][0], x[3][0])], options, options_type)
    return draw


def concatenation(d):
    shape = d.picture()
    out = d.activation()
    options = tfl.ConcatenationOptionsT()
    options.axis = 3
    parts = [d.activation(out[2][0], out[3][0], shape=[*shape[:3], d.extent(6)]) for _ in range(3)]
    if d.type == "uint8":  # only here may operands have scales of their own
        parts[1] = d.activation(shape=parts[1][0])
    return Drawn("CONCATENATION", parts, [out], options, "ConcatenationOptions")


def pad(d):
    x = d.activation(shape=d.picture())
    amounts = d.rng.integers(0, 3, (4, 2)).astype("int32")
    return Drawn("PAD", [x, ([4, 2], "int32", [], [], amounts)], [d.activation(x[2][0], x[3][0])],
                 tfl.PadOptionsT(), "PadOptions")


def prelu(d):
    x = d.activation(shape=d.picture())
    slopes = [1, 1, x[0][3]]
    return Drawn("PRELU", [x, d.activation(data=d.numbers(slopes), shape=slopes)], [d.activation()])


OPERATORS = {
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "FULLY_CONNECTED": fully_connected,
    "ADD": pair("ADD", "AddOptions"),
    "SUB": pair("SUB", "SubOptions"),
    "MUL": pair("MUL", "MulOptions"),
    "MAXIMUM": pair("MAXIMUM", "MaximumMinimumOptions", own_scales=False),
    "MINIMUM": pair("MINIMUM", "MaximumMinimumOptions", own_scales=False),
    "AVERAGE_POOL_2D": pool("AVERAGE_POOL_2D"),
    "MAX_POOL_2D": pool("MAX_POOL_2D"),
    "MEAN": mean,
    "CONCATENATION": concatenation,
    "PAD": pad,
    "RESIZE_BILINEAR": resize("RESIZE_BILINEAR", "ResizeBilinearOptions"),
    "RESIZE_NEAREST_NEIGHBOR": resize("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions"),
    "LOGISTIC": single("LOGISTIC", numpy.float32(1 / 256), -128),
    "TANH": single("TANH", numpy.float32(1 / 128), 0),
    "SOFTMAX": single("SOFTMAX", numpy.float32(1 / 256), -128, "SoftmaxOptions", beta=1.0),
    "HARD_SWISH": single("HARD_SWISH", options_type="HardSwishOptions"),
    "LEAKY_RELU": single("LEAKY_RELU", options_type="LeakyReluOptions",
                         alpha=lambda d: float(d.pick(0.01, 0.1, 0.3))),
    "PRELU": prelu,
    "RELU": single("RELU"),
    "RELU6": single("RELU6"),
    "QUANTIZE": quantize,
}


def finished(drawn):
    """The model file's bytes, and the indices of the tensors that are its inputs."""
    model = tfl.ModelT()
    model.version = 3
    code = tfl.OperatorCodeT()
    code.builtinCode = getattr(tfl.BuiltinOperator, drawn.op)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = 1
    model.operatorCodes = [code]
    model.buffers = [tfl.BufferT()]
    graph = tfl.SubGraphT()
    graph.tensors, graph.inputs = [], []
    for place, (shape, dtype, scales, zeros, data, *axis) in enumerate(drawn.inputs + drawn.outputs):
        tensor = tfl.TensorT()
        tensor.name = f"t{place}"
        tensor.shape, tensor.type, tensor.buffer = shape, TYPES[dtype], 0
        if data is not None:
            buffer = tfl.BufferT()
            buffer.data = numpy.frombuffer(numpy.ascontiguousarray(data).tobytes(), numpy.uint8)
            model.buffers.append(buffer)
            tensor.buffer = len(model.buffers) - 1
        elif place < len(drawn.inputs):
            graph.inputs.append(place)
        if scales:
            tensor.quantization = tfl.QuantizationParametersT()
            tensor.quantization.scale = numpy.array(scales, numpy.float32)
            tensor.quantization.zeroPoint = numpy.array(zeros, numpy.int64)
            tensor.quantization.quantizedDimension = axis[0] if axis else 0
        graph.tensors.append(tensor)
    operator = tfl.OperatorT()
    operator.inputs = list(range(len(drawn.inputs)))
    operator.outputs = graph.outputs = list(range(len(drawn.inputs), len(graph.tensors)))
    if drawn.options_name:
        operator.builtinOptionsType = getattr(tfl.BuiltinOptions, drawn.options_name)
        operator.builtinOptions = drawn.options
    graph.operators = [operator]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output()), graph.inputs


def with_shapes(drawn):
    """The results' shapes are what LiteRT computes: the file must say them too."""
    interpreter = make_interpreter(finished(drawn)[0])
    for place, detail in enumerate(interpreter.get_output_details()):
        drawn.outputs[place] = ([int(n) for n in detail["shape"]], *drawn.outputs[place][1:])
    return finished(drawn)


def make_interpreter(content):
    interpreter = Interpreter(model_content=content, num_threads=1,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    return interpreter


def theirs(content, inputs):
    interpreter = make_interpreter(content)
    for detail, array in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def run(*command):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command[1]}: {done.stderr.strip()}")


def ours(content, names, inputs, results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.tflite").write_bytes(content)
    options = []
    for name, array in zip(names, inputs):
        numpy.save(folder / f"{name}.npy", array)
        options += ["--input", f"{name}={folder / f'{name}.npy'}"]
    run(TURNSTONE, "compile", folder / "model.tflite", "-o", folder / "model.so", "-q")
    run(TURNSTONE, "predict", folder / "model.so", *options, "--output-dir", folder / "out", "-q")
    return [numpy.load(folder / f"out/{name}.npy") for name in results]


def check(name, seed):
    """(count of numbers, count of those that differ, largest difference)."""
    draw = Draw(seed)
    draw.type = draw.pick("int8", "uint8")
    if name == "LEAKY_RELU" or name == "HARD_SWISH":
        draw.type = "int8"
    drawn = OPERATORS[name](draw)
    content, places = with_shapes(drawn)
    inputs = [draw.numbers(drawn.inputs[place][0]) for place in places]
    results = [f"t{len(drawn.inputs) + place}" for place in range(len(drawn.outputs))]
    exact = theirs(content, inputs)
    mine = ours(content, [f"t{place}" for place in places], inputs, results, KEPT / name)
    count = wrong = largest = 0
    for a, b in zip(mine, exact):
        if a.shape != b.shape or a.dtype != b.dtype:
            raise RuntimeError(f"{a.dtype}{list(a.shape)}, LiteRT has {b.dtype}{list(b.shape)}")
        steps = numpy.abs(a.astype(int) - b.astype(int))
        count, wrong, largest = count + a.size, wrong + int((steps > 0).sum()), max(largest, int(steps.max(initial=0)))
    return count, wrong, largest


def check_operator(name, rounds, seed):
    """Whether all rounds agree; prints the line."""
    total, start = 0, time.monotonic()
    for place in range(rounds):
        try:
            count, wrong, largest = check(name, [seed, place])
        except (RuntimeError, ValueError) as error:
            print(f"{name:<24} round {place} of seed {seed}: {error}", flush=True)
            return False
        total += count
        if wrong:
            print(f"{name:<24} round {place} of seed {seed}: {wrong} of {count} differ, by {largest} at most; see "
                  f"{(KEPT / name).relative_to(ROOT)}", flush=True)
            return False
    print(f"{name:<24} {total:>8} numbers in {rounds} models, all equal ({time.monotonic() - start:.1f} s)", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8, help="models an operator (default 8)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(OPERATORS))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in OPERATORS]
    if unknown:
        parser.error(f"{unknown[0]} is none of {' '.join(OPERATORS)}")
    passed = [check_operator(name, arguments.rounds, arguments.seed) for name in arguments.names or OPERATORS]
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
