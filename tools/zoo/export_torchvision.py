"""Exports torchvision models to ONNX, for comparing compiled models with an outside engine.

usage: export_torchvision.py FOLDER [MODEL...]

Weights are random from a fixed seed. Batch norms are trained for a few passes over made-up pictures
and then disturbed, so that folding them wrongly changes the answers while activations stay near 1.
They stay separate nodes in the files: folding is for the reader. Needs torch and torchvision, as
Debian packages them.
"""

import json
import sys
from pathlib import Path

import onnx
import torch
import torchvision
import torchvision.models.detection.image_list

OPSET = 13
SIZE = 224
# cells across a picture, and the strength of what is as large as a cell
SCALES = ((1, 0.8), (2, 0.8), (4, 0.7), (8, 0.5), (16, 0.4), (32, 0.3), (64, 0.2), (SIZE, 0.1))



class Logits(torch.nn.Module):
    """A segmenter of torchvision up to the scores of each class at each pixel."""

    def __init__(self, segmenter):
        super().__init__()
        self.segmenter = segmenter

    def forward(self, pictures):
        return self.segmenter(pictures)["out"]


class Heads(torch.nn.Module):
    """A detector of torchvision up to the numbers of its heads, boxes and logits of each place."""

    def __init__(self, detector):
        super().__init__()
        self.detector, self.backbone, self.head = detector, detector.backbone, detector.head

    def forward(self, pictures):
        found = self.head(list(self.backbone(pictures).values()))
        return found["bbox_regression"], found["cls_logits"]

    def description(self):
        """What its numbers mean, as Turnstone's model.json says it."""
        detector, side = self.detector, self.detector.transform.fixed_size[0]
        maps = self.backbone(torch.zeros(1, 3, side, side)).values()
        images = torchvision.models.detection.image_list.ImageList(
            torch.zeros(1, 3, side, side), [(side, side)])
        left, top, right, bottom = (detector.anchor_generator(images, list(maps))[0] / side).T
        boxes = torch.stack([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top], 1)
        pixels = 255 * torch.tensor(detector.transform.image_mean)
        return {
            "format": 1, "task": "detection", "background": 0,
            "inputs": [{"name": "input", "dtype": "f32", "shape": [1, 3, side, side],
                        "layout": "NCHW",
                        "preprocess": {"fit": "stretch", "resize": "bilinear", "color": "rgb",
                                       "mean": pixels.tolist(), "scale": [1 / 127.5]}}],
            "outputs": [{"name": "boxes", "role": "boxes"},
                        {"name": "logits", "role": "class_logits"}],
            "decoder": {"kind": "ssd", "score": 0.5, "iou": detector.nms_thresh,
                        "anchors": {"boxes": boxes.tolist()}}}


def ssdlite():
    return Heads(torchvision.models.detection.ssdlite320_mobilenet_v3_large(
        weights=None, weights_backbone=None))


def deeplab():
    return Logits(torchvision.models.segmentation.deeplabv3_mobilenet_v3_large(
        weights=None, weights_backbone=None))


# name of the file: constructor, axes that stay open
MODELS = {
    "mobilenet_v2": (torchvision.models.mobilenet_v2, {}),
    "mobilenet_v2_open_batch": (torchvision.models.mobilenet_v2, {"input": {0: "batch"}}),
    "mobilenet_v3_small": (torchvision.models.mobilenet_v3_small, {}),
    "mobilenet_v3_large": (torchvision.models.mobilenet_v3_large, {}),
    "mnasnet1_0": (torchvision.models.mnasnet1_0, {}),
    "resnet18": (torchvision.models.resnet18, {}),
    "resnet50": (torchvision.models.resnet50, {}),
    "efficientnet_b0": (torchvision.models.efficientnet_b0, {}),
    "squeezenet1_0": (torchvision.models.squeezenet1_0, {}),
    "squeezenet1_1": (torchvision.models.squeezenet1_1, {}),
    "shufflenet_v2_x1_0": (torchvision.models.shufflenet_v2_x1_0, {}),
    "regnet_y_400mf": (torchvision.models.regnet_y_400mf, {}),
    "densenet121": (torchvision.models.densenet121, {}),
    "convnext_tiny": (torchvision.models.convnext_tiny, {}),
    "vit_b_16": (torchvision.models.vit_b_16, {}),
    "deeplab_v3": (deeplab, {}),
    "ssdlite320": (ssdlite, {}),
}


