#!/usr/bin/env python3
"""Random kernels, native against RTL, at three clock targets; README.md says what is asserted.

Failures print the seed and the command that repeats it, and keep the seed's files.
"""
import argparse
import collections
import itertools
import json
import multiprocessing
import pathlib
import shlex
import sys
import time

import batch
import kernel_generator

TARGETS = [("fast", ["--clock-ns", "3.0", "--target", "vup"]), ("usual", ["--clock-ns", "4.0", "--target", "vup"]),
           ("slow", ["--clock-ns", "6.7", "--target", "vup-slow"])]
LIST_LIMIT = 30
SANITIZE_EVERY = 10  # programs; the native run under the sanitizer takes three times as long to compile


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sluice-hls", required=True)
    parser.add_argument("--cxx", default="clang++-19")
    parser.add_argument("--verilator", default="verilator")
    parser.add_argument("--verilator-root", required=True)
    parser.add_argument("--source", required=True, help="root of the repository")
    parser.add_argument("--libraries", required=True, help="static libraries and link options, by ';'")
    parser.add_argument("--folder", required=True, type=pathlib.Path, help="for all files made")
    parser.add_argument("--first", type=int, default=1, help="seed of the first program")
    parser.add_argument("--accepted", type=int, help="go on until so many are accepted at all targets")
    parser.add_argument("--count", type=int, default=20, help="programs, where --accepted is not given")
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--min-accepted-percent", type=float, default=0)
    parser.add_argument("--all-pairs", action="store_true", help="every pair of constructs must occur")
    parser.add_argument("--summary", type=pathlib.Path, help="a JSON file of the figures, written after every round")
    parser.add_argument("--keep", action="store_true", help="all files made, not only those of failures")
    parser.add_argument("--sanitize", action="store_true", help="every native run under the sanitizer, not each tenth")
    return parser.parse_args()


def run_batch(job):
    """[(seed, constructs, Kernel)] of some seeds."""
    tools, folder, headers, seeds, keep, sanitize = job
    place = batch.Batch(tools, folder / f"batch_{seeds[0]}", headers)
    place.folder.mkdir(parents=True, exist_ok=True)
    kernels, constructs = [], []
    for seed in seeds:
        text, used = kernel_generator.generate(seed)
        source = place.folder / f"k{seed}.cpp"
        source.write_text(text)
        kernels.append(batch.Kernel(f"k{seed}", source, sanitize or seed % SANITIZE_EVERY == 0))
        constructs.append(used)
    program = place.build(kernels)
    if program:
        place.run_all(program, kernels, ["--calls", "40"])
    bad = any(k.failure or any(status != 0 for status, _ in k.results.values()) or
              any(r.startswith("COMPILER") for r in k.refusals.values()) for k in kernels)
    if not bad and not keep:
        place.clean()
    return list(zip(seeds, constructs, kernels))


class Summary:
    def __init__(self, targets):
        self.programs = self.accepted = 0
        self.ran = {name: 0 for name in targets}
        self.refusals = collections.Counter()
        self.failures = []
        self.pairs = collections.Counter()

    def add(self, seed, constructs, kernel):
        self.programs += 1
        if kernel.refusals:
            self.refusals[next(iter(kernel.refusals.values()))] += 1
            if any(r.startswith("COMPILER") for r in kernel.refusals.values()):
                self.failures.append((seed, next(iter(kernel.refusals.values()))))
        if kernel.failure:
            self.failures.append((seed, kernel.failure))
        for target, (status, output) in kernel.results.items():
            self.ran[target] += 1
            if status != 0:
                self.failures.append((seed, f"{target}: status {status}: {output.strip()[:400]}"))
        if not kernel.refusals and not kernel.failure:
            self.accepted += 1
            self.pairs.update(itertools.combinations(sorted(constructs), 2))

    def percent(self):
        return 100 * self.accepted / max(1, self.programs)

    def possible_pairs(self):
        return [pair for pair in itertools.combinations(kernel_generator.CONSTRUCTS, 2)
                if pair not in kernel_generator.IMPOSSIBLE]

    def missing_pairs(self):
        return [pair for pair in self.possible_pairs() if not self.pairs[pair]]

    def write(self, path, first_seed, seconds):
        counts = {pair: self.pairs[pair] for pair in self.possible_pairs()}
        fewest = min(counts.values())
        figures = {
            "first_seed": first_seed, "programs": self.programs, "accepted_at_all_targets": self.accepted,
            "accepted_percent": round(self.percent(), 1), "run": self.ran, "failures": len(self.failures),
            "failed_seeds": sorted({seed for seed, _ in self.failures}), "seconds": round(seconds),
            "refusals": dict(self.refusals.most_common()), "pairs": len(counts), "fewest_of_a_pair": fewest,
            "rarest_pairs": [" ".join(pair) for pair, count in counts.items() if count == fewest][:LIST_LIMIT],
            "pair_table": {" ".join(pair): count for pair, count in counts.items()}}
        path.write_text(json.dumps(figures, indent=1) + "\n")


