"""References by LiteRT's operator TFLite_Detection_PostProcess, of what it gives (tflite_detection) and of what it does
(ssd_tflite): build/venv/bin/python tools/references/tflite_list.py, after `tools/setup zoo`. A model of it alone is made
and run; one is kept as a seed for the fuzzer of TFLite files.
"""
import pathlib

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter
from flatbuffers import flexbuffers

from reference import SIZE, rows, save

FUZZ_SEED = pathlib.Path(__file__).resolve().parents[2] / "tests/fuzz/seeds/detection.tflite"
CLASSES = 3
OPTIONS = {"max_detections": 16, "max_classes_per_detection": 1, "detections_per_class": 100, "use_regular_nms": True,
           "nms_score_threshold": 0.42, "nms_iou_threshold": 0.5, "num_classes": CLASSES, "y_scale": 10.0, "x_scale": 10.0,
           "h_scale": 5.0, "w_scale": 5.0}


def model(anchors, set_options):
    """Boxes, scores -> boxes, labels, scores, count, as the object detection API exports it."""
    made = tfl.ModelT()
    made.version = 3
    code = tfl.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = tfl.BuiltinOperator.CUSTOM
    code.customCode = "TFLite_Detection_PostProcess"
    code.version = 1
    made.operatorCodes = [code]
    buffers = [None, anchors.astype(np.float32).tobytes()]
    made.buffers = []
    for data in buffers:
        made.buffers.append(tfl.BufferT())
        made.buffers[-1].data = None if data is None else np.frombuffer(data, np.uint8)
    count, most = len(anchors), OPTIONS["max_detections"]
    shapes = {"boxes": (1, count, 4), "classes": (1, count, CLASSES + 1), "anchors": (count, 4), "found": (1, most, 4),
              "labels": (1, most), "scores": (1, most), "count": (1,)}
    graph = tfl.SubGraphT()
    graph.tensors = []
    for name, shape in shapes.items():
        tensor = tfl.TensorT()
        tensor.name, tensor.shape, tensor.type = name, list(shape), tfl.TensorType.FLOAT32
        tensor.buffer = 1 if name == "anchors" else 0
        graph.tensors.append(tensor)
    call = tfl.OperatorT()
    call.opcodeIndex, call.inputs, call.outputs = 0, [0, 1, 2], [3, 4, 5, 6]
    options = flexbuffers.Builder()
    with options.Map():
        for key, value in set_options.items():
            put = {bool: options.Bool, int: options.Int, float: options.Float}[type(value)]
            put(key, value)
    call.customOptions = np.frombuffer(bytes(options.Finish()), np.uint8)
    call.customOptionsFormat = 0
    graph.operators, graph.inputs, graph.outputs = [call], [0, 1], [3, 4, 5, 6]
    made.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(by_class):
    """Anchors, boxes and scores, and what the operator makes of them."""
    random = np.random.default_rng(50)
    count = 40
    anchors = np.concatenate([random.uniform(0.1, 0.9, (count, 2)), random.uniform(0.1, 0.5, (count, 2))], 1)
    interpreter = Interpreter(model_content=model(anchors, {**OPTIONS, "use_regular_nms": by_class}))
    interpreter.allocate_tensors()
    scores = (1 / (1 + np.exp(2 - random.normal(0, 1.5, (1, count, CLASSES + 1))))).astype(np.float32)
    encoded = random.normal(size=(1, count, 4)).astype(np.float32)
    for detail, value in zip(interpreter.get_input_details(), (encoded, scores)):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return anchors, encoded, scores, [interpreter.get_tensor(one["index"]) for one in interpreter.get_output_details()]


def main():
    swapped = [1, 0, 3, 2]
    FUZZ_SEED.parent.mkdir(exist_ok=True)
    FUZZ_SEED.write_bytes(model(np.full((2, 4), 0.5), OPTIONS))
    for by_class in True, False:
        anchors, encoded, scores, (boxes, labels, best, used) = run(by_class)
        keep = (np.arange(boxes.shape[1]) < used[0]) & (best[0] >= 0.5)
        found = boxes[0, keep][:, swapped] * SIZE
        made = (f"LiteRT's TFLite_Detection_PostProcess on random boxes and scores (seed 50): {int(used[0])} of "
                f"{OPTIONS['max_detections']} counted, those of score 0.5")
        if by_class:
            save("tflite_detection", {"kind": "tflite_detection"},
                 {"boxes": boxes, "labels": labels, "scores": best, "count": used},
                 {"detections": rows(found, best[0, keep], labels[0, keep])}, made)
        decoder = {"kind": "ssd", "iou": OPTIONS["nms_iou_threshold"], "most": OPTIONS["max_detections"],
                   "agnostic": not by_class, "anchors": {
                       "boxes": anchors[:, swapped].tolist(),
                       "variances": [1 / OPTIONS[f"{side}_scale"] for side in "xywh"]}}
        save("ssd_tflite" if by_class else "ssd_tflite_agnostic", decoder,
             {"boxes": encoded[..., swapped], "scores": (scores, "box_scores")},
             {"detections": rows(found, best[0, keep], labels[0, keep] + 1)}, made, labels=["background", "a", "b", "c"],
             background=0)


main()
