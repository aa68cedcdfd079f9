"""References of the yolo decoder. On Debian's python3-torch and python3-torchvision:

    python3 -m venv --system-site-packages V
    V/bin/pip install --no-deps ultralytics yolov5 pytorchyolo opencv-python-headless \
        loguru tabulate thop tqdm polars polars-runtime-32
    V/bin/pip download --no-deps --no-build-isolation --no-binary :all: yolox yolov6detect  (fails to build; unpack both)
    PYTHONPATH=yolox-0.3.0:yolov6detect-0.4.1 V/bin/python tools/references/yolo.py
"""
from reference import SIZE, Stub, rows, save

Stub("imgaug", "matplotlib", "seaborn", "pandas")

import numpy as np
import torch
from pytorchyolo.models import YOLOLayer
from ultralytics.nn.modules.head import Detect, Pose
from ultralytics.utils import nms, ops
from yolov5.models.yolo import Detect as Detect5
from yolov5.utils.general import non_max_suppression as suppress5
from yolov6.assigners.anchor_generator import generate_anchors
from yolov6.utils.general import dist2bbox
from yolox.models.yolo_head import YOLOXHead
from yolox.utils.boxes import postprocess

CLASSES = 3
STRIDES = (8, 16, 32)
SCORE, IOU = 0.5, 0.45
SETTINGS = {"kind": "yolo", "score": SCORE, "iou": IOU}
ANCHORS = [[10, 13, 16, 30, 33, 23], [30, 61, 62, 45, 59, 119], [116, 90, 156, 198, 373, 326]]


