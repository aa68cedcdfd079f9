"""What the scripts of this folder share: where references are stored, and how.

Each script makes folders src/vision/testdata/NAME from the original implementations, which it says how to
install; every random number comes from a fixed seed. A folder holds model.json (the decoder's settings), one
NAME.npy for each output, and what the original made of them: detections.npy (left, top, right, bottom in
fractions of the input, score, label; falling by score), keypoints.npy (x, y, score), masks.npy, classes.npy
(label, score), mask.npy; and made.txt, which says how.
"""
import importlib.abc
import importlib.machinery
import json
import pathlib
import shutil
import sys
from unittest import mock

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "src/vision/testdata"
SIZE = 64  # of the input's sides in pixels, where nothing else is said
LABELS = ["a", "b", "c"]


class Stub(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands for packages that an original imports and these scripts have no use for, such as plots."""

    def __init__(self, *names):
        self.names = names
        sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = mock.MagicMock(__spec__=spec, __path__=[])
        return module

    def exec_module(self, module):
        pass


def save(name, decoder, outputs, expected, made, labels=LABELS, task="detection", size=SIZE, layout="NCHW", **extra):
    """`outputs` are arrays by name, or (array, role); `expected` arrays by file name."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    described = []
    for key, value in outputs.items():
        array, role = value if isinstance(value, tuple) else (value, None)
        described.append({"name": key, **({"role": role} if role else {})})
        np.save(folder / f"{key}.npy", np.ascontiguousarray(array))
    for key, array in expected.items():
        assert len(array) > 0, f"{name}: {key} is empty"
        np.save(folder / f"{key}.npy", np.ascontiguousarray(array, dtype=np.float32))
    shape = [1, 3, size, size] if layout == "NCHW" else [1, size, size, 3]
    model = {"format": 1, "name": name, "inputs": [{"name": "input", "dtype": "f32", "shape": shape, "layout": layout}],
             "outputs": described, "task": task, "decoder": decoder, "labels": labels, **extra}
    (folder / "model.json").write_text(json.dumps(model, indent=1) + "\n")
    (folder / "made.txt").write_text(made.strip() + "\n")
    print(f"{name}: " + ", ".join(f"{key} {np.shape(array)}" for key, array in expected.items()))


def rows(boxes, scores, labels, size=SIZE):
    """Boxes in pixels as rows of detections.npy: cut to the input, falling by score, without those outside it."""
    boxes = np.clip(np.asarray(boxes, np.float64) / size, 0, 1)
    table = np.concatenate([boxes, np.reshape(scores, (-1, 1)), np.reshape(labels, (-1, 1))], 1)
    table = table[(table[:, 0] < table[:, 2]) & (table[:, 1] < table[:, 3])]
    return table[np.argsort(-table[:, 4], kind="stable")]
