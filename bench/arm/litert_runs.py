"""Runs a TFLite file N times on one thread, under emulation: litert_runs.py FILE INPUT.npy N."""

import sys

import numpy
from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter(model_path=sys.argv[1], num_threads=1)
interpreter.allocate_tensors()
wanted = interpreter.get_input_details()[0]
x = numpy.load(sys.argv[2])
if list(x.shape) != list(wanted["shape"]):
    sys.exit(f"litert_runs: input is {x.shape}, the model's is {wanted['shape']}")
interpreter.set_tensor(wanted["index"], x.astype(wanted["dtype"]))
for _ in range(int(sys.argv[3])):
    interpreter.invoke()
