"""The list of models in models.txt, and where their files are."""

import dataclasses
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {
    "downloads": ROOT / "build/downloads",
    "zoo": ROOT / "build/zoo",
    "data": Path(os.environ.get("TURNSTONE_DATA", ROOT / "../shared/data")),
}
LISTED = Path(__file__).parent / "models.txt"


@dataclasses.dataclass
class Model:
    name: str
    file: Path
    shape: list[int]
    is_bound: bool  # the shape must be given when compiling, under the input's name
    input: str
    values: str
    limit: float
    twin: str  # name of a model that computes the same, or ""
    pictures: list[str]  # names of the photographs to take, none: all
    line: str  # as the list has it: changes when the model's entry does

    @property
    def is_tflite(self):
        return self.file.suffix == ".tflite"

    @property
    def shape_option(self):
        """What `turnstone compile` must be told besides the file."""
        if not self.is_bound:
            return []
        return ["--shape", f"{self.input}={','.join(map(str, self.shape))}"]


def parse_model(line):
    name, file, shape, values, limit, *rest = line.split()
    shape, is_bound, bound_input = shape.partition("!")
    place, _, path = file.partition(":")
    return Model(name=name, file=FOLDERS[place] / path,
                 shape=[int(extent) for extent in shape.split(",")],
                 is_bound=bool(is_bound), input=bound_input, values=values,
                 limit=0.0 if limit == "exact" else float(limit),
                 twin="".join(word[1:] for word in rest if word.startswith("=")),
                 pictures=[word for word in rest if not word.startswith("=")], line=line)


def read_models(only=(), *lists):
    """The models of the lists (models.txt where none is given), or those named in `only`; of two of one name
    the first. Raises ValueError for a name that is not listed."""
    models = {}
    for listed in lists or (LISTED,):
        for line in listed.read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                model = parse_model(line)
                models.setdefault(model.name, model)
    if unknown := set(only) - set(models):
        raise ValueError(f"{' '.join(sorted(unknown))}: no such model, legal names: {' '.join(models)}")
    return [model for model in models.values() if not only or model.name in only]
