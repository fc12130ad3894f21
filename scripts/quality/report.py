#!/usr/bin/env python3
"""Measures what each weight format costs, and writes docs/quality.json, the tables of docs/quality.md and the plot.

For each model and text: transformers in fp32 (the reference), fake quantisation (fake_quantise.py), and `sluice eval` on
the software device for each format. Results are stored as they come; a run that was interrupted goes on where it was.
Results of another checkpoint, text or window are refused: name another folder by --out, or delete quality.json.

A text's name is its title and Project Gutenberg number: Some-Title_123.txt.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measure
import present
from fake_quantise import Variant, apply, num_weights, parse_format, variants_of
from measure import Trace, common

ROOT = Path(__file__).resolve().parents[2]
MODELS = ("models/fable-mla", "models/fable-gqa")
# Single formats, then mixed ones: experts (most of a large model) narrow and all else wide, and a narrow head.
FORMATS = ("mxint8", "int4", "mxfp4", "mxint8,experts=int4", "mxint8,experts=mxfp4", "int4,head=int4")
WINDOW = 512
KINDS = ("emulated", "device")


def title_of(path):
    match = re.fullmatch(r"(.+)_(\d+)", Path(path).stem)
    return f"{match[1].replace('-', ' ')} ({match[2]})" if match else Path(path).stem


class Store:
    """quality.json: what is known, written anew after each result."""

    def __init__(self, path, max_windows):
        self.path = path
        self.data = {"window": WINDOW, "max_windows": max_windows, "versions": common.versions(), "models": {}}
        if path.exists():
            stored = json.loads(path.read_text(encoding="utf-8"))
            for key in ("window", "max_windows", "versions"):
                self.expect(stored, key, self.data[key])
            self.data = stored

    def expect(self, stored, key, value):
        if stored.setdefault(key, value) != value:
            raise common.UsageError(f"{self.path} belongs to another {key}: {stored[key]}, not {value}")

    def model(self, path):
        entry = self.data["models"].setdefault(Path(path).resolve().name, {})
        self.expect(entry, "sha256", common.sha256(Path(path) / "model.safetensors"))
        return entry

    def text(self, model, path):
        entry = self.model(model).setdefault("texts", {}).setdefault(title_of(path), {})
        self.expect(entry, "sha256", common.sha256(path))
        return entry

    def save(self):
        temporary = self.path.with_suffix(".new")
        temporary.write_text(json.dumps(self.data, indent=1) + "\n", encoding="utf-8")
        os.replace(temporary, self.path)


class Measurer:
    """Runs one measurement at a time; keeps the reference traces in a work folder."""

    def __init__(self, args, store):
        self.args, self.store, self.work = args, store, Path(args.work)
        self.work.mkdir(parents=True, exist_ok=True)

    def windows(self, model, path, text):
        tokenizer = common.load_tokenizer(path)
        return common.windows_of(model, tokenizer, common.read_text(text), WINDOW)[:self.args.max_windows]

    def reference(self, path, text):
        """The fp32 trace, computed unless the work folder has it."""
        model_hash, text_hash = self.store.model(path)["sha256"], self.store.text(path, text)["sha256"]
        stored = self.work / f"{model_hash[:16]}-{text_hash[:16]}-{self.args.max_windows or 'all'}.safetensors"
        if not stored.exists():
            model = common.load_model(path, self.args.threads)
            self.store.model(path)["weights"] = num_weights(model)
            temporary = stored.with_suffix(".new")
            measure.measure_windows(model, self.windows(model, path, text)).save(temporary)
            os.replace(temporary, stored)
        return Trace.load(stored)

    def emulated(self, path, text, name):
        variant = dict(variants_of(self.args.format))[name]
        model = common.load_model(path, self.args.threads)
        self.store.model(path)["weights"] = num_weights(model)
        apply(model, variant)
        return measure.measure_windows(model, self.windows(model, path, text))

    def device(self, path, text, spec):
        """The trace of `sluice eval`; one without --trace gives only its mean loss, see without_trace."""
        with tempfile.TemporaryDirectory() as folder:
            trace = Path(folder) / "trace.safetensors"
            command = [self.args.sluice, "eval", "--model", path, "--text", text, "--format", spec, "--window",
                       str(WINDOW), "--device", "software", "--json", "--trace", trace]
            if self.args.max_windows:
                command += ["--max-tokens", str(self.args.max_windows * (WINDOW - 1))]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                raise common.UsageError(f"sluice eval failed with status {done.returncode}")
            return Trace.load(trace)

    def run(self, path, text, kind, name):
        reference = self.reference(path, text)
        entry = self.store.text(path, text)
        entry["reference"] = reference.compared_with(reference)
        entry.setdefault(kind, {})[name] = getattr(self, kind)(path, text, name).compared_with(reference)
        self.store.save()


def jobs_of(args):
    """(model, text, kind, name) of everything there is to measure."""
    names = {"emulated": [name for name, variant in variants_of(args.format) if variant != Variant()],
             "device": args.format}
    return [(model, text, kind, name) for kind in args.kinds for model in args.model for text in args.text
            for name in names[kind]]


def measure_all(args, store):
    missing = [job for job in jobs_of(args)
               if job[3] not in store.text(job[0], job[1]).get(job[2], {})]
    measurer, start = Measurer(args, store), time.monotonic()
    sizes = [Path(text).stat().st_size for _, text, _, _ in missing]
    for index, (model, text, kind, name) in enumerate(missing):
        passed, done = time.monotonic() - start, sum(sizes[:index])
        left = f"{passed * (sum(sizes) - done) / done / 60:.0f} min left" if done else "time left not known yet"
        print(f"[{index + 1}/{len(missing)}] {Path(model).name}, {title_of(text)}: {kind}, {name} ({left})",
              file=sys.stderr, flush=True)
        measurer.run(model, text, kind, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", metavar="DIR", action="append", help=f"default: {' and '.join(MODELS)}")
    parser.add_argument("--text", metavar="FILE", action="append", help="may be repeated; none: only write tables")
    parser.add_argument("--format", metavar="SPEC", action="append", help="default: " + " ".join(FORMATS))
    parser.add_argument("--sluice", metavar="PROGRAM", help="the built sluice; without it no device is measured")
    parser.add_argument("--out", metavar="DIR", default=ROOT / "docs", help="default: docs")
    parser.add_argument("--work", metavar="DIR", default=ROOT / "build/quality", help="default: build/quality")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of PyTorch (default: %(default)s)")
    parser.add_argument("--max-windows", type=int, metavar="N", help="a trial on the first windows of each text")
    args = parser.parse_args()
    args.model = args.model or [str(ROOT / model) for model in MODELS]
    args.text, args.format = args.text or [], args.format or list(FORMATS)
    args.kinds = KINDS if args.sluice else KINDS[:1]
    for spec in args.format:
        parse_format(spec)

    store = Store(Path(args.out) / "quality.json", args.max_windows)
    measure_all(args, store)
    present.write(store.data, Path(args.out))


if __name__ == "__main__":
    common.fail_cleanly(main)
