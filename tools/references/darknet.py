"""References of the yolo decoder's form `exponential` with scale_xy, by OpenCV's reader of Darknet's files, which
OpenCV 5 no longer has:

    python3 -m venv V
    V/bin/pip install --no-deps numpy==1.26.4 opencv-python-headless==4.9.0.80
    V/bin/python tools/references/darknet.py
"""
import pathlib
import tempfile

import cv2
import numpy as np

from reference import SIZE, rows, save

CLASSES = 3
CHANNELS = 3 * (5 + CLASSES)
SCORE, IOU = 0.5, 0.45
# Of yolov4.cfg, where each map has a scale of its own; in yolov4-tiny.cfg all have the same.
ANCHORS = [[12, 16, 19, 36, 40, 28], [36, 75, 76, 55, 72, 146], [142, 110, 192, 243, 459, 401]]
CONFIG = """
[net]
width={side}
height={side}
channels={channels}

[convolutional]
size=1
stride=1
pad=0
filters={channels}
activation=linear

[yolo]
mask={mask}
anchors={anchors}
classes={classes}
num=9
thresh=0.001
scale_x_y={scale}
"""


def decode(values, layer, scale):
    """One map through a network that is a convolution that changes nothing, and [yolo]; boxes in fractions."""
    side = values.shape[2]
    # [yolo] takes anchors as shares of the network's input, which the map is here; so they are made as small.
    config = CONFIG.format(side=side, channels=CHANNELS, classes=CLASSES, scale=scale,
                           mask=",".join(str(3 * layer + i) for i in range(3)),
                           anchors=",".join(repr(one * side / SIZE) for row in ANCHORS for one in row))
    with tempfile.TemporaryDirectory() as folder:
        cfg, weights = pathlib.Path(folder, "net.cfg"), pathlib.Path(folder, "net.weights")
        cfg.write_text(config)
        head = np.array([0, 2, 5, 0, 0], np.int32)
        identity = np.eye(CHANNELS, dtype=np.float32)
        weights.write_bytes(head.tobytes() + np.zeros(CHANNELS, np.float32).tobytes() + identity.tobytes())
        net = cv2.dnn.readNetFromDarknet(str(cfg), str(weights))
        net.setInput(values)
        return net.forward()


def exponential(name, scales):
    """`scales`: of each map, most cells first."""
    random = np.random.default_rng(4)
    maps = {f"map{s}": (random.normal(size=(1, CHANNELS, SIZE // s, SIZE // s))).astype(np.float32) for s in (8, 16, 32)}
    table = np.concatenate([decode(value, layer, scale) for (layer, value), scale in zip(enumerate(maps.values()), scales)])
    centres, extents, scores = table[:, :2], table[:, 2:4], table[:, 5:]
    labels, best = scores.argmax(1), scores.max(1)
    boxes = np.concatenate([centres - extents / 2, extents], 1).astype(np.float64)
    keep = cv2.dnn.NMSBoxesBatched(boxes.tolist(), best.tolist(), labels.tolist(), SCORE, IOU)
    corners = np.concatenate([centres - extents / 2, centres + extents / 2], 1)[keep] * SIZE
    save(name, {"kind": "yolo", "score": SCORE, "iou": IOU, "form": "exponential", "scale_xy": scales[0] if len(set(scales)) == 1 else scales,
                "anchors": {"preset": "yolov4"}}, maps, {"detections": rows(corners, best[keep], labels[keep])},
         f"OpenCV {cv2.__version__}: random maps (seed 4) through Darknet's [yolo] with scale_x_y={scales}, then "
         "dnn.NMSBoxesBatched")


exponential("yolo_scaled", [1.2, 1.1, 1.05])
exponential("yolo_scaled_alike", [1.05] * 3)
