"""Reference of tflite_detection by LiteRT's own operator: build/venv/bin/python tools/references/tflite_list.py, after
`tools/setup zoo`. A model of TFLite_Detection_PostProcess alone is made and run.
"""
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter
from flatbuffers import flexbuffers

from reference import SIZE, rows, save

CLASSES = 3
OPTIONS = {"max_detections": 16, "max_classes_per_detection": 1, "detections_per_class": 100, "use_regular_nms": True,
           "nms_score_threshold": 0.42, "nms_iou_threshold": 0.5, "num_classes": CLASSES, "y_scale": 10.0, "x_scale": 10.0,
           "h_scale": 5.0, "w_scale": 5.0}


def model(anchors):
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
        for key, value in OPTIONS.items():
            put = {bool: options.Bool, int: options.Int, float: options.Float}[type(value)]
            put(key, value)
    call.customOptions = np.frombuffer(bytes(options.Finish()), np.uint8)
    call.customOptionsFormat = 0
    graph.operators, graph.inputs, graph.outputs = [call], [0, 1], [3, 4, 5, 6]
    made.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def main():
    random = np.random.default_rng(50)
    count = 40
    anchors = np.concatenate([random.uniform(0.1, 0.9, (count, 2)), random.uniform(0.1, 0.5, (count, 2))], 1)
    interpreter = Interpreter(model_content=model(anchors))
    interpreter.allocate_tensors()
    scores = 1 / (1 + np.exp(2 - random.normal(0, 1.5, (1, count, CLASSES + 1))))
    for detail, value in zip(interpreter.get_input_details(), (random.normal(size=(1, count, 4)), scores)):
        interpreter.set_tensor(detail["index"], value.astype(np.float32))
    interpreter.invoke()
    boxes, labels, best, used = (interpreter.get_tensor(one["index"]) for one in interpreter.get_output_details())
    keep = (np.arange(boxes.shape[1]) < used[0]) & (best[0] >= 0.5)
    save("tflite_detection", {"kind": "tflite_detection"},
         {"boxes": boxes, "labels": labels, "scores": best, "count": used},
         {"detections": rows(boxes[0, keep][:, [1, 0, 3, 2]] * SIZE, best[0, keep], labels[0, keep])},
         f"LiteRT's TFLite_Detection_PostProcess on random boxes and scores (seed 50): {int(used[0])} of "
         f"{OPTIONS['max_detections']} counted, those of score 0.5")


main()