SIDES = {"ssdlite320": 320, "deeplab_v3": 320}


def random_pictures(count, size=SIZE):
    """Normalised pictures, [count, 3, size, size], with structure at every scale, as photographs have."""
    total = torch.zeros(count, 3, size, size)
    for cells, strength in SCALES:
        gray = torch.randn(count, 1, cells, cells) * strength
        colour = torch.randn(count, 3, cells, cells) * strength / 3
        total += torch.nn.functional.interpolate(gray + colour, size=(size, size), mode="bilinear")
    return total.clamp(-2.2, 2.7)  # what 0..255 becomes


def batch_norms(model):
    return [layer for layer in model.modules() if isinstance(layer, torch.nn.BatchNorm2d)]


def calm_gates(model):
    """Makes the gates of squeeze and excitation moderate: with random weights they are all open or shut,
    and the activations of a net of many such blocks differ by orders of magnitude from picture to picture."""
    for layer in model.modules():
        if isinstance(layer, torchvision.ops.SqueezeExcitation):
            layer.fc1.weight.data *= 0.3
            layer.fc2.weight.data *= 0.3


def open_layer_scales(model):
    """Blocks of ConvNeXt begin their training as identities: their scale of 1e-6 would hide what they do."""
    for layer in model.modules():
        if hasattr(layer, "layer_scale"):
            layer.layer_scale.data.uniform_(0.2, 0.6)


def wake_attention(model):
    """Transformers begin their training with a head of zeros, which gives the same for whatever comes, and with
    attention that is nearly even: scores of half a deviation, here two."""
    if not isinstance(model, torchvision.models.VisionTransformer):
        return
    torch.nn.init.normal_(model.heads.head.weight, std=0.05)
    for layer in model.modules():
        if isinstance(layer, torch.nn.MultiheadAttention):
            layer.in_proj_weight.data[:2 * layer.embed_dim] *= 2  # queries and keys


def settle_batch_norms(model, size):
    """Gives every batch norm statistics that fit its input, then disturbs them a little."""
    layers = batch_norms(model)
    if not layers:
        return
    for layer in layers:
        layer.weight.data.uniform_(0.6, 1.4)
        layer.bias.data.uniform_(-0.3, 0.3)
        layer.momentum = None  # average over all passes
        layer.reset_running_stats()
        layer.train()
    for _ in range(3):
        model(random_pictures(8, size))
    for layer in layers:
        layer.eval()
        deviation = layer.running_var.sqrt()
        layer.running_mean += 0.1 * deviation * torch.randn_like(deviation)
        layer.running_var *= torch.empty_like(deviation).uniform_(0.8, 1.25)


def describe(file, description):
    """Puts the description where `turnstone compile` finds it."""
    model = onnx.load(str(file))
    onnx.helper.set_model_props(model, {"turnstone.model": json.dumps(description)})
    onnx.save(model, str(file))


def export(name, folder):
    constructor, open_axes = MODELS[name]
    torch.manual_seed(20)
    model = constructor().eval()
    is_detector = isinstance(model, Heads)
    size = SIDES.get(name, SIZE)
    calm_gates(model)
    open_layer_scales(model)
    wake_attention(model)
    settle_batch_norms(model, size)
    sample = random_pictures(2, size)
    scores = model(sample)[1] if is_detector else model(sample)
    file = folder / f"{name}.onnx"
    torch.onnx.export(
        model, sample[:1], file, opset_version=OPSET,
        training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
        input_names=["input"], output_names=["boxes", "logits"] if is_detector else ["output"],
        dynamic_axes=dict(open_axes, output={0: "batch"}) if open_axes else None)
    if is_detector:
        describe(file, model.description())
    spread = (scores[0] - scores[1]).abs().max().item()
    if not spread > 0:
        sys.exit(f"{name}: two pictures give the same scores, which would compare nothing")
    print(f"{name}: {len(batch_norms(model))} batch norms, scores {scores.min():.3f} to "
          f"{scores.max():.3f}, two pictures differ by {spread:.3f}", flush=True)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    unknown = [name for name in sys.argv[2:] if name not in MODELS]
    if unknown:
        sys.exit(f"{unknown[0]}: no such model, legal names: {' '.join(MODELS)}")
    for name in sys.argv[2:] or MODELS:
        # Without gradients torch takes a transformer's fused path, which cannot be exported.
        with torch.set_grad_enabled(name == "vit_b_16"):
            export(name, folder)


if __name__ == "__main__":
    main()
