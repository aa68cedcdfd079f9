"""Writes networks whose makers publish no file here, as ONNX with random weights from a fixed seed:
MobileNetV1 and a detector in the shape of YOLO (CSP blocks, SiLU, three heads).

usage: write_networks.py FOLDER [NETWORK...]
       write_networks.py --list

Weights are drawn so that activations keep their size from layer to layer, as trained ones do.
"""

import sys
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 13


class Network:
    """A graph that grows call by call; values are named by number."""

    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)
        self.nodes, self.constants, self.channels = [], [], {}

    def add(self, op, inputs, channels, outputs=1, **attributes):
        names = [f"v{len(self.channels) + k}" for k in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        for name in names:
            self.channels[name] = channels
        return names[0] if outputs == 1 else names

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def conv(self, x, outputs, kernel=1, stride=1, groups=1, gain=2.0):
        inputs = self.channels[x] // groups
        deviation = (gain / (inputs * kernel * kernel)) ** 0.5
        shape = (outputs, inputs, kernel, kernel)
        weights = self.random.normal(0, deviation, shape).astype(numpy.float32)
        bias = self.random.normal(0, 0.1, outputs).astype(numpy.float32)
        return self.add("Conv", [x, self.constant(weights), self.constant(bias)], outputs,
                        kernel_shape=[kernel, kernel], strides=[stride, stride], group=groups,
                        pads=[kernel // 2] * 4)

    def relu6(self, x):
        low, high = (self.constant(numpy.float32(v)) for v in (0, 6))
        return self.add("Clip", [x, low, high], self.channels[x])

    def silu(self, x):
        channels = self.channels[x]
        return self.add("Mul", [x, self.add("Sigmoid", [x], channels)], channels)

    def concat(self, values):
        return self.add("Concat", values, sum(self.channels[v] for v in values), axis=1)

    def model(self, side, outputs):
        graph = helper.make_graph(
            self.nodes, "network", [helper.make_tensor_value_info("input", TensorProto.FLOAT,
                                                                  [1, 3, side, side])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 8
        model = onnx.shape_inference.infer_shapes(model)
        onnx.checker.check_model(model)
        return model


def mobilenet_v1():
    net = Network(1)
    net.channels["input"] = 3
    x = net.relu6(net.conv("input", 32, 3, 2))
    for outputs, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1),
                            (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)):
        x = net.relu6(net.conv(x, net.channels[x], 3, stride, net.channels[x]))
        x = net.relu6(net.conv(x, outputs))
    x = net.add("GlobalAveragePool", [x], 1024)
    x = net.add("Flatten", [net.conv(x, 1000, gain=1.0)], 1000)
    return net.model(224, [net.add("Softmax", [x], 1000, axis=1)])


def block(net, x, outputs, kernel=1, stride=1):
    return net.silu(net.conv(x, outputs, kernel, stride, gain=3.0))


def csp(net, x, outputs, count, shortcut):
    """Half of the channels pass; the other half goes through `count` pairs of 3x3 convolutions, and every
    step is kept."""
    half = outputs // 2
    split = net.constant(numpy.array([half, half], numpy.int64))
    parts = net.add("Split", [block(net, x, outputs), split], half, outputs=2, axis=1)
    for _ in range(count):
        y = block(net, block(net, parts[-1], half, 3), half, 3)
        parts.append(net.add("Add", [parts[-1], y], half) if shortcut else y)
    return block(net, net.concat(parts), outputs)


def pyramid_pool(net, x):
    half = net.channels[x] // 2
    parts = [block(net, x, half)]
    for _ in range(3):
        parts.append(net.add("MaxPool", [parts[-1]], half, kernel_shape=[5, 5], strides=[1, 1],
                             pads=[2, 2, 2, 2]))
    return block(net, net.concat(parts), 2 * half)


def upsampled(net, x):
    scales = net.constant(numpy.array([1, 1, 2, 2], numpy.float32))
    return net.add("Resize", [x, "", scales], net.channels[x], mode="nearest",
                   coordinate_transformation_mode="asymmetric", nearest_mode="floor")


def head(net, x, classes):
    """Distances to four sides in 16 steps each, and a score for each class, for every place."""
    boxes = net.conv(block(net, block(net, x, 64, 3), 64, 3), 64, gain=1.0)
    scores = net.conv(block(net, block(net, x, classes, 3), classes, 3), classes, gain=1.0)
    return net.concat([boxes, net.add("Sigmoid", [scores], classes)])


def yolo(side):
    net = Network(2)
    net.channels["input"] = 3
    x = block(net, block(net, "input", 16, 3, 2), 32, 3, 2)
    x = csp(net, x, 32, 1, True)
    small = csp(net, block(net, x, 64, 3, 2), 64, 2, True)
    middle = csp(net, block(net, small, 128, 3, 2), 128, 2, True)
    large = pyramid_pool(net, csp(net, block(net, middle, 256, 3, 2), 256, 1, True))
    middle = csp(net, net.concat([upsampled(net, large), middle]), 128, 1, False)
    small = csp(net, net.concat([upsampled(net, middle), small]), 64, 1, False)
    middle = csp(net, net.concat([block(net, small, 64, 3, 2), middle]), 128, 1, False)
    large = csp(net, net.concat([block(net, middle, 128, 3, 2), large]), 256, 1, False)
    return net.model(side, [head(net, x, 80) for x in (small, middle, large)])


NETWORKS = {"mobilenet_v1": mobilenet_v1, "yolo_320": lambda: yolo(320), "yolo_640": lambda: yolo(640)}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--list":
        sys.exit(print(*NETWORKS))
    unknown = [name for name in sys.argv[2:] if name not in NETWORKS]
    if unknown:
        sys.exit(f"{unknown[0]}: no such network, legal names: {' '.join(NETWORKS)}")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or NETWORKS:
        onnx.save(NETWORKS[name](), str(folder / f"{name}.onnx"))
        print(f"{name}: {(folder / f'{name}.onnx').stat().st_size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
