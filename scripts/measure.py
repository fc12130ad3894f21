#!/usr/bin/env python3
"""Measures again every figure of the README's table, on this machine, with the programs of build/release.

Prints the table in Markdown with the machine and the commit, and writes the figures behind it as JSON. Builds nothing:
run scripts/test.sh or `cmake --build --preset release` first. The perplexities of transformers are the recorded ones
(testbench/reference/data). Takes about five minutes on two cores.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"
SLUICE = BUILD / "host/cli/sluice"
BANDWIDTH = BUILD / "testbench/bench/engine_bandwidth"
TRUTH = BUILD / "testbench/host/engine/host_engine_truth_test"
MODELS = ("fable-mla", "fable-gqa")
FORMATS = ("mxint8", "int4", "mxfp4")
TEXTS = {"yellow-fairy-book": "The Yellow Fairy Book", "wind-in-the-willows": "The Wind in the Willows"}


def note(text):
    print(f"measure: {text}", file=sys.stderr, flush=True)


def output_of(*command):
    """The standard output of a program, which must succeed within ten minutes."""
    try:
        return subprocess.run([str(part) for part in command], cwd=ROOT, check=True, timeout=600, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
    except FileNotFoundError:
        sys.exit(f"error: there is no {command[0]}; build it with: cmake --preset release && "
                 "cmake --build --preset release")
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: {' '.join(map(str, command))}: status {error.returncode}\n"
                 f"{error.stderr or error.stdout[-2000:]}")
    except subprocess.TimeoutExpired:
        sys.exit(f"error: {' '.join(map(str, command))}: did not end within ten minutes")


def machine():
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
        model = found.group(1) if found else model
    return f"{model}, {os.cpu_count()} cores"


def commit():
    try:
        head = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return head.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def engine():
    note("matrix engine, 1024 x 1024")
    return [run for name in FORMATS for run in json.loads(output_of(BANDWIDTH, "--format", name, "--json"))]


def generation(repetitions):
    """Decode speed of every model, format and device: medians of the repetitions on software, one run simulated."""
    results = []
    for model in MODELS:
        for name in FORMATS:
            for device, count in (("simulation", 1), ("software", repetitions)):
                note(f"{model} in {name} on {device}")
                command = (SLUICE, "run", "--model", ROOT / "models" / model, "--format", name, "--device", device,
                           "--max-tokens", "48", "--json")
                runs = [json.loads(output_of(*command)) for _ in range(count)]
                entry = {key: value for key, value in runs[0].items() if key not in ("text", "tokens")}
                entry.update(model=model, format=name, device_name=device,
                             tokens_per_second=statistics.median(run["tokens_per_second"] for run in runs))
                results.append(entry)
    return results


def perplexity():
    results = []
    for model in MODELS:
        recorded = json.loads((ROOT / f"testbench/reference/data/{model}-eval.json").read_text())["texts"]
        for text in TEXTS:
            for name in FORMATS:
                note(f"perplexity of {model} in {name} on {text}")
                measured = json.loads(output_of(SLUICE, "eval", "--model", ROOT / "models" / model, "--format", name,
                                                "--text", ROOT / f"testbench/texts/{text}.txt", "--json"))
                reference = recorded[f"{text}.txt"]["perplexity"]
                results.append({"model": model, "text": text, "format": name, "perplexity": measured["perplexity"],
                                "transformers_fp32": reference,
                                "increase": measured["perplexity"] / reference - 1.0})
    return results


def truth():
    """Logits of 2,048 teacher-forced tokens: the truth test prints what it measures."""
    note("logits against transformers")
    text = " ".join(output_of(TRUTH, "--success").split())
    number = r"([0-9.e-]+)"
    pattern = rf"(fable-gqa in )?(MXINT8|INT4|MXFP4) stays close.*?relative RMS {number}, top-1 {number}, "
    pattern += rf"perplexity ratio {number}, sets differ {number},"
    return [{"model": "fable-gqa" if gqa else "fable-mla", "format": name.lower(), "relative_rms": float(rms),
             "top1_agreement": float(top1), "expert_sets_that_differ": float(sets)}
            for gqa, name, rms, top1, _, sets in dict.fromkeys(re.findall(pattern, text))]


def table(figures):
    def one(entries, **wanted):
        return next(e for e in entries if all(e[k] == v for k, v in wanted.items()))

    def row(label, cells):
        return f"| {label} | " + " | ".join(cells) + " |"

    lines = ["| what | MXINT8 | INT4 | MXFP4 |", "|---|---|---|---|"]
    engines = [one(figures["engine"], format=name, tokens=1) for name in FORMATS]
    lines.append(row("matrix engine, 1024 x 1024, batch 1: cycles, fetch to completion (simulated)",
                     [f"{e['cycles']:,}" for e in engines]))
    lines.append(row("the same: share of the memory channels' peak rate",
                     [f"{100 * e['channel_share']:.1f} %" for e in engines]))
    for model in MODELS:
        simulated = [one(figures["generation"], model=model, format=f, device_name="simulation") for f in FORMATS]
        software = [one(figures["generation"], model=model, format=f, device_name="software") for f in FORMATS]
        lines.append(row(f"{model} on `simulation`, decode: tokens/s (wall time)",
                         [f"{e['tokens_per_second']:.1f}" for e in simulated]))
        lines.append(row("the same: card cycles a token (simulated, the behavioural unit's modelled ones included)",
                         [f"{e['cycles_per_token']:,.0f}" for e in simulated]))
        lines.append(row(f"{model} on `software`, decode: tokens/s",
                         [f"{e['tokens_per_second']:,.0f}" for e in software]))
        for text, title in TEXTS.items():
            scores = [one(figures["perplexity"], model=model, text=text, format=f) for f in FORMATS]
            reference = scores[0]["transformers_fp32"]
            lines.append(row(f"{model}, perplexity on *{title}* (unseen excerpt; transformers in fp32: {reference:.2f})",
                             [f"{e['perplexity']:.2f}, {100 * e['increase']:+.2f} %" for e in scores]))
        truths = [one(figures["truth"], model=model, format=f) for f in FORMATS]
        lines.append(row(f"{model}, 2,048 teacher-forced tokens: RMS error of logits, top-1 agreement",
                         [f"{100 * e['relative_rms']:.1f} %, {100 * e['top1_agreement']:.1f} %" for e in truths]))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=BUILD / "measured.json", metavar="FILE",
                        help="where the figures go (default: build/release/measured.json)")
    parser.add_argument("--repetitions", type=int, default=5, metavar="N",
                        help="runs on the software device, whose median counts (default: 5)")
    options = parser.parse_args()
    if options.repetitions < 1:
        parser.error("--repetitions must be at least 1")
    start = time.monotonic()
    figures = {"machine": machine(), "commit": commit(), "engine": engine(),
               "generation": generation(options.repetitions), "perplexity": perplexity(), "truth": truth()}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=1) + "\n")
    print(f"Machine: {figures['machine']}. Commit: {figures['commit']}.\n")
    print(table(figures))
    note(f"{options.json} written; {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
