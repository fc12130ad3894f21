#!/usr/bin/env python3
"""Makes the reference data that sluice's tests compare with: transformers in fp32 on the CPU, teacher-forced.

Writes OUT/NAME.safetensors and OUT/NAME.json, NAME being the model directory's name. The tensors are documented in
testbench/reference/data/README.md. The same machine and versions give the same bytes; other machines differ by fp32
rounding. Nothing is random.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np

import common
from routing import RouterWatch

WINDOW = 512            # tokens of a window, begin-of-text included
WINDOWS_A_TEXT = 2
COLUMN_STEP = 16        # the weight layout's tiles have 16 rows
GREEDY_TOKENS = 32
MARGINS = (0.001, 0.003, 0.01)
PROMPTS = (
    "",
    "Once upon a time there was a king",
    "The little mouse looked up at the cat and said:",
    "'Where are you going?' asked the old woman.",
    "In the middle of the forest stood a castle, and in the castle lived",
    "CHAPTER I. THE NA\u00cfVE PRINCESS \u2014 2 caf\u00e9s",
)


def fixed_columns(vocab_size):
    """One id of each run of 16, at a place that moves by one from run to run: 0, 17, 34, ..., 255, 256, 273, ...

    So every tile of 16 rows of the output head is seen, and every row within a tile equally often.
    """
    run = np.arange(vocab_size // COLUMN_STEP)
    return (COLUMN_STEP * run + run % COLUMN_STEP).astype(np.int32)


def top_two(logits):
    """(id of the largest logit, its distance to the second) for each row; ties give the lower id and distance 0."""
    best = logits.argmax(axis=1)
    pair = np.partition(logits, -2, axis=1)[:, -2:]
    return best.astype(np.int32), pair[:, 1] - pair[:, 0]


def measure_window(model, watch, ids, columns):
    """Everything that is stored for one window, under its tensor's name."""
    logits = common.logits_of(model, ids)
    top1, margin = top_two(logits)
    routing = {f"routing.{name}": values for name, values in watch.take().items()}
    return {
        "ids": ids, "logits.values": logits[:, columns],
        "logits.sum_of_squares": np.square(logits.astype(np.float64)).sum(axis=1).astype(np.float32),
        "top1.ids": top1, "top1.margin": margin,
        "next.log_probability": common.next_log_probabilities(logits, ids).astype(np.float32),
        **routing,
    }


def stack_windows(measured):
    """[windows, ...] tensors; routing ones keep their layer first: [layers, windows, ...]."""
    return {name: np.stack([window[name] for window in measured], axis=1 if name.startswith("routing.") else 0)
            for name in measured[0]}


def continue_greedily(model, tokenizer, prompt):
    """A greedy continuation of GREEDY_TOKENS tokens, or less if the model ends the text.

    The whole sequence is computed anew for each token: no cache takes part in the reference.
    """
    prompt_ids = tokenizer(prompt).input_ids
    ids, margins = list(prompt_ids), []
    while len(margins) < GREEDY_TOKENS and (not margins or ids[-1] != model.config.eos_token_id):
        best, margin = top_two(common.logits_of(model, ids)[-1:])
        ids.append(int(best[0]))
        margins.append(round(float(margin[0]), 5))
    new_ids = ids[len(prompt_ids):]
    return {"prompt": prompt, "prompt_ids": prompt_ids, "ids": new_ids,
            "text": tokenizer.decode(new_ids, skip_special_tokens=True), "top1_margins": margins}


def describe(args, model, tokenizer, tensors, sources):
    """The JSON beside the tensors."""
    mean_nats = -tensors["next.log_probability"].astype(np.float64).mean(axis=1)
    windows = [{**source, "perplexity": round(math.exp(nats), 5)} for source, nats in zip(sources, mean_nats)]
    margin = tensors["routing.margin"]
    return {
        "model": Path(args.model).resolve().name,
        "model_sha256": common.sha256(Path(args.model) / "model.safetensors"),
        "versions": common.versions(), "window": WINDOW, "windows": windows,
        "texts_sha256": {Path(path).name: common.sha256(path) for path in args.texts},
        "columns": f"id {COLUMN_STEP} r + (r mod {COLUMN_STEP}) for r = 0, 1, ...",
        "routing_share_with_margin_below": {str(limit): round(float((margin < limit).mean()), 5) for limit in MARGINS},
        "tensors": {name: {"dtype": str(tensor.dtype), "shape": list(tensor.shape)}
                    for name, tensor in sorted(tensors.items())},
        "greedy": [continue_greedily(model, tokenizer, prompt) for prompt in PROMPTS],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL_DIR", help="a model directory in Hugging Face layout")
    parser.add_argument("texts", metavar="TEXT", nargs="+",
                        help=f"text files; the first {WINDOWS_A_TEXT} windows of {WINDOW} tokens of each are used")
    parser.add_argument("--out", required=True, help="the folder to write to")
    parser.add_argument("--threads", type=int, default=1,
                        help="CPU threads; results repeat bit for bit with the same number (default: %(default)s)")
    args = parser.parse_args()

    model, tokenizer = common.load_model(args.model, args.threads), common.load_tokenizer(args.model)
    watch = RouterWatch(model)
    columns = fixed_columns(model.config.vocab_size)
    measured, sources = [], []
    for path in args.texts:
        windows = common.windows_of(model, tokenizer, common.read_text(path), WINDOW)[:WINDOWS_A_TEXT]
        if len(windows) < WINDOWS_A_TEXT or len(windows[-1]) < WINDOW:
            raise common.UsageError(f"{path} is shorter than {WINDOWS_A_TEXT} windows")
        measured += [measure_window(model, watch, ids, columns) for ids in windows]
        sources += [{"text": Path(path).name, "first_token": at * (WINDOW - 1)} for at in range(WINDOWS_A_TEXT)]
    tensors = {"logits.columns": columns, "routing.layers": np.array(watch.layers, dtype=np.int32),
               **stack_windows(measured)}

    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    record = describe(args, model, tokenizer, tensors, sources)
    common.save_tensors(tensors, out / f"{record['model']}.safetensors")
    (out / f"{record['model']}.json").write_text(json.dumps(record, indent=1, ensure_ascii=True) + "\n",
                                                 encoding="utf-8")


if __name__ == "__main__":
    common.fail_cleanly(main)
