"""References of gluoncv and centernet by GluonCV itself, which needs MXNet and Python up to 3.11:

    python3 -m venv V
    V/bin/pip install --no-deps numpy==1.23.5 mxnet==1.9.1 gluoncv==0.10.5.post0 graphviz==0.8.4 requests urllib3 idna \
        certifi charset-normalizer opencv-python-headless==4.9.0.80 tqdm portalocker pyyaml yacs
    V/bin/python tools/references/gluoncv_lists.py
"""
import mxnet as mx  # before the stubs: it asks whether there is a scipy
import numpy as np

from reference import SIZE, Stub, rows, save

Stub("matplotlib", "pandas", "scipy", "autocfg", "autogluon", "decord", "PIL", "timm")

from gluoncv.model_zoo.ssd.ssd import SSD
from gluoncv.nn.coder import CenterNetDecoder

CLASSES = ["a", "b", "c"]


class Features(mx.gluon.HybridBlock):
    """Two maps of a picture, as a backbone would give them."""

    def __init__(self, **ignored):
        super().__init__()

    def hybrid_forward(self, F, x):
        return [F.Pooling(x, kernel=(side, side), stride=(side, side), pool_type="avg") for side in (8, 16)]


def ssd():
    mx.random.seed(40)
    net = SSD(None, SIZE, Features, [], sizes=[16, 32, 56], ratios=[[1, 2, 0.5]] * 2, steps=[8, 16], classes=CLASSES,
              nms_topk=60, post_nms=60)
    net.initialize()
    ids, scores, boxes = net(mx.nd.random.normal(0, 12, (1, 3, SIZE, SIZE)))
    ids, scores, boxes = (one.asnumpy() for one in (ids, scores, boxes))
    keep = (ids[0, :, 0] >= 0) & (scores[0, :, 0] >= 0.5)
    save("gluoncv", {"kind": "gluoncv"}, {"ids": ids, "scores": scores, "boxes": boxes},
         {"detections": rows(boxes[0, keep], scores[0, keep, 0], ids[0, keep, 0])},
         "gluoncv 0.10.5 on MXNet 1.9.1: model_zoo.ssd.SSD with random weights (seed 40) on a random picture, its box_nms "
         "included; those of score 0.5")


def centernet():
    random = np.random.default_rng(41)
    heat = 1 / (1 + np.exp(1 - random.normal(size=(1, 3, 16, 16))))
    extents, offsets = random.uniform(0, 8, (1, 2, 16, 16)), random.uniform(0, 1, (1, 2, 16, 16))
    outputs = {"hm": heat, "wh": extents, "reg": offsets}
    outputs = {key: value.astype(np.float32) for key, value in outputs.items()}
    maps = {key: mx.nd.array(value) for key, value in outputs.items()}
    peaks = mx.nd.Pooling(maps["hm"], kernel=(3, 3), stride=(1, 1), pad=(1, 1), pool_type="max") == maps["hm"]
    labels, scores, boxes = CenterNetDecoder()(peaks * maps["hm"], maps["wh"], maps["reg"])
    labels, scores, boxes = (one.asnumpy()[0] for one in (labels, scores, boxes))
    keep = scores >= 0.5
    save("centernet_gluoncv", {"kind": "centernet", "score": 0.5}, outputs,
         {"detections": rows(boxes[keep], scores[keep], np.floor(labels[keep]))},
         "gluoncv 0.10.5 on MXNet 1.9.1: nn.coder.CenterNetDecoder on random maps (seed 41) and their peaks, as "
         "model_zoo.CenterNet takes them; those of score 0.5")


ssd()
centernet()
