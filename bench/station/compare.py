"""What a station costs beside the usual Python program: one core, 1080p H.264, the same decoder.

    decode    GStreamer alone: demuxer, avdec_h264, and nobody who looks
    station   turnstone run: a video source, a model, a file of JSON lines; nobody looks at its page
    glue      peer.py with our compiled model: GStreamer, OpenCV, Python
    peer      peer.py with ONNX Runtime

Each is a process of its own on one core, run in turns; a figure is the processor time (user and
system) of a frame, the median over the rounds: what a clip takes more than its first part, which
leaves starting out. What is done outside decoder and model is measured with a model that does
almost nothing (an average and one small product), of which the time is taken off:

    own = (with that model) - decode - that model

Where a station's time goes is what it tells Prometheus of its stages, one stream at a camera's
pace: milliseconds of a frame by the clock, so decoding that happens meanwhile is in them.

Streams that a core holds are what 30 frames a second leave room for, of the real models; then as
many whole streams as that, and one more, are run at the pace of a camera and the results
are counted. Latency is from a decoded frame to its result at the other end of a pipe, one stream at a
camera's pace.

Needs `make build` and `tools/setup bench`.
"""

import argparse
import concurrent.futures
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / "build/bench"
ZOO = ROOT / "build/zoo"
STREET = ROOT / "build/downloads/opencv/vtest.avi"
TURNSTONE = ROOT / "build/bin/turnstone"
FPS, SHORT, LONG = 30, 95, 795
TASKS = {"classifier": ("mobilenet_v2", 224), "detector": ("ssdlite320", 320)}


def run(*command):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"compare.py: {command[0]}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def make_clip(frames):
    """The first frames of a street, as a camera of 1080p30 would have them."""
    clip = WORK / f"street-{frames}.mp4"
    if clip.exists():
        return clip
    if not STREET.exists():
        sys.exit(f"compare.py: {STREET} is not there: run tools/setup bench")
    print(f"making {clip.name}, some seconds", file=sys.stderr)
    part = clip.with_suffix(".part")
    run("gst-launch-1.0", "-q", "filesrc", f"location={STREET}", "!", "avidemux", "!", "decodebin",
        "!", "identity", f"eos-after={frames + 1}", "!", "videoconvert", "!", "videoscale", "!",
        "video/x-raw,format=I420,width=1920,height=1080,pixel-aspect-ratio=1/1", "!",
        "videorate", "rate=3.0", "!", f"video/x-raw,framerate={FPS}/1", "!", "x264enc",
        "bitrate=6000", "speed-preset=medium", f"key-int-max={2 * FPS}", "!",
        "video/x-h264,profile=high", "!", "mp4mux", "!", "filesink", f"location={part}")
    part.rename(clip)
    return clip


