"""Runs clang-tidy over what changed since it last found a file clean.

usage: tidy.py [--seconds N] [--build FOLDER] [FILE...]

A clean result is remembered under a key made of the file, every header of ours that it includes, the
compile command and .clang-tidy, so that unchanged files cost nothing. Files are looked at newest
change first, uncommitted ones before those of the last commits; those for which the time did not suffice are counted, and looked at by the next run.
Needs the build folder's compile_commands.json (default build/dev).
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

from sources import report

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "turnstone-tidy"
CLANG_TIDY = "clang-tidy-19"
# LibTorch 1.13's headers are no C++23 to clang: a vector of a type that is not complete yet.
UNREADABLE = {ROOT / "src/train/head_torch.cpp"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def read_commands(build):
    """file: its compile command, for our own sources; generated ones are left out."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["directory"], entry["file"]).resolve()
        if ROOT in path.parents and ROOT / "build" not in path.parents and path.suffix in (".c", ".cpp"):
            commands[path] = entry.get("command") or shlex.join(entry["arguments"])
    return commands


def headers_of(path, seen):
    """Adds the headers of ours that the file includes, and theirs, to `seen`."""
    for name in INCLUDE.findall(path.read_text(errors="replace")):
        for folder in (ROOT / "src", path.parent, ROOT / "src/runtime/include"):
            header = (folder / name).resolve()
            if header.is_file() and header not in seen:
                seen.add(header)
                headers_of(header, seen)
    return seen


def key_of(path, command, settings):
    digest = hashlib.sha256(settings)
    digest.update(command.replace(str(ROOT), "").encode())
    for part in [path, *sorted(headers_of(path, set()))]:
        digest.update(part.read_bytes())
    return digest.hexdigest()


def newest_first(paths):
    """The paths in the order of their last change, as git knows it."""
    order = []
    for arguments in (["diff", "--name-only", "HEAD"], ["ls-files", "-o", "--exclude-standard"],
                      ["log", "-n", "50", "--format=", "--name-only"]):
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
        order += done.stdout.splitlines()
    rank = {}
    for name in order:
        rank.setdefault(ROOT / name, len(rank))
    return sorted(paths, key=lambda path: (rank.get(path, len(rank)), path))


def settings_of():
    version = subprocess.run([CLANG_TIDY, "--version"], capture_output=True, check=True).stdout
    return version + (ROOT / ".clang-tidy").read_bytes()


def tidy(path, build):
    """What clang-tidy says about the file, one finding a line."""
    done = subprocess.run([CLANG_TIDY, "-p", str(build), "--quiet", "--extra-arg=-Wno-everything", str(path)],
                          capture_output=True, text=True, cwd=ROOT)
    found = [line.replace(f"{ROOT}/", "") for line in done.stdout.splitlines()
             if re.search(r": (warning|error): ", line)]
    if done.returncode != 0 and not found:
        found = [f"{path.relative_to(ROOT)}: clang-tidy ended with {done.returncode}: {done.stderr[-300:]}"]
    return found


def check(paths, commands, build, deadline):
    """(findings, count of files left out) of the files that are not known to be clean."""
    settings = settings_of()
    CACHE.mkdir(parents=True, exist_ok=True)
    findings, left_out = {}, []

    def work(path):
        stamp = CACHE / key_of(path, commands[path], settings)
        if stamp.exists():
            return
        if time.monotonic() > deadline:
            left_out.append(path)
            return
        found = tidy(path, build)
        if found:
            findings.update(dict.fromkeys(found))
        else:
            stamp.touch()

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(work, paths):
            pass
    return sorted(findings), len(left_out)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--build", type=Path, default=ROOT / "build/dev")
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()
    if not (arguments.build / "compile_commands.json").is_file():
        sys.exit(f"tidy: {arguments.build} is not configured: cmake --preset dev")
    commands = read_commands(arguments.build)
    chosen = {path.resolve() for path in arguments.files}
    paths = newest_first(path for path in commands
                         if path not in UNREADABLE and (not chosen or path in chosen))
    findings, left_out = check(paths, commands, arguments.build, time.monotonic() + arguments.seconds)
    if left_out:
        print(f"tidy: the time did not suffice for {left_out} of {len(paths)} files")
        if not findings:
            sys.exit(0 if os.environ.get("CI") else 1)
    report("tidy", findings)


if __name__ == "__main__":
    main()
