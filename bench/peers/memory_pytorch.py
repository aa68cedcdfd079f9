"""The same job in PyTorch: one of torchvision's networks, run a few times on zeros.

usage: memory_pytorch.py NETWORK HEIGHT WIDTH

Prints as JSON how long making it ready took and how much memory the process holds. For Debian's
Python, which has PyTorch.
"""

import json
import os
import sys
import time
from pathlib import Path

started = time.perf_counter()
import torch  # noqa: E402
import torchvision  # noqa: E402

name, height, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
model = getattr(torchvision.models, name)().eval()
loaded = time.perf_counter() - started
with torch.inference_mode():
    for _ in range(3):
        model(torch.zeros(1, 3, height, width))
pages = int(Path("/proc/self/statm").read_text().split()[1])
print(json.dumps({"version": torch.__version__, "load_ms": 1e3 * loaded,
                  "rss_mb": pages * os.sysconf("SC_PAGESIZE") / 1e6}))
