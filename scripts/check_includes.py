#!/usr/bin/env python3
"""Checks that #include lines follow the allowed edges between folders (CONTRIBUTING.md, 'Allowed edges').

Usage: check_includes.py [ROOT]. Reads every C++ file under ROOT's host/, hls/ and sim/; prints one line a
violation as file:line: reason; exits 1 if there is any. An edge is about direct includes and is not transitive.
"""

import pathlib
import re
import sys

# The only file of host/ that hls/, rtl/ and sim/ may see: descriptors, registers and limits.
COMMAND_HEADER = "host/device/command.hpp"

# Library of host/ -> libraries of host/ and top folders it may include beside itself and 'base'.
HOST_EDGES = {
    "base": set(),
    "telemetry": set(),
    "model": set(),
    "quant": {"model", "device"},
    "device": set(),
    "device/software": {"device", "hls"},
    "device/simulation": {"device", "sim"},
    "device/xrt": {"device"},
    "device/f2": {"device"},
    "device/backends": {"device", "device/software", "device/simulation"},
    "store": {"model"},
    "streaming": {"store", "device"},
    "experts": {"streaming", "store"},
    "attention": {"model", "device"},
    "engine": {"attention", "experts", "streaming", "model", "quant", "device", "hls"},
    "server": {"engine"},
}
# Everything but the tests.
HOST_UNRESTRICTED = {"cli"}

# Top folder -> top folders it may include beside itself and the command header.
TOP_EDGES = {"hls": set(), "sim": {"hls"}}

TOP_FOLDERS = {"host", "hls", "sim", "testbench"}
CHECKED_FOLDERS = ("host", "hls", "sim")
SUFFIXES = {".hpp", ".cpp", ".h", ".cc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def part_of(path):
    """The name a path goes by in the tables: 'hls', 'sim', 'testbench', or a library of host/ such as 'model'."""
    folders = path.split("/")[:-1]
    if folders[0] != "host":
        return folders[0]
    nested = "/".join(folders[1:3])
    return nested if nested in HOST_EDGES else "/".join(folders[1:2])


def violation(source, included):
    """Why `source` may not include `included` (both relative to the root), or None where it may."""
    if ".." in included.split("/"):
        return f"includes {included}: paths start at the repository's root"
    if included.split("/")[0] not in TOP_FOLDERS or "/" not in included:
        return None  # the system's, a package's or a generated header
    user, used = part_of(source), part_of(included)
    if source == COMMAND_HEADER and included.startswith("host/"):
        return f"includes {included}: the command header is shared with hls and sim, so it stands alone"
    if user == used:
        return None
    if not source.startswith("host/"):
        if included == COMMAND_HEADER or (not included.startswith("host/") and used in TOP_EDGES[user]):
            return None
        return f"includes {included}: {user} may use {names(TOP_EDGES[user] | {COMMAND_HEADER})}"
    if user in HOST_UNRESTRICTED:
        return f"includes {included}: testbench is for tests only" if used == "testbench" else None
    if user not in HOST_EDGES:
        return f"host/{user} has no entry in HOST_EDGES of scripts/check_includes.py"
    if used in HOST_EDGES[user] | {"base"}:
        return None
    return f"includes {included}: host/{user} may use {names(HOST_EDGES[user] | {'base'})}"


def names(parts):
    return ", ".join(sorted(parts))


def check(root):
    """All violations under `root`, as 'file:line: reason' lines."""
    found = []
    for folder in CHECKED_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file():
                continue
            source = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                match = INCLUDE.match(line)
                reason = violation(source, match.group(1)) if match else None
                if reason:
                    found.append(f"{source}:{number}: {reason}")
    return found


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    found = check(root)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
