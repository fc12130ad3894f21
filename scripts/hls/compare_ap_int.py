#!/usr/bin/env python3
"""Compares this project's ap_int.h with Xilinx's: the same program against both must print the same.

Usage: compare_ap_int.py [WORK_DIR]   (default build/compare_ap_int)

An extra check, not among the default tests: it fetches the wheel of hls4ml from PyPI, which carries Xilinx's open
(Apache-2.0) headers for simulation, into WORK_DIR; nothing of it enters the repository. Differences that are known, each
with its reason, are listed in EXPECTED; any other one fails. Needs clang++-19 and python3-venv.
"""

import itertools
import pathlib
import re
import subprocess
import sys
import venv
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = 6
HLS4ML = "hls4ml==1.3.0"

BEYOND_64 = r"^(6[5-9]|[7-9]\d|\d{3,})[su] "
# What of our output may differ, and why: all faults of Xilinx's simulation model, not rules of ap_int.
EXPECTED = [
    (BEYOND_64 + r".* a\.nand_reduce\(\)", "Xilinx's nand_reduce() beyond 64 bits is false for all values but one"),
    (r"^\d+s -\d+ a\.xn?or_reduce\(\)", "Xilinx's xor_reduce() counts the sign extension of negative values"),
    (BEYOND_64 + r".* a\.to_bool\(\)", "Xilinx's to_bool() looks at the low 64 bits"),
    (r"^129u \d+ (int|long) -2147483648 i % a", "Xilinx's long division is off in one corner"),
    (r"^255[su] \d+ 512s -\d+ c \*= b", "Xilinx's *= with a wider factor keeps bits beyond the width"),
]


def xilinx_headers(work):
    headers = work / "xilinx"
    if not (headers / "ap_int.h").exists():
        venv.create(work / "venv", with_pip=True)
        subprocess.run([work / "venv/bin/pip", "download", "-q", "--no-deps", "-d", work, HLS4ML], check=True)
        wheel = next(work.glob("hls4ml-*.whl"))
        prefix = "hls4ml/templates/vivado/ap_types/"
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.startswith(prefix) and name.endswith(".h"):
                    target = headers / name[len(prefix):]
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.read(name))
    return headers


def output(work, label, include, part, extra=()):
    program = work / f"probe_{label}_{part}"
    subprocess.run(
        ["clang++-19", "-std=c++17", "-O0", "-w", f"-DPART={part}", f"-I{include}", *extra,
         ROOT / "scripts/hls/ap_int_probe.cpp", "-o", program], check=True)
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()


def expected(line):
    return next((why for pattern, why in EXPECTED if re.search(pattern, line)), None)


def main():
    work = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/compare_ap_int").resolve()
    work.mkdir(parents=True, exist_ok=True)
    xilinx = xilinx_headers(work)
    compared, known, unknown = 0, {}, []
    for part in range(PARTS):
        # Xilinx's header computes shift amounts and shifts that UBSan would report; only ours runs under it.
        ours = output(work, "ours", ROOT / "hls/include", part,
                      ("-fsanitize=undefined", "-fno-sanitize-recover=all"))
        theirs = output(work, "xilinx", xilinx, part, ("-DAP_INT_MAX_W=4096",))
        for mine, other in itertools.zip_longest(ours, theirs):
            compared += 1
            if mine == other:
                continue
            why = expected(mine or "")
            if why:
                known[why] = known.get(why, 0) + 1
            else:
                unknown.append(f"part {part}\n  ours:   {mine}\n  Xilinx: {other}")
    for why, count in known.items():
        print(f"known difference, {count} results: {why}")
    for difference in unknown[:40]:
        print(difference)
    print(f"{compared} results compared, {sum(known.values())} known and {len(unknown)} unknown differences")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
