"""What weights of 16 bits and arithmetic in bf16 change, by networks.

First a MobileNetV2 with the weights that it learned, the reals of an int8 TFLite file: on how many real
pictures the best class is the one of f32. Every eighth picture calibrates the forms that say so, all
others judge. Then the networks with random weights: the largest difference of an output from that of f32,
over the largest output. Exit status 1 where fewer than 300 pictures judge, where less than --least percent
agree of those on which the best class of f32 leads, or of all with a calibrated form, or where an output
is no number. Needs `tools/setup zoo`.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy

from dequantise import write_reals
from models import FOLDERS, ROOT, read_models
from pictures import inputs_of

WORK = FOLDERS["zoo"] / "narrow"
FORMS = {"f32": [], "weights f16": ["--weights", "f16"], "weights bf16": ["--weights", "bf16"],
         "math bf16": ["--math", "bf16"]}
CALIBRATED = ["weights bf16", "math bf16"]
NETWORKS = ["mobilenet_v2", "mobilenet_v3_small", "resnet18", "resnet50", "efficientnet_b0",
            "squeezenet1_1", "shufflenet_v2_x1_0"]
LEAST_PICTURES = 300
LEAD = 0.1  # of the best score to the next, from which on a picture is no close call


def real_pictures():
    """Every picture at hand, in a fixed order; of the turntable's frames every tenth."""
    data = FOLDERS["data"]
    folders = [data / "photos", data / "cookies/training-images", data / "blood-cells/images"]
    found = [path for folder in folders for path in sorted(folder.rglob("*"))]
    found += sorted((data / "turntable/frames").glob("*"))[::10]
    found += sorted((FOLDERS["downloads"] / "pictures").glob("*"))
    return [path for path in found if path.suffix.lower() in (".jpg", ".jpeg", ".png")]


def run(command):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command[:4]))} ended with {done.returncode}: {done.stderr[-300:]}")
    return done.stdout


def compiled(program, model, form, options, mark=""):
    package = WORK / f"{Path(model).stem}-{form.replace(' ', '-')}{mark}.so"
    run([program, "compile", model, "-q", "-o", package, *FORMS[form], *options])
    return package


def answers(program, package, pictures):
    """Of each picture the best class, and by how much its score leads the next one's."""
    lines = run([program, "predict", package, *pictures, "--top", 2, "--json"]).splitlines()
    tops = [json.loads(line)["top"] for line in lines]
    return [(top[0]["class"], top[0]["score"] - top[1]["score"]) for top in tops]


def compare_classes(program, source, target_options, least):
    model = WORK / "mobilenet_v2_reals.onnx"
    write_reals(source, model)
    pictures = real_pictures()
    calibrating = pictures[::8]
    judging = [picture for i, picture in enumerate(pictures) if i % 8]
    print(f"MobileNetV2 with learned weights: {len(judging)} real pictures judge, "
          f"{len(calibrating)} others calibrate")
    expected, fine = None, len(judging) >= LEAST_PICTURES
    for form, is_calibrated in [(form, False) for form in FORMS] + [(form, True) for form in CALIBRATED]:
        options = ["--preprocess", "signed", "--decoder", "identity", *target_options]
        if is_calibrated:
            options += ["--calibrate", *calibrating]
        package = compiled(program, model, form, options, "-calibrated" if is_calibrated else "")
        found = answers(program, package, judging)
        expected = expected or found
        same = [a[0] == b[0] for a, b in zip(found, expected)]
        clear = [is_same for is_same, (_, lead) in zip(same, expected) if lead >= LEAD]
        judged = same if is_calibrated else clear
        fine &= 100 * sum(judged) >= least * len(judged)
        print(f"  {form + (', calibrated' if is_calibrated else ''):<24} "
              f"{package.stat().st_size / 1e6:5.1f} MB, {len({a[0] for a in found})} classes: "
              f"{sum(same)} of {len(same)} agree ({100 * sum(same) / max(len(same), 1):.1f} %), "
              f"{sum(clear)} of {len(clear)} where f32 leads by {LEAD}")
    return fine


def compare_outputs(program, target_options):
    print(f"{'random weights':<20}" + "".join(f"{form:>14}" for form in list(FORMS)[1:]))
    fine = True
    for model in read_models(NETWORKS):
        if not model.file.is_file():
            print(f"{model.name:<20} skip: {model.file} is not there")
            continue
        x = next(inputs_of(model, 1, numpy.float32))
        numpy.save(WORK / "input.npy", x)
        outputs, name = {}, None
        for form in FORMS:
            package = compiled(program, model.file, form, target_options)
            name = name or json.loads(run([program, "inspect", model.file, "--json"]))["inputs"][0]["name"]
            folder = WORK / "output"
            run([program, "predict", package, "--input", f"{name}={WORK / 'input.npy'}",
                 "--output-dir", folder])
            outputs[form] = numpy.load(next(iter(sorted(folder.glob("*.npy")))))
        largest = numpy.abs(outputs["f32"]).max()
        apart = [numpy.abs(outputs[form] - outputs["f32"]).max() / largest for form in list(FORMS)[1:]]
        fine &= bool(numpy.isfinite(apart).all())
        print(f"{model.name:<20}" + "".join(f"{value:>14.2e}" for value in apart))
    return fine


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=ROOT / "build/bin/turnstone", help="turnstone")
    parser.add_argument("--target", default="native")
    parser.add_argument("--least", type=float, default=99.0,
                        help="percent that agree where f32 leads, and of all with calibrated forms")
    parser.add_argument("--classes-only", action="store_true", help="no networks with random weights")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    target = ["--target", options.target]
    source = FOLDERS["data"] / "models/tf2_mobilenet_v2_1.0_224_ptq.tflite"
    fine = True
    if source.is_file():
        fine = compare_classes(options.program, source, target, options.least)
    else:
        print(f"skip: {source} is not there")
    if not options.classes_only:
        fine &= compare_outputs(options.program, target)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