def jobs_of(options, tools, headers):
    first = options.first
    while True:
        yield tools, options.folder, headers, list(range(first, first + options.batch)), options.keep, options.sanitize
        first += options.batch


def main():
    options = arguments()
    options.folder = options.folder.resolve()
    tools = batch.Tools(options.sluice_hls, options.cxx, options.verilator, options.verilator_root, options.source,
                        options.libraries.split(";"), TARGETS)
    headers = options.folder / "headers"
    batch.build_headers(tools, headers)
    options.batch = min(options.batch, max(1, -(-options.count // options.jobs))) if not options.accepted else options.batch
    summary, start = Summary([name for name, _ in TARGETS]), time.monotonic()
    with multiprocessing.Pool(options.jobs) as pool:
        jobs = jobs_of(options, tools, headers)
        done = lambda: summary.accepted >= options.accepted if options.accepted else summary.programs >= options.count
        while not done():
            # A few batches a worker at a time: what is generated does not depend on how fast the workers are.
            for results in pool.imap(run_batch, itertools.islice(jobs, options.jobs)):
                for result in results:
                    summary.add(*result)
            print(f"{summary.programs} programs, {summary.accepted} accepted, {len(summary.failures)} failures, "
                  f"{time.monotonic() - start:.0f} s", flush=True)
            if options.summary:
                summary.write(options.summary, options.first, time.monotonic() - start)
            if len(summary.failures) > LIST_LIMIT:
                print("too many failures to go on")
                break
    return report(options, summary)


def repeat_command(seed):
    """This command for one seed."""
    kept, words = [], iter(sys.argv)
    for word in words:
        if word in ("--first", "--count", "--accepted", "--summary", "--min-accepted-percent", "--batch"):
            next(words)
        elif word not in ("--all-pairs", "--keep", "--sanitize"):
            kept.append(word)
    return shlex.join([sys.executable, *kept, "--first", str(seed), "--count", "1", "--keep", "--sanitize"])


def report(options, summary):
    print(f"accepted at all targets: {summary.accepted} of {summary.programs} ({summary.percent():.1f} %)")
    for target, count in summary.ran.items():
        print(f"run at {target}: {count}")
    for text, count in summary.refusals.most_common():
        print(f"refused {count}: {text}")
    for seed, text in summary.failures[:LIST_LIMIT]:
        print(f"FAILED seed {seed}: {text}\n  repeat: {repeat_command(seed)}")
    print(f"fewest programs with a pair of constructs: {min(summary.pairs[p] for p in summary.possible_pairs())}")
    failed = bool(summary.failures)
    if summary.percent() < options.min_accepted_percent:
        print(f"FAILED: fewer than {options.min_accepted_percent} % accepted")
        failed = True
    if options.all_pairs and (missing := summary.missing_pairs()):
        print(f"FAILED: {len(missing)} pairs of constructs never occurred: {missing[:LIST_LIMIT]}")
        failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
