#!/usr/bin/env python3
"""Writes the golden vectors of docs/numerics.md to testbench/golden; with --check, compares them with what is there.

The seed of an operation is its name, so that a change of one operation's cases leaves the other files alone.
"""

import argparse
import json
import pathlib
import sys
import zlib

from cases import attending, decisions, matrices, operations, simple
from cases.draw import Draw

FAMILIES = (simple, matrices, operations, decisions, attending)
GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"


def contents():
    """{file name: text} of all golden files: one case a line."""
    files = {}
    for family in FAMILIES:
        for operation, make in family.CASES.items():
            cases = make(Draw(zlib.crc32(operation.encode())))
            lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
            files[f"{operation}.json"] = f'{{"operation":"{operation}","cases":[\n{lines}\n]}}\n'
    return files


def differences(files):
    """What of testbench/golden differs from `files`, one line each."""
    committed = {path.name: path.read_text() for path in GOLDEN.glob("*.json")}
    lines = [f"{name}: missing" for name in sorted(files.keys() - committed.keys())]
    lines += [f"{name}: made by nothing" for name in sorted(committed.keys() - files.keys())]
    for name in sorted(files.keys() & committed.keys()):
        pairs = zip(files[name].split("\n"), committed[name].split("\n"))
        line = next((i for i, (a, b) in enumerate(pairs, start=1) if a != b), None)
        if line is not None or len(files[name]) != len(committed[name]):
            lines.append(f"{name}: differs" + ("" if line is None else f" at line {line}"))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    check = parser.parse_args().check
    files = contents()
    if check:
        lines = differences(files)
        print("\n".join(lines) if lines else f"{len(files)} golden files agree with the reference")
        return 1 if lines else 0
    GOLDEN.mkdir(exist_ok=True)
    for name, text in files.items():
        (GOLDEN / name).write_text(text)
    print(f"wrote {len(files)} files, {sum(map(len, files.values()))} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
