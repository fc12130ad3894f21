#!/usr/bin/env python3
"""Copies the few inputs that reach most of the code out of many.

Usage: choose_corpus.py CONTROL_FILE FOLDER

CONTROL_FILE is libFuzzer's of -set_cover_merge=1 (-merge_control_file), with edges as the only features. Keeps the seeds,
which people named, whatever they reach. Then takes, again and again, the input that adds the most edges for its size,
until nothing adds any or the limits below are reached: corpora are committed, and what they leave out is found again by
the fuzzer within a minute.
"""

import pathlib
import re
import shutil
import sys

MAX_FILES = 36
MAX_BYTES = 60_000
FOUND = re.compile("[0-9a-f]{40}")  # how libFuzzer names what it found


def read_control(path):
    """(file names, {index: set of features}) of a control file: counts, names, then STARTED, FT and COV lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    count = int(lines[0])
    features = {}
    for line in lines[2 + count:]:
        kind, index, *found = line.split()
        if kind == "FT":
            features[int(index)] = {int(feature) for feature in found}
    return lines[2:2 + count], features


def choose(names, features):
    """(names in the order of choice, edges that they reach, edges in all)"""
    sizes = {index: pathlib.Path(names[index]).stat().st_size for index in features}
    left = MAX_BYTES
    seeds = [i for i in features if not FOUND.fullmatch(pathlib.Path(names[i]).name)]
    chosen = [names[i] for i in seeds]
    reached = set().union(*(features[i] for i in seeds))
    while len(chosen) < len(seeds) + MAX_FILES:
        # An input of no size would be worth everything; 200 bytes keep tiny ones from filling the list.
        gain = {i: len(found - reached) / (200 + sizes[i]) for i, found in features.items() if sizes[i] <= left}
        best = max(gain, key=gain.get, default=None)
        if best is None or gain[best] == 0:
            break
        chosen.append(names[best])
        reached |= features[best]
        left -= sizes[best]
    return chosen, len(reached), len(set().union(*features.values()))


def main():
    names, features = read_control(pathlib.Path(sys.argv[1]))
    chosen, reached, all_edges = choose(names, features)
    for name in chosen:
        shutil.copy(name, sys.argv[2])
    print(f"{len(chosen)} inputs reach {reached} of {all_edges} edges")


if __name__ == "__main__":
    main()
