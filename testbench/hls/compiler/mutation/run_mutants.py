#!/usr/bin/env python3
"""Runs a kernel's bench on each mutant and on none, and asserts how many it catches; README.md says how.

Prints every survivor with its line of C++, and writes FOLDER/mutants.json and FOLDER/mutants.txt.
"""
import argparse
import collections
import json
import multiprocessing.pool
import pathlib
import re
import subprocess
import sys
import time

import prove

BASELINE_LIMIT_S = 600
MAX_IDLE_CYCLES = 20_000
CONTROLS = 3  # caught mutants that must not be provable
LATER_CALLS = 300  # in place of --later-words, for a kernel without streams
SHORTEST_CYCLES = 20_000  # of a run that goes on for ever, at least


def scalar_range(text):
    name, low, high = re.fullmatch(r"(\w+)=(-?\d+):(-?\d+)", text).groups()
    return name, int(low), int(high)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", required=True, help="the program hls_mutants_NAME")
    parser.add_argument("--mutants", required=True, type=pathlib.Path, help="sluice-hls's list of them")
    parser.add_argument("--folder", required=True, type=pathlib.Path, help="for reports and proofs")
    parser.add_argument("--at-least", type=int, default=200, help="fewer mutants fail")
    parser.add_argument("--min-caught-percent", type=float, default=95, help="of those not proved equivalent")
    parser.add_argument("--rounds", type=int, default=3, help="runs with other seeds for those not caught")
    parser.add_argument("--later-words", type=int, default=20_000, help="of each such run")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of mutants")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rtl", help="the SystemVerilog with the mutants, for proofs")
    parser.add_argument("--rtl-folder", help="of stream_queue.sv and stream_fifo.sv")
    parser.add_argument("--yosys", default="yosys")
    parser.add_argument("--abc", default="yosys-abc")
    parser.add_argument("--proof-limit-s", type=int, default=60)
    parser.add_argument("--range", type=scalar_range, action="append", default=[],
                        help="name=min:max of a scalar, on which proofs rely")
    parser.add_argument("--prove", choices=("missing", "all", "none"), default="missing",
                        help="survivors of which a proof is tried: until enough are caught, all, none")
    parser.add_argument("bench_arguments", nargs="*", help="after --")
    return parser.parse_args()


class Bench:
    def __init__(self, program, given, later_words):
        self.program, self.given, self.later = program, given, ["--words", str(later_words)]
        self.cycles, self.limit_s = {}, BASELINE_LIMIT_S

    def run(self, mutant, seed, *more):
        """Exit status (None: out of time) and output."""
        command = [self.program, *self.given, "--seed", str(seed), "--mutant", str(mutant), "--max-idle",
                   str(MAX_IDLE_CYCLES), *(self.later if seed > 1 else []), *more]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=self.limit_s, check=False)
            return done.returncode, done.stdout
        except subprocess.TimeoutExpired:
            return None, ""

    def run_original(self, rounds):
        """Must pass; how long it takes is the measure of the mutants' limits."""
        longest = 0.0
        for seed in range(1, rounds + 1):
            begin = time.monotonic()
            status, output = self.run(0, seed)
            if status != 0:
                raise SystemExit(f"the kernel without a mutant fails with seed {seed}:\n{output}")
            if re.search(r" 0 words in and out", output):
                self.later = ["--calls", str(LATER_CALLS)]
            self.cycles[seed] = int(re.search(r"(\d+) cycles; without pauses", output).group(1))
            longest = max(longest, time.monotonic() - begin)
        self.limit_s = 60 + 20 * longest

    def outcome(self, mutant, seed):
        """How it was caught; None: it was not."""
        limit = 3 * self.cycles[seed] + SHORTEST_CYCLES
        status, output = self.run(mutant, seed, "--max-cycles", str(limit))
        if status == 0:
            return None
        if status is None:
            return "out of time"
        if status == 2:
            raise SystemExit(output)
        if status != 1:
            return "assertion"
        return "hang" if "hangs" in output else "mismatch"


