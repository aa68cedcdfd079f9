"""A MobileNet of integers of 8 bits (TFLite) as the ONNX file of reals that its integers stand for."""

import numpy
import onnx
from ai_edge_litert.interpreter import Interpreter
from onnx import helper, numpy_helper


class Writer:
    """Nodes and constants of one graph; values are called by their numbers in the TFLite file."""

    def __init__(self, path):
        interpreter = Interpreter(str(path))
        self.tensors = {entry["index"]: entry for entry in interpreter.get_tensor_details()}
        self.operators = interpreter._get_ops_details()  # the file's own list has no public name
        self.read = interpreter.get_tensor
        self.nodes, self.constants, self.names = [], [], {}

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def add(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def shape(self, number):
        return [int(extent) for extent in self.tensors[number]["shape"]]

    def reals(self, number):
        scale = self.tensors[number]["quantization_parameters"]
        whole = self.read(number).astype(numpy.float32)
        if len(scale["scales"]) == 1:
            return whole * scale["scales"][0]
        along = [1] * whole.ndim
        along[scale["quantized_dimension"]] = -1
        return whole * scale["scales"].reshape(along)

    def is_rectified(self, number):
        """Whether a value's integers begin at 0 and end at 6, as those behind a ReLU6 do."""
        scale = self.tensors[number]["quantization_parameters"]
        top = (127 - scale["zero_points"][0]) * scale["scales"][0]
        return scale["zero_points"][0] == -128 and abs(top - 6) < 0.01

    def convolution(self, operator):
        x, w, bias = (int(number) for number in operator["inputs"][:3])
        y = int(operator["outputs"][0])
        is_depthwise = operator["op_name"] == "DEPTHWISE_CONV_2D"
        weights = self.reals(w).transpose((3, 0, 1, 2) if is_depthwise else (0, 3, 1, 2))
        (rows, columns), (out_rows, out_columns) = self.shape(x)[1:3], self.shape(y)[1:3]
        stride = -(-rows // out_rows)
        kernel = weights.shape[2:]
        # "SAME": what is missing, the larger half behind.
        missing = [max((out - 1) * stride + k - extent, 0)
                   for out, k, extent in zip((out_rows, out_columns), kernel, (rows, columns))]
        pads = [m // 2 for m in missing] + [m - m // 2 for m in missing]
        name = f"v{y}"
        self.add("Conv", [self.names[x], self.constant(f"w{y}", weights),
                          self.constant(f"b{y}", self.reals(bias))], name,
                 strides=[stride, stride], pads=pads, group=weights.shape[0] if is_depthwise else 1)
        if self.is_rectified(y):
            name = self.add("Clip", [name, "low", "high"], f"c{y}")
        self.names[y] = name

    def operator(self, operator):
        kind, y = operator["op_name"], int(operator["outputs"][0])
        inputs = [self.names.get(int(number)) for number in operator["inputs"]]
        name = f"v{y}"
        if kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            return self.convolution(operator)
        if kind == "QUANTIZE":
            self.names[y] = inputs[0]
        elif kind == "ADD":
            self.names[y] = self.add("Add", inputs, name)
        elif kind == "MEAN":
            self.names[y] = self.add("GlobalAveragePool", inputs[:1], name)
        elif kind == "RESHAPE":
            self.names[y] = self.add("Flatten", inputs[:1], name)
        elif kind == "SOFTMAX":
            self.names[y] = self.add("Softmax", inputs, name, axis=-1)
        else:
            raise ValueError(f"{kind}: a MobileNet has no such operator")
        return None


def write_reals(source, target):
    """Reads the TFLite file `source` and writes the ONNX file `target`, whose input is `pixels`
    [1,3,rows,columns] in -1..1."""
    writer = Writer(source)
    writer.constant("low", numpy.float32(0))
    writer.constant("high", numpy.float32(6))
    first, last = writer.operators[0], writer.operators[-1]
    picture = writer.shape(int(first["inputs"][0]))
    writer.names[int(first["inputs"][0])] = "pixels"
    for operator in writer.operators:
        if operator["op_name"] != "DELEGATE":
            writer.operator(operator)
    result = writer.names[int(last["outputs"][0])]
    shape = [1, picture[3], picture[1], picture[2]]
    graph = helper.make_graph(
        writer.nodes, "reals",
        [helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(result, onnx.TensorProto.FLOAT,
                                       writer.shape(int(last["outputs"][0])))],
        writer.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, target)
