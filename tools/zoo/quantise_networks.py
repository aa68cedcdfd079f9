"""Quantises exported networks with ONNX Runtime, to compare integer arithmetic with an outside engine.

usage: quantise_networks.py FOLDER NAME...

NAME is MODEL_qdq (operators on reals between DequantizeLinear and QuantizeLinear) or
MODEL_qoperator (QLinearConv and its kin); FOLDER has MODEL.onnx and receives NAME.onnx. Activations are u8,
weights i8 with a scale for each channel; ranges are those of made-up pictures from a fixed seed. In
MODEL_qdq7 weights use 7 of their bits, as is advised for processors without dot products of bytes.
"""

import sys
import tempfile
from pathlib import Path

import numpy
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

FORMATS = {"qdq": QuantFormat.QDQ, "qdq7": QuantFormat.QDQ, "qoperator": QuantFormat.QOperator}
PICTURES = 4
# cells across a picture, and the strength of what is as large as a cell
SCALES = ((1, 0.8), (2, 0.8), (4, 0.7), (8, 0.5), (16, 0.4), (32, 0.3))


def picture(shape, random):
    """A normalised picture [1, channels, rows, columns] with structure at every scale."""
    channels, rows, columns = shape[1:]
    total = numpy.zeros((1, channels, rows, columns), numpy.float32)
    for cells, strength in SCALES:
        coarse = random.standard_normal((channels, cells, cells)).astype(numpy.float32) * strength
        row, column = numpy.arange(rows) * cells // rows, numpy.arange(columns) * cells // columns
        total += coarse[None][:, :, row][:, :, :, column]
    return total.clip(-2.2, 2.7)  # what 0..255 becomes


class Pictures(CalibrationDataReader):
    def __init__(self, file):
        value = onnx.load(file, load_external_data=False).graph.input[0]
        shape = [extent.dim_value for extent in value.type.tensor_type.shape.dim]
        random = numpy.random.default_rng(20)
        self.left = [{value.name: picture(shape, random)} for _ in range(PICTURES)]

    def get_next(self):
        return self.left.pop() if self.left else None


def quantise(folder, name):
    model, _, form = name.rpartition("_")
    if form not in FORMATS:
        sys.exit(f"{name}: legal names end in {' or '.join('_' + form for form in FORMATS)}")
    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"  # batch norms are folded
        quant_pre_process(str(folder / f"{model}.onnx"), str(prepared), skip_symbolic_shape=True)
        quantize_static(str(prepared), str(folder / f"{name}.onnx"), Pictures(prepared),
                        quant_format=FORMATS[form], per_channel=True, reduce_range=form == "qdq7",
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    print(f"{name}: quantised", flush=True)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    for name in sys.argv[2:]:
        quantise(Path(sys.argv[1]), name)


if __name__ == "__main__":
    main()
