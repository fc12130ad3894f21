#!/usr/bin/env python3
"""Perplexity and bits per byte of texts by transformers in fp32, with the window rule of `sluice eval`.

The token ids of the whole text, without special tokens, are cut into consecutive runs of W - 1 ids, the last one as
long as it comes; each run is preceded by the begin-of-text token. Every token of the text is scored exactly once.

  perplexity    = exp(total nats / scored tokens)
  bits_per_byte = total nats / ln 2 / bytes of the text in UTF-8

Prints one JSON object a text, each on a line of its own.
"""

import argparse
import json
import math
from pathlib import Path

import common


def evaluate(model, tokenizer, text, window):
    """{perplexity, bits_per_byte, tokens, bytes, window} of a text."""
    nats, tokens, num_bytes = 0.0, 0, len(text.encode("utf-8"))
    for ids in common.windows_of(model, tokenizer, text, window):
        nats -= float(common.next_log_probabilities(common.logits_of(model, ids), ids).sum())
        tokens += len(ids) - 1
    if tokens == 0:
        raise common.UsageError("the text has no tokens")
    return {"perplexity": math.exp(nats / tokens), "bits_per_byte": nats / math.log(2) / num_bytes,
            "tokens": tokens, "bytes": num_bytes, "window": window}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL_DIR", help="a model directory in Hugging Face layout")
    parser.add_argument("texts", metavar="TEXT", nargs="+", help="a text file, UTF-8")
    parser.add_argument("--window", metavar="W", type=int, default=512,
                        help="tokens in a window, begin-of-text included (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1,
                        help="CPU threads; results repeat bit for bit with the same number (default: %(default)s)")
    parser.add_argument("--reference-json", metavar="OUT",
                        help="also store the results, with the versions and hashes they belong to")
    args = parser.parse_args()

    model, tokenizer = common.load_model(args.model, args.threads), common.load_tokenizer(args.model)
    results = {}
    for path in args.texts:
        result = evaluate(model, tokenizer, common.read_text(path), args.window)
        print(json.dumps({"text": Path(path).name, **result}), flush=True)
        results[Path(path).name] = {**result, "text_sha256": common.sha256(path)}
    if args.reference_json:
        record = {"model": Path(args.model).resolve().name,
                  "model_sha256": common.sha256(Path(args.model) / "model.safetensors"),
                  "versions": common.versions(), "texts": results}
        Path(args.reference_json).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    common.fail_cleanly(main)
