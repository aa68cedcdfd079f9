#!/usr/bin/env python3
"""Writes src/vision/testdata/tracker/pedestrians.txt: detections of a real recording, and the tracks
that supervision's ByteTrack makes of them.

usage: tracker.py VTEST_AVI [FRAMES]

VTEST_AVI is /usr/share/doc/opencv-doc/examples/data/vtest.avi of Debian's opencv-doc, 768 x 576
pixels. Detections are those of OpenCV's HOG people detector, rounded before they are tracked, so
that a reader of the file has exactly what was tracked. Needs, from PyPI:

    opencv-python-headless==4.11.0.86 supervision==0.25.1 numpy==2.2.6 scipy==1.17.1
"""

import sys
from pathlib import Path

import cv2
import numpy
import supervision

VERSIONS = {cv2: "4.11.0", supervision: "0.25.1", numpy: "2.2.6"}
TARGET = Path(__file__).resolve().parents[2] / "src/vision/testdata/tracker/pedestrians.txt"
HEAD = """\
# Pedestrians of vtest.avi (Debian's opencv-doc), 768 x 576 pixels, found by OpenCV's HOG detector.
# One line a frame; its detections are separated by commas, each: left top right bottom (pixels),
# score (percent), and the track that supervision 0.25.1's ByteTrack gave it with default settings,
# -1 for none. Written by tools/references/tracker.py.
"""


def detect(hog, picture):
    """[[left, top, right, bottom, score in percent]], falling by score."""
    boxes, weights = hog.detectMultiScale(picture, hitThreshold=-0.4, winStride=(8, 8),
                                          padding=(8, 8), scale=1.05, groupThreshold=0)
    # The detector's weights are about -0.4 to 2: halfway at 0.3.
    scores = 100 / (1 + numpy.exp(-3 * (numpy.asarray(weights).ravel() - 0.3)))
    found = [[x, y, x + width, y + height, round(float(score))]
             for (x, y, width, height), score in zip(boxes, scores)]
    found.sort(key=lambda one: (-one[4], one[:4]))
    rows = numpy.asarray(found, float).reshape(-1, 5)
    kept = []
    for k, row in enumerate(rows):
        overlaps = supervision.box_iou_batch(row[None, :4], rows[kept, :4]) if kept else []
        if not kept or overlaps.max() < 0.4:
            kept.append(k)
    return [found[k] for k in kept]


def track(tracker, found):
    """The track of each detection, -1 for none."""
    if not found:
        return []
    rows = numpy.asarray(found, numpy.float32)
    detections = supervision.Detections(
        xyxy=rows[:, :4], confidence=rows[:, 4] / numpy.float32(100),
        class_id=numpy.arange(len(rows)))  # which detection it was
    tracked = tracker.update_with_detections(detections)
    tracks = dict(zip(tracked.class_id.tolist(), tracked.tracker_id.tolist()))
    return [tracks.get(k, -1) for k in range(len(found))]


def main():
    for module, version in VERSIONS.items():
        if not module.__version__.startswith(version):
            sys.exit(f"tracker.py: {module.__name__} is {module.__version__}, not {version}")
    most = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    video = cv2.VideoCapture(sys.argv[1])
    hog = cv2.HOGDescriptor()
    hog.setSVMDetector(cv2.HOGDescriptor_getDefaultPeopleDetector())
    tracker = supervision.ByteTrack()
    lines = []
    while len(lines) < most:
        is_there, picture = video.read()
        if not is_there:
            break
        found = detect(hog, picture)
        lines.append(",".join(" ".join(map(str, [*one, number]))
                              for one, number in zip(found, track(tracker, found))))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(HEAD + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
