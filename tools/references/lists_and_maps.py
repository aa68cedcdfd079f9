"""References of mask, movenet and heatmaps: python3 tools/references/lists_and_maps.py (NumPy).

They are definitions: here they are evaluated in NumPy as their documents say. MoveNet and DeepLab as whole models are
compared in tests/e2e.
"""
import numpy as np

from reference import save

random = np.random.default_rng(7)


def segmentation():
    logits = random.normal(size=(1, 3, 8, 8)).astype(np.float32)
    expected = {"mask": logits[0].argmax(0)}
    made = "NumPy's argmax over the classes of random logits (seed 7)"
    save("mask_classes", {"kind": "mask"}, {"logits": logits}, expected, made, task="segmentation")
    save("mask_classes_nhwc", {"kind": "mask"}, {"logits": logits.transpose(0, 2, 3, 1)}, expected, made + ", NHWC",
         task="segmentation")
    save("mask_labels", {"kind": "mask"}, {"labels": logits.argmax(1)}, expected, made + ", as int64 labels",
         task="segmentation")
    one = logits[:, :1]
    save("mask_binary", {"kind": "mask", "score": 0.7}, {"logits": one}, {"mask": 1 / (1 + np.exp(-one[0, 0])) >= 0.7},
         "sigmoid of random logits (seed 7) of 0.7 or more", ["ground", "thing"], "segmentation")


def bounding(points, seen):
    points = points[seen]
    return [points[:, 0].min(), points[:, 1].min(), points[:, 0].max(), points[:, 1].max()]


def movenet():
    output = random.uniform(0, 1, size=(1, 1, 17, 3)).astype(np.float32)
    points = output[0, 0][:, [1, 0, 2]]
    box = bounding(points, points[:, 2] >= 0.2)
    save("movenet", {"kind": "movenet"}, {"output": output},
         {"keypoints": points[None], "detections": [[*box, points[:, 2].mean(), 0]]},
         "the output that MoveNet documents (y, x, score), with random numbers (seed 7)", ["person"], "keypoints")


def heatmaps():
    maps = random.uniform(0, 1, size=(1, 5, 16, 12)).astype(np.float32)
    maps[0, 0, 9, 11] = 2  # on the edge: not moved
    maps[0, 1, 7, 5] = 2
    points = []
    for one in maps[0]:
        row, column = np.unravel_index(one.argmax(), one.shape)
        at = np.array([column, row], np.float64)
        if 1 < column < 11 and 1 < row < 15:
            at += 0.25 * np.sign([one[row, column + 1] - one[row, column - 1], one[row + 1, column] - one[row - 1, column]])
        points.append([at[0] / 12, at[1] / 16, one.max()])
    points = np.array(points)
    box = bounding(points, points[:, 2] >= 0.2)
    save("heatmaps", {"kind": "heatmaps"}, {"output": maps},
         {"keypoints": points[None], "detections": [[*box, points[:, 2].mean(), 0]]},
         "get_max_preds and the quarter offset of get_final_preds in HRNet's core/inference.py, evaluated in NumPy on "
         "random maps (seed 7)", ["person"], "keypoints")


segmentation()
movenet()
heatmaps()
