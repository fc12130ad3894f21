#!/usr/bin/env python3
"""Next-token distributions of transformers' own logits processors, for docs/numerics.md, section 7.

The processors and their order are those that `generate` makes of a GenerationConfig; they run in float64 on logits
m * 2^e with 24-bit integers m, which a device's logits are. Of every case the options, the token ids seen, and the ids
that can follow with their probabilities are written.

    sampling.py --out testbench/reference/data/sampling.json
"""

import argparse
import json
import random
from pathlib import Path

import torch
import transformers

import common

VOCAB = 48
EXPONENT = -20
CASES = (
    {"temperature": 1.0},
    {"temperature": 0.7},
    {"temperature": 1.5},
    {"temperature": 1.0, "top_k": 1},
    {"temperature": 0.8, "top_k": 10},
    {"temperature": 1.0, "top_k": 1000},
    {"temperature": 1.0, "top_p": 0.8},
    {"temperature": 1.3, "min_p": 0.05},
    {"temperature": 1.0, "min_p": 1.0},
    {"temperature": 1.0, "repetition_penalty": 1.3},
    {"temperature": 0.9, "repetition_penalty": 0.8},
    {"temperature": 2.0, "top_k": 12, "top_p": 0.7},
    {"temperature": 2.0, "top_p": 0.8, "min_p": 0.3},
    {"temperature": 1.0, "top_k": 20, "top_p": 0.9, "min_p": 0.02, "repetition_penalty": 1.1},
    {"temperature": 1.4, "top_k": 8, "top_p": 0.95, "min_p": 0.1, "repetition_penalty": 1.8},
)
DEFAULTS = {"top_k": 0, "top_p": 1.0, "min_p": 0.0, "repetition_penalty": 1.0}


def processors(options, seen):
    """What generate() applies to the logits."""
    config = transformers.LlamaConfig(vocab_size=VOCAB, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
                                      num_attention_heads=1)
    model = transformers.LlamaForCausalLM(config)
    generation = transformers.GenerationConfig(do_sample=True, **options)
    return model._get_logits_processor(generation, input_ids_seq_length=len(seen), encoder_input_ids=None,
                                       prefix_allowed_tokens_fn=None, logits_processor=[], device="cpu")


def case(source, options):
    options = DEFAULTS | options
    # A bell of about +-6, as real logits are.
    m = [sum(source.randrange(-(1 << 23) + 1, 1 << 23) for _ in range(3)) // 3 for _ in range(VOCAB)]
    # The largest is among the ids seen, and some occur twice.
    seen = [m.index(max(m))] + [source.randrange(VOCAB) for _ in range(24)]
    scores = torch.tensor([m], dtype=torch.float64) * 2.0**EXPONENT
    probabilities = processors(options, seen)(torch.tensor([seen]), scores).softmax(-1)[0]
    kept = [i for i in range(VOCAB) if probabilities[i] > 0]
    return options | {"m": m, "e": EXPONENT, "seen": seen, "kept": kept,
                      "probabilities": [float(f"{probabilities[i]:.12g}") for i in kept]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    out = parser.parse_args().out
    source = random.Random(1)
    cases = ",\n".join(json.dumps(case(source, options), separators=(",", ":")) for options in CASES)
    out.write_text(f'{{"versions":{json.dumps(common.versions())},"cases":[\n{cases}\n]}}\n')


if __name__ == "__main__":
    common.fail_cleanly(main)