def run_rounds(bench, numbers, rounds, jobs):
    """{number: how it was caught}; those not caught are missing."""
    caught, left = {}, list(numbers)
    for seed in range(1, rounds + 1):
        with multiprocessing.pool.ThreadPool(jobs) as pool:
            outcomes = pool.map(lambda number: bench.outcome(number, seed), left, chunksize=1)
        caught.update({number: how for number, how in zip(left, outcomes) if how})
        left = [number for number in left if number not in caught]
        if not left:
            break
    return caught


def share(caught, mutants, proofs):
    """Percent caught of the mutants that are not proved equivalent."""
    counted = len(mutants) - sum(verdict == "equivalent" for verdict in proofs.values())
    return 100 * len(caught) / counted if counted else 100.0


def prove_survivors(options, mutants, caught):
    """{number: verdict}."""
    survivors = [m["number"] for m in mutants if m["number"] not in caught]
    prover = prove.Prover(options.rtl, options.rtl_folder, options.folder / "proofs", options.yosys, options.abc,
                          options.proof_limit_s, options.range) if options.rtl else None
    proofs = {}

    def verdict(number):
        enough = options.prove == "missing" and share(caught, mutants, proofs) >= options.min_caught_percent
        proofs[number] = "not tried" if prover is None or options.prove == "none" or enough else prover.prove(number)

    with multiprocessing.pool.ThreadPool(options.jobs) as pool:
        pool.map(verdict, survivors, chunksize=1)
    # A proof that proves what was caught is none.
    seen = [number for number in sorted(caught) if caught[number] == "mismatch"][:CONTROLS]
    if any(text == "equivalent" for text in proofs.values()):
        wrong = [number for number in seen if prover.prove(number) == "equivalent"]
        if wrong:
            raise SystemExit(f"mutants {wrong} were caught and are 'proved' equivalent: the proofs are wrong")
    return proofs


def place(mutant):
    return f"{mutant['file']}:{mutant['line']}" if mutant["line"] else f"process {mutant['process']}"


def report(options, mutants, caught, proofs, seconds):
    percent = share(caught, mutants, proofs)
    ways = collections.Counter(caught.values())
    equivalent = sum(verdict == "equivalent" for verdict in proofs.values())
    lines = [f"{len(mutants)} mutants, {len(caught)} caught ("
             + ", ".join(f"{count} by {how}" for how, count in sorted(ways.items()))
             + f"), {len(proofs)} not, of which {equivalent} are proved equivalent: {percent:.1f} %; {seconds:.0f} s"]
    lines += [f"survivor {m['number']}: {place(m)}: {m['text']}: {proofs[m['number']]}" for m in mutants
              if m["number"] in proofs]
    by_rule = collections.Counter(m["rule"] for m in mutants)
    caught_by_rule = collections.Counter(m["rule"] for m in mutants if m["number"] in caught)
    lines += [f"rule {rule}: {caught_by_rule[rule]} of {count} caught" for rule, count in sorted(by_rule.items())]
    for mutant in mutants:
        mutant["outcome"] = caught.get(mutant["number"], "survived")
        if mutant["number"] in proofs:
            mutant["proof"] = proofs[mutant["number"]]
    result = {"mutants": len(mutants), "caught": len(caught), "equivalent": equivalent, "caught_percent": percent,
              "seconds": round(seconds, 1), "list": mutants}
    (options.folder / "mutants.json").write_text(json.dumps(result, indent=1) + "\n")
    (options.folder / "mutants.txt").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    return percent


def main():
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    mutants = json.loads(options.mutants.read_text())["mutants"]
    if len(mutants) < options.at_least:
        raise SystemExit(f"only {len(mutants)} mutants; {options.at_least} are wanted")
    if options.only:
        mutants = [m for m in mutants if m["number"] in options.only]
    bench = Bench(options.bench, options.bench_arguments, options.later_words)
    bench.run_original(options.rounds)
    caught = run_rounds(bench, [m["number"] for m in mutants], options.rounds, options.jobs)
    proofs = prove_survivors(options, mutants, caught)
    percent = report(options, mutants, caught, proofs, time.monotonic() - begin)
    if percent < options.min_caught_percent:
        print(f"FAILED: fewer than {options.min_caught_percent:g} % caught; make the stimulus stronger where the"
              " survivors are, or prove more of them equivalent (--prove all --proof-limit-s)")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
