"""References of softmax and multilabel, from PyTorch (Debian's python3-torch): python3 tools/references/classes.py"""
import torch

from reference import save

generator = torch.Generator().manual_seed(1)
logits = torch.randn(1, 8, generator=generator) * 2
labels = [f"label{i}" for i in range(8)]
roles = {"logits": (logits.numpy(), "class_logits")}


def table(scores, least=-1.0):
    order = torch.argsort(-scores)
    order = order[scores[order] >= least]
    return torch.stack([order.float(), scores[order]], 1).numpy()


save("softmax_temperature", {"kind": "softmax", "temperature": 2.5}, roles,
     {"classes": table(torch.softmax(logits[0] / 2.5, 0))}, "torch.softmax of random logits (seed 1) divided by 2.5",
     labels, "classification")
save("multilabel", {"kind": "multilabel", "score": 0.4}, roles, {"classes": table(torch.sigmoid(logits[0]), 0.4)},
     "torch.sigmoid of random logits (seed 1), those of 0.4 or more", labels, "classification")