def make_idle_model(task, description):
    """A model of the task's inputs and outputs that does almost nothing."""
    file = WORK / f"idle_{task}.onnx"
    side = TASKS[task][1]
    random = numpy.random.default_rng(1)

    def constant(name, array):
        return numpy_helper.from_array(array, name)

    def weights(name, count):
        return constant(name, (0.01 * random.standard_normal((3, count))).astype(numpy.float32))

    nodes = [helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
             helper.make_node("Flatten", ["mean"], ["flat"])]
    if task == "classifier":
        nodes.append(helper.make_node("MatMul", ["flat", "w"], ["output"]))
        outputs, tensors = {"output": [1, 1000]}, [weights("w", 1000)]
    else:
        nodes += [helper.make_node("MatMul", ["flat", f"w_{name}"], [f"one_{name}"])
                  for name in ("boxes", "logits")]
        nodes += [helper.make_node("Expand", [f"one_{name}", "places"], [name])
                  for name in ("boxes", "logits")]
        outputs = {"boxes": [1, 3234, 4], "logits": [1, 3234, 91]}
        tensors = [weights("w_boxes", 4), weights("w_logits", 91),
                   constant("places", numpy.array([1, 3234, 1], numpy.int64))]
    graph = helper.make_graph(
        nodes, "idle", [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
         for name, shape in outputs.items()], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if description:
        helper.set_model_props(model, {"turnstone.model": description})
    onnx.save(model, file)
    return file


class Subject:
    """A task with a model: its ONNX file, its package, and how the peer reads it."""

    def __init__(self, task, file):
        self.task, self.file = task, file
        self.package = WORK / f"{file.stem}-native"
        extra = ["--preprocess", "imagenet"] if task == "classifier" else []
        run(TURNSTONE, "compile", file, "-o", self.package, "--target", "native", "-q", *extra)
        self.anchors = WORK / f"{task}-anchors.npy"

    def bench_ms(self):
        return json.loads(run(TURNSTONE, "bench", self.package, "--json"))["median_ms"]


def make_subjects():
    subjects = {}
    for task, (name, _) in TASKS.items():
        file = ZOO / f"{name}.onnx"
        if not file.exists():
            sys.exit(f"compare.py: {file} is not there: run tools/setup bench")
        stored = {item.key: item.value for item in onnx.load(file).metadata_props}
        description = stored.get("turnstone.model")
        subjects[task, "real"] = Subject(task, file)
        subjects[task, "idle"] = Subject(task, make_idle_model(task, description))
        if description:
            boxes = json.loads(description)["decoder"]["anchors"]["boxes"]
            numpy.save(subjects[task, "real"].anchors, numpy.array(boxes, numpy.float32))
    return subjects


def station_file(subject, clips, realtime, port=0):
    """A station of so many streams that share nothing but the core."""
    text = ""
    for k, clip in enumerate(clips):
        text += (f'[[source]]\nname = "s{k}"\nkind = "video"\npath = "{clip}"\n'
                 f"realtime = {str(realtime).lower()}\n\n"
                 f'[[model]]\nname = "m{k}"\npackage = "{subject.package}"\nsources = ["s{k}"]\n'
                 f'frames = "{"latest" if realtime else "every"}"\ntop = 1\n\n')
    text += f'[[sink]]\nname = "out"\nkind = "jsonl"\npath = "-"\n\n[page]\nport = {port}\n'
    file = WORK / f"{subject.file.stem}-{len(clips)}-{'paced' if realtime else 'fast'}.toml"
    file.write_text(text)
    return file


def station(subject, clips, realtime=False, port=0):
    return [TURNSTONE, "run", station_file(subject, clips, realtime, port), "--once", "-q"]


def peer(subject, clip, engine, realtime=False):
    command = [sys.executable, HERE / "peer.py", clip,
               subject.package if engine == "turnstone" else subject.file, "--task", subject.task,
               "--engine", engine]
    if subject.task == "detector":
        command += ["--anchors", subject.anchors]
    return command + (["--realtime"] if realtime else [])


def decode(clip):
    return ["gst-launch-1.0", "-q", "filesrc", f"location={clip}", "!", "qtdemux", "!", "h264parse",
            "!", "avdec_h264", "!", "fakesink", "sync=false"]


def start(command, core):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS")}
    return subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, env=environment,
                            preexec_fn=lambda: os.sched_setaffinity(0, {core}))


def finish(process, command):
    """Reads what it writes to its end; (lines with their arrival, processor seconds)."""
    lines = [(time.time(), line) for line in process.stdout]
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"compare.py: {command[0]} ended with {process.returncode}")
    return lines, used.ru_utime + used.ru_stime


def cost_ms(command_of, clips, core):
    """Processor milliseconds of a frame."""
    seconds = []
    for clip in clips:
        command = command_of(clip)
        seconds.append(finish(start(command, core), command)[1])
    return 1e3 * (seconds[1] - seconds[0]) / (LONG - SHORT)


def measure_costs(subjects, task, clips, core, rounds):
    real, idle = subjects[task, "real"], subjects[task, "idle"]
    contestants = {
        "decode": decode,
        "station": lambda clip: station(real, [clip]),
        "station_idle": lambda clip: station(idle, [clip]),
        "glue": lambda clip: peer(real, clip, "turnstone"),
        "glue_idle": lambda clip: peer(idle, clip, "turnstone"),
        "peer": lambda clip: peer(real, clip, "onnxruntime"),
    }
    found = {name: [] for name in contestants}
    for k in range(rounds):
        for name, command_of in contestants.items():
            found[name].append(cost_ms(command_of, clips, core))
            print(f"  {task}, round {k + 1} of {rounds}: {name} {found[name][-1]:.2f} ms",
                  file=sys.stderr, flush=True)
    return {name: statistics.median(times) for name, times in found.items()}


