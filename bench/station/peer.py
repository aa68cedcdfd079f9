"""What people write instead of a station: GStreamer, OpenCV and ONNX Runtime, glued by Python.

Reads CLIP frame by frame, runs MODEL on each and writes a JSON line a frame to stdout. The frame
leaves GStreamer as BGR and is used in place, pictures are resized and normalised by OpenCV in few
calls, the engine has one thread. `--engine turnstone` puts our compiled model in ONNX Runtime's
place, so that what is left to compare is the glue.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import cv2
import numpy

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's GObject bindings, also within a venv
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "peers"))
import gi  # noqa: E402

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp  # noqa: E402, F401

MEAN = {"classifier": (123.675, 116.28, 103.53, 0), "detector": (127.5, 127.5, 127.5, 0)}
SCALE = {"classifier": (1 / 58.395, 1 / 57.12, 1 / 57.375, 0),
         "detector": (1 / 127.5, 1 / 127.5, 1 / 127.5, 0)}
SIDE = {"classifier": 224, "detector": 320}
SCORE, OVERLAP = 0.5, 0.55


def onnx_runtime(path):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: session.run(None, {name: x})


def turnstone(path):
    from runtime import Model
    return Model(path).run_all


def prepared(bgr, task, out):
    small = cv2.resize(bgr, (SIDE[task], SIDE[task]), interpolation=cv2.INTER_LINEAR)
    rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
    floats = cv2.multiply(cv2.subtract(rgb, MEAN[task], dtype=cv2.CV_32F), SCALE[task])
    cv2.split(floats, list(out[0]))
    return out


def softmax(logits):
    powers = numpy.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def classes_of(outputs):
    scores = softmax(outputs[0][0])
    best = int(scores.argmax())
    return {"class": best, "score": float(scores[best])}


class Detections:
    """torchvision's SSDLite after its heads."""

    def __init__(self, anchors):
        self.anchors = anchors

    def __call__(self, outputs):
        boxes, logits = outputs
        scores = softmax(logits[0])[:, 1:]
        rows, labels = numpy.nonzero(scores > SCORE)
        if not len(rows):
            return {"detections": []}
        raw, anchors = boxes[0][rows], self.anchors[rows]
        centre = anchors[:, :2] + raw[:, :2] * 0.1 * anchors[:, 2:]
        size = anchors[:, 2:] * numpy.exp(raw[:, 2:] * 0.2)
        corners = numpy.concatenate([centre - size / 2, size], axis=1)
        picked = scores[rows, labels]
        kept = cv2.dnn.NMSBoxesBatched(corners.tolist(), picked.tolist(), labels.tolist(), SCORE,
                                       OVERLAP)
        return {"detections": [{"class": int(labels[k]) + 1, "score": float(picked[k]),
                                "box": corners[k].tolist()} for k in kept]}


def frames(clip, is_realtime):
    Gst.init(None)
    live = "sync=true drop=true max-buffers=1" if is_realtime else "sync=false max-buffers=4"
    pipeline = Gst.parse_launch(
        f"filesrc location={clip} ! qtdemux ! h264parse ! avdec_h264 ! videoconvert ! "
        f"video/x-raw,format=BGR ! appsink name=out {live}")
    sink = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    while sample := sink.emit("pull-sample"):
        taken = time.time()
        size = sample.get_caps().get_structure(0)
        buffer = sample.get_buffer()
        done, memory = buffer.map(Gst.MapFlags.READ)
        if not done:
            sys.exit("peer.py: a frame cannot be mapped")
        yield taken, numpy.frombuffer(memory.data, numpy.uint8).reshape(
            size.get_value("height"), size.get_value("width"), 3)
        buffer.unmap(memory)
    pipeline.set_state(Gst.State.NULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip")
    parser.add_argument("model", help="ONNX, or with --engine turnstone a package")
    parser.add_argument("--task", choices=SIDE, default="classifier")
    parser.add_argument("--anchors", help=".npy, of a detector")
    parser.add_argument("--engine", choices=("onnxruntime", "turnstone"), default="onnxruntime")
    parser.add_argument("--realtime", action="store_true")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    run = (onnx_runtime if arguments.engine == "onnxruntime" else turnstone)(arguments.model)
    read = (Detections(numpy.load(arguments.anchors)) if arguments.task == "detector"
            else classes_of)
    x = numpy.empty((1, 3, SIDE[arguments.task], SIDE[arguments.task]), numpy.float32)
    for number, (taken, bgr) in enumerate(frames(arguments.clip, arguments.realtime)):
        result = read(run(prepared(bgr, arguments.task, x)))
        print(json.dumps({"frame": number, "taken": taken, **result}), flush=True)


if __name__ == "__main__":
    main()
