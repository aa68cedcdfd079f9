"""References of ssd, retinanet, nanodet and centernet: python3 tools/references/detectors.py, with Debian's
python3-torch and python3-torchvision.

torchvision decodes SSD and RetinaNet. NanoDet and the first CenterNet are in no package registry: their formulas, of
nanodet/model/head/nanodet_plus_head.py and CenterNet's models/decode.py, are evaluated in PyTorch. gluoncv_lists.py
has a CenterNet that can be had.
"""
import torch
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.retinanet import _default_anchorgen
from torchvision.ops import batched_nms, clip_boxes_to_image

from reference import SIZE, rows, save

CLASSES = 3
IOU = 0.45


def found(boxes, scores, score, iou=IOU, first_class=0):
    """Every class of every box that reaches the score, suppressed by class."""
    boxes = clip_boxes_to_image(boxes, (SIZE, SIZE))
    places, labels = torch.nonzero(scores >= score, as_tuple=True)
    keep = labels >= first_class
    places, labels = places[keep], labels[keep]
    values = scores[places, labels]
    if iou is not None:
        kept = batched_nms(boxes[places], values, labels, iou)
        places, labels, values = places[kept], labels[kept], values[kept]
    return rows(boxes[places].numpy(), values.numpy(), labels.numpy())


def ssd():
    generator = torch.Generator().manual_seed(20)
    features = [torch.zeros(1, 1, side, side) for side in (8, 4)]
    boxes = DefaultBoxGenerator([[2], [2]], scales=[0.2, 0.4, 0.6])
    images = ImageList(torch.zeros(1, 3, SIZE, SIZE), [(SIZE, SIZE)])
    anchors = boxes(images, features)[0]
    offsets = torch.randn(1, len(anchors), 4, generator=generator)
    logits = torch.randn(1, len(anchors), CLASSES + 1, generator=generator) * 2
    decoded = BoxCoder(weights=(10.0, 10.0, 5.0, 5.0)).decode_single(offsets[0], anchors)
    wide = [[float((a[0] + a[2]) / 2 / SIZE), float((a[1] + a[3]) / 2 / SIZE), float((a[2] - a[0]) / SIZE),
             float((a[3] - a[1]) / SIZE)] for a in anchors]
    save("ssd", {"kind": "ssd", "score": 0.7, "iou": IOU, "anchors": {"boxes": wide}},
         {"boxes": (offsets.numpy(), "boxes"), "logits": (logits.numpy(), "class_logits")},
         {"detections": found(decoded, torch.softmax(logits[0], 1), 0.7, first_class=1)},
         "torchvision 0.14: random numbers (seed 20) through DefaultBoxGenerator, BoxCoder and batched_nms, as "
         "SSD.postprocess_detections does", ["background", "a", "b", "c"], background=0)


def retinanet():
    generator = torch.Generator().manual_seed(21)
    maps = [torch.zeros(1, 1, max(1, -(-SIZE // s)), max(1, -(-SIZE // s))) for s in (8, 16, 32, 64, 128)]
    images = ImageList(torch.zeros(1, 3, SIZE, SIZE), [(SIZE, SIZE)])
    anchors = _default_anchorgen()(images, maps)[0]
    offsets = torch.randn(1, len(anchors), 4, generator=generator) * 0.3
    offsets[0, ::50, 2] = 9  # beyond what the coder lets grow
    logits = torch.randn(1, len(anchors), CLASSES, generator=generator) - 1
    decoded = BoxCoder(weights=(1.0, 1.0, 1.0, 1.0)).decode_single(offsets[0], anchors)
    save("retinanet", {"kind": "retinanet", "score": 0.75, "iou": IOU},
         {"cls_logits": logits.numpy(), "bbox_regression": offsets.numpy()},
         {"detections": found(decoded, torch.sigmoid(logits[0]), 0.75)},
         "torchvision 0.14: random numbers (seed 21) through retinanet's default AnchorGenerator, BoxCoder and batched_nms, "
         "as RetinaNet.postprocess_detections does")


def nanodet(name, strides, within):
    generator = torch.Generator().manual_seed(len(strides))
    points = []
    for stride in strides:
        side = -(-SIZE // stride)
        y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
        points.append(torch.stack([x.flatten() + within, y.flatten() + within, torch.ones(side * side)], 1) * stride)
    points = torch.cat(points)
    scores = torch.sigmoid(torch.randn(len(points), CLASSES, generator=generator) * 1.5 - 1)
    raw = torch.randn(len(points), 4, 8, generator=generator) * 2
    sides = (torch.softmax(raw, 2) * torch.arange(8.0)).sum(2) * points[:, 2:]
    boxes = torch.cat([points[:, :2] - sides[:, :2], points[:, :2] + sides[:, 2:]], 1)
    best = torch.where(scores == scores.max(1, keepdim=True)[0], scores, torch.zeros(()))
    save(name, {"kind": "nanodet", "score": 0.5, "iou": IOU},
         {"output": torch.cat([scores, raw.flatten(1)], 1)[None].numpy()}, {"detections": found(boxes, best, 0.5)},
         f"get_bboxes of NanoDet's head for strides {strides}, evaluated in PyTorch on random numbers (seed {len(strides)}), "
         "the best class of each cell; torchvision's batched_nms")


def centernet():
    generator = torch.Generator().manual_seed(22)
    heat = torch.sigmoid(torch.randn(1, CLASSES, 16, 16, generator=generator) - 1)
    extents = torch.rand(1, 2, 16, 16, generator=generator) * 8
    offsets = torch.rand(1, 2, 16, 16, generator=generator)
    peaks = torch.where(torch.nn.functional.max_pool2d(heat, 3, 1, 1) == heat, heat, torch.zeros(()))[0]
    y, x = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    centre = torch.stack([x, y]) + offsets[0]
    boxes = torch.cat([centre - extents[0] / 2, centre + extents[0] / 2]).flatten(1).T * (SIZE / 16)
    expected = {"detections": found(boxes, peaks.flatten(1).T, 0.5, None)}
    outputs = {"hm": heat.numpy(), "wh": extents.numpy(), "reg": offsets.numpy()}
    made = "ctdet_decode of CenterNet's models/decode.py, evaluated in PyTorch on random maps (seed 22)"
    save("centernet", {"kind": "centernet", "score": 0.5}, outputs, expected, made)
    save("centernet_nhwc", {"kind": "centernet", "score": 0.5},
         {key: value.transpose(0, 2, 3, 1) for key, value in outputs.items()}, expected, made + ", NHWC", layout="NHWC")


ssd()
retinanet()
nanodet("nanodet_plus", [8, 16, 32, 64], 0)
nanodet("nanodet", [8, 16, 32], 0.5)
centernet()