def taken_of(line):
    """When the frame of a result was decoded, in seconds."""
    document = json.loads(line)
    if "taken" in document:
        return document["taken"]
    whole, fraction = document["time"].rstrip("Z").split(".")
    return (time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) - time.timezone
            + float(f"0.{fraction}"))


def latency_ms(command, core):
    lines, _ = finish(start(command, core), command)
    times = sorted(1e3 * (arrival - taken_of(line)) for arrival, line in lines)
    return {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stages_ms(subject, clip, core):
    """What the station says of its stages when half of the clip has passed."""
    port = free_port()
    command = station(subject, [clip], realtime=True, port=port)
    process = start(command, core)
    for _ in range(LONG // 2):
        process.stdout.readline()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
        text = page.read().decode()
    finish(process, command)
    found = {}
    for kind, labels, value in re.findall(
            r"^turnstone_stage_seconds_(sum|count)\{(.*)\} (\S+)$", text, re.MULTILINE):
        stage = re.search(r'stage="(\w+)"', labels)[1]
        found.setdefault(stage, {})[kind] = float(value)
    return {stage: 1e3 * one["sum"] / one["count"] for stage, one in found.items() if one["count"]}


def share_kept(commands, streams, core):
    """Results a second, of the frames a second that cameras would have brought: a program that
    lags behind its files is not one that keeps up."""
    running = [(start(command, core), command) for command in commands]
    with concurrent.futures.ThreadPoolExecutor(len(running)) as readers:
        done = list(readers.map(lambda one: finish(*one)[0], running))
    arrivals = sorted(at for lines in done for at, _ in lines)
    return len(arrivals) / (streams * FPS * max(LONG / FPS, arrivals[-1] - arrivals[0]))


def report(task, subjects, arguments):
    clips = [make_clip(SHORT), make_clip(LONG)]
    core, real = arguments.core, subjects[task, "real"]
    costs = measure_costs(subjects, task, clips, core, arguments.rounds)
    idle_ms = subjects[task, "idle"].bench_ms()
    own = costs["station_idle"] - costs["decode"] - idle_ms
    glue = costs["glue_idle"] - costs["decode"] - idle_ms
    streams = {name: 1e3 / FPS / costs[name] for name in ("station", "glue", "peer")}
    kept = {}
    for count in (int(streams["station"]), int(streams["station"]) + 1):
        if count > 0:
            kept[f"station_{count}"] = share_kept(
                [station(real, [clips[1]] * count, realtime=True)], count, core)
            kept[f"peer_{count}"] = share_kept(
                [peer(real, clips[1], "onnxruntime", realtime=True)] * count, count, core)
    return {
        "task": task, "model": real.file.stem, "ms_a_frame": costs,
        "own_ms": own, "glue_own_ms": glue, "own_share_of_core_30fps": own * FPS / 1e3,
        "glue_over_own": glue / own,
        "streams_a_core": streams,
        "streams_over_glue": streams["station"] / streams["glue"],
        "streams_over_peer": streams["station"] / streams["peer"],
        "kept_at_camera_pace": kept,
        "stages_ms": stages_ms(real, clips[1], core),
        "latency_ms": {
            "station": latency_ms(station(real, [clips[1]], realtime=True), core),
            "glue": latency_ms(peer(real, clips[1], "turnstone", realtime=True), core),
            "peer": latency_ms(peer(real, clips[1], "onnxruntime", realtime=True), core)}}


def is_good(result):
    """What the station promises."""
    light = result["task"] != "classifier" or result["own_share_of_core_30fps"] < 0.05
    return light and result["glue_over_own"] >= 2 and result["streams_over_glue"] >= 1.2


def show(value, indent=0):
    for name, item in value.items():
        if isinstance(item, dict):
            print(" " * indent + name)
            show(item, indent + 2)
        else:
            print(f"{' ' * indent}{name:<{28 - indent}}",
                  f"{item:.3f}" if isinstance(item, float) else item)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=TASKS, action="append", help="both, where not given")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--check", action="store_true", help="exit 1 where a promise does not hold")
    parser.add_argument("--json", action="store_true", help="one object a task")
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    subjects = make_subjects()
    good = True
    for task in arguments.task or TASKS:
        result = report(task, subjects, arguments)
        good = good and is_good(result)
        print(json.dumps(result)) if arguments.json else show(result)
        sys.stdout.flush()
    sys.exit(0 if good or not arguments.check else 1)


if __name__ == "__main__":
    main()
