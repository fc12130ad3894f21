#!/usr/bin/env python3
"""Runs clang-tidy over the project's sources, skipping those that passed before in the same state.

Usage: run_clang_tidy.py COMPILE_COMMANDS CACHE_DIR FOLDER...

Takes the files of COMPILE_COMMANDS that lie below one of the FOLDERs (relative to the working directory, the
repository's root). A file is skipped when it passed with the same compile command, the same .clang-tidy and the same
contents of itself and of every header of the repository that it includes. Prints what clang-tidy reports, then a count;
exits 1 if any file failed.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

CLANG_TIDY = "clang-tidy-19"


def compiler_arguments(entry):
    """The entry's compile command without launcher, output and -c."""
    words = shlex.split(entry["command"])
    while words and pathlib.Path(words[0]).name == "ccache":
        words.pop(0)
    kept, skip = [], False
    for word in words:
        if skip or word in ("-c", "-o"):
            skip = word == "-o"
            continue
        kept.append(word)
    return kept


def fingerprint(entry, config, root):
    """A hash of all that decides what clang-tidy says of the entry's file; None if its includes cannot be listed."""
    arguments = compiler_arguments(entry)
    listed = subprocess.run([*arguments, "-MM", "-w"], cwd=entry["directory"], capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        return None
    files = listed.stdout.split(":", 1)[1].replace("\\\n", " ").split()
    digest = hashlib.sha256(config + " ".join(arguments).encode())
    for name in sorted({os.path.realpath(os.path.join(entry["directory"], name)) for name in files}):
        if pathlib.Path(name).is_relative_to(root):
            digest.update(name.encode() + pathlib.Path(name).read_bytes())
    return digest.hexdigest()


def tidy(entry, compile_commands, config, cache, root):
    """(path, report of a failed run or None, whether the cache answered)"""
    path = os.path.relpath(entry["file"], root)
    key = fingerprint(entry, config, root)
    stamp = cache / key if key else None
    if stamp and stamp.exists():
        return path, None, True
    done = subprocess.run(
        [CLANG_TIDY, "--quiet", "-p", str(compile_commands.parent), entry["file"]],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return path, done.stdout or done.stderr, False
    if stamp:
        stamp.touch()
    return path, None, False


def main():
    compile_commands, cache, folders = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    root = pathlib.Path.cwd().resolve()
    cache.mkdir(parents=True, exist_ok=True)
    config = (root / ".clang-tidy").read_bytes()
    inside = [root / folder for folder in folders]
    entries = {
        entry["file"]: entry
        for entry in json.loads(compile_commands.read_text(encoding="utf-8"))
        if any(pathlib.Path(entry["file"]).is_relative_to(folder) for folder in inside)
        and os.path.exists(entry["file"])  # compile commands may be older than a file's removal
    }
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = list(pool.map(lambda e: tidy(e, compile_commands, config, cache, root), entries.values()))
    failures = [(path, report) for path, report, _ in results if report is not None]
    for path, report in failures:
        print(f"{path}:\n{report}")
    cached = sum(from_cache for _, _, from_cache in results)
    print(f"{len(results)} files, {cached} unchanged since they passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