def maps(generator, channels, scale=1.0, shift=0.0):
    return [torch.randn(1, channels, SIZE // s, SIZE // s, generator=generator) * scale + shift for s in STRIDES]


def pixels(found):
    found = found.detach().numpy()
    return rows(found[:, :4], found[:, 4], found[:, 5])


def apart(table):
    return table.detach().numpy()



def squared_and_rows():
    generator = torch.Generator().manual_seed(5)
    head = Detect5(CLASSES, ANCHORS, ch=(1, 1, 1)).eval()
    head.stride = torch.tensor([8.0, 16.0, 32.0])
    head.anchors /= head.stride.view(-1, 1, 1)
    head.m = torch.nn.ModuleList([torch.nn.Identity()] * 3)
    raw = maps(generator, 3 * (5 + CLASSES), 2.0, -0.5)
    decoded = head([x.clone() for x in raw])[0]
    found = suppress5(decoded.clone(), SCORE, IOU)[0]
    made = "yolov5 {}: random maps (seed 5) through models.yolo.Detect, then utils.general.non_max_suppression"
    expected = {"detections": pixels(found)}
    save("yolo_squared", {**SETTINGS, "form": "squared"},
         {f"map{s}": x.numpy() for s, x in zip(STRIDES, raw)}, expected, made.format("7.0"))
    five = {f"map{s}": x.view(1, 3, 8, *x.shape[2:]).permute(0, 1, 3, 4, 2).numpy() for s, x in zip(STRIDES, raw)}
    save("yolo_squared_apart", {**SETTINGS, "form": "squared"}, five, expected, made.format("7.0, maps of five extents"))
    save("yolo_rows", {**SETTINGS, "form": "rows"}, {"output": apart(decoded)}, expected, made.format("7.0"))


def exponential():
    generator = torch.Generator().manual_seed(3)
    raw = maps(generator, 3 * (5 + CLASSES), 1.0, 0.0)
    decoded = []
    for x, sizes in zip(raw, ANCHORS):
        layer = YOLOLayer([(sizes[i], sizes[i + 1]) for i in (0, 2, 4)], CLASSES, False).eval()
        decoded.append(layer(x.clone(), SIZE))
    found = suppress5(torch.cat(decoded, 1), SCORE, IOU)[0]
    save("yolo_exponential", {**SETTINGS, "form": "exponential"}, {f"map{s}": x.numpy() for s, x in zip(STRIDES, raw)},
         {"detections": pixels(found)},
         "pytorchyolo 1.8: random maps (seed 3) through models.YOLOLayer, then yolov5's non_max_suppression")


def head8(bins=16):
    head = Detect(CLASSES, bins, False, (8, 8, 8)).eval()
    head.stride = torch.tensor([8.0, 16.0, 32.0])
    return head


def predictions(generator):
    boxes = maps(generator, 64)
    scores = maps(generator, CLASSES, 1.5, -1.0)
    flat = {"boxes": torch.cat([x.flatten(2) for x in boxes], 2), "scores": torch.cat([x.flatten(2) for x in scores], 2),
            "feats": boxes}
    return boxes, scores, flat


def distribution_and_columns():
    generator = torch.Generator().manual_seed(8)
    boxes, scores, flat = predictions(generator)
    decoded = head8()._inference(flat)
    found = nms.non_max_suppression(decoded, SCORE, IOU)[0]
    expected = {"detections": pixels(found)}
    made = "ultralytics 8.4: random maps (seed 8) through nn.modules.head.Detect, then utils.nms.non_max_suppression"
    joined = {f"map{s}": torch.cat([b, c], 1).numpy() for s, b, c in zip(STRIDES, boxes, scores)}
    save("yolo_distribution", {**SETTINGS, "form": "distribution"}, joined, expected, made)
    pairs = {f"{kind}{s}": x.numpy() for kind, list_ in (("box", boxes), ("score", scores))
             for s, x in zip(STRIDES, list_)}
    save("yolo_distribution_apart", {**SETTINGS, "form": "distribution"}, pairs, expected, made + "; boxes and scores apart")
    nhwc = {key: value.transpose(0, 2, 3, 1) for key, value in joined.items()}
    save("yolo_distribution_nhwc", {**SETTINGS, "form": "distribution"}, nhwc, expected, made + "; transposed", layout="NHWC")
    save("yolo_columns", {**SETTINGS, "form": "columns"}, {"output": apart(decoded)}, expected, made)
    save("yolo_columns_transposed", {**SETTINGS, "form": "columns"}, {"output": apart(decoded).transpose(0, 2, 1)},
         expected, made + "; transposed")
    fractions = apart(decoded).copy()
    fractions[:, :4] /= SIZE
    save("yolo_columns_fractions", {**SETTINGS, "form": "columns", "units": "fractions"}, {"output": fractions},
         expected, made + "; boxes in fractions, as its TFLite export has them")
    found = nms.non_max_suppression(decoded, SCORE, IOU, agnostic=True)[0]
    save("yolo_agnostic", {**SETTINGS, "form": "columns", "agnostic": True}, {"output": apart(decoded)},
         {"detections": pixels(found)}, made + " with agnostic=True")


def final():
    generator = torch.Generator().manual_seed(10)
    _, _, flat = predictions(generator)
    head = Detect(CLASSES, 16, True, (8, 8, 8)).eval()
    head.stride = torch.tensor([8.0, 16.0, 32.0])
    head.max_det = 84
    head.end2end = True
    decoded = head.postprocess(head._inference(flat).permute(0, 2, 1))
    kept = decoded[0][decoded[0, :, 4] >= SCORE]
    save("yolo_final", {**SETTINGS, "form": "final"}, {"output": apart(decoded)}, {"detections": pixels(kept)},
         "ultralytics 8.4: random maps (seed 10) through nn.modules.head.Detect with end2end (v10), those of score 0.5")


def pose():
    generator = torch.Generator().manual_seed(17)
    _, _, flat = predictions(generator)
    head = Pose(CLASSES, (5, 3), 16, False, (8, 8, 8)).eval()
    head.stride = torch.tensor([8.0, 16.0, 32.0])
    decoded = Detect._inference(head, flat)
    raw = torch.randn(1, 15, 84, generator=generator)
    table = torch.cat([decoded, head.kpts_decode(raw)], 1)
    found = nms.non_max_suppression(table, SCORE, IOU, nc=CLASSES)[0].detach().numpy()
    order = np.argsort(-found[:, 4], kind="stable")
    points = found[order, 6:].reshape(-1, 5, 3)
    points[..., :2] /= SIZE
    save("yolo_pose", {**SETTINGS, "form": "columns", "keypoints": 5}, {"output": apart(table)},
         {"detections": rows(found[:, :4], found[:, 4], found[:, 5]), "keypoints": points},
         "ultralytics 8.4: random maps and keypoints (seed 17) through nn.modules.head.Pose, then non_max_suppression")


def masks():
    generator = torch.Generator().manual_seed(32)
    _, _, flat = predictions(generator)
    decoded = head8()._inference(flat)
    table = torch.cat([decoded, torch.randn(1, 4, 84, generator=generator)], 1)
    prototypes = torch.randn(1, 4, 16, 16, generator=generator)
    found = nms.non_max_suppression(table, SCORE, IOU, nc=CLASSES)[0]
    found = found[torch.argsort(-found[:, 4], stable=True)]
    inside = ops.process_mask(prototypes[0], found[:, 6:], found[:, :4], (SIZE, SIZE))
    expected = {"detections": pixels(found), "masks": inside.detach().numpy()}
    made = "ultralytics 8.4: random maps, coefficients and prototypes (seed 32) through Detect, non_max_suppression and " \
           "utils.ops.process_mask"
    save("yolo_masks", {**SETTINGS, "form": "columns"}, {"output": apart(table), "prototypes": prototypes.numpy()},
         expected, made)


def offsets():
    generator = torch.Generator().manual_seed(11)
    head = YOLOXHead(CLASSES, strides=list(STRIDES), in_channels=[8, 8, 8]).eval()
    raw = [torch.cat([torch.randn(1, 4, *x.shape[2:], generator=generator) * 0.7, torch.sigmoid(x)], 1)
           for x in maps(generator, 1 + CLASSES, 1.5, 0.5)]
    table = torch.cat([x.flatten(2) for x in raw], 2).permute(0, 2, 1)
    head.hw = [x.shape[-2:] for x in raw]
    decoded = head.decode_outputs(table.clone(), torch.float32)
    found = postprocess(decoded.clone(), CLASSES, SCORE, IOU)[0].detach().numpy()
    expected = {"detections": rows(found[:, :4], found[:, 4] * found[:, 5], found[:, 6])}
    made = "yolox 0.3.0: random maps (seed 11) through models.yolo_head.YOLOXHead.decode_outputs, then utils.boxes.postprocess"
    save("yolo_offsets", {**SETTINGS, "form": "offsets"}, {"output": apart(table)}, expected, made)
    save("yolo_rows_yolox", {**SETTINGS, "form": "rows"}, {"output": apart(decoded)}, expected,
         made + "; the decoded table, as exported with decode_in_inference")


def rows6():
    generator = torch.Generator().manual_seed(6)
    features = maps(generator, 4)
    scores = torch.cat([torch.sigmoid(x).flatten(2) for x in maps(generator, CLASSES, 1.5, -1.0)], 2).permute(0, 2, 1)
    sides = torch.rand(1, 84, 4, generator=generator) * 3
    points, strides = generate_anchors(features, torch.tensor(STRIDES), 5.0, 0.5, device="cpu", is_eval=True)
    boxes = dist2bbox(sides, points, box_format="xywh") * strides
    table = torch.cat([boxes, torch.ones(1, 84, 1), scores], -1)
    found = suppress5(table.clone(), SCORE, IOU)[0]
    save("yolo_rows_v6", {**SETTINGS, "form": "rows"}, {"output": apart(table)}, {"detections": pixels(found)},
         "yolov6detect 0.4.1: random sides (seed 6) through generate_anchors and dist2bbox, joined with ones and scores as "
         "Detect.forward does, then yolov5's non_max_suppression")


for make in (squared_and_rows, exponential, distribution_and_columns, final, pose, masks, offsets, rows6):
    with torch.no_grad():
        make()
