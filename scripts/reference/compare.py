#!/usr/bin/env python3
"""Compares logits dumped by sluice with those of transformers in fp32.

Each LOGITS_FILE is a safetensors file of one window: `ids` [n] int32, the first being begin-of-text, and `logits`
[n, vocab] float32, row i predicting the token at i + 1. Several files are taken together, as one measurement.

  relative_rms_error = sqrt(sum (ours - reference)^2 / sum reference^2), over all logits
  top1_agreement     = share of positions with the same largest logit (ties: the lower id)
  perplexity_ratio   = our perplexity of the windows' own tokens over the reference's

Prints one JSON object.
"""

import argparse
import json
import math

import numpy as np
import safetensors
import safetensors.numpy

import common


def read_window(path, config):
    """(ids, logits) of a dump; refuses whatever would make the comparison meaningless."""
    try:
        tensors = safetensors.numpy.load_file(path)
        ids, logits = tensors["ids"], tensors["logits"]
    except (OSError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise common.UsageError(f"{path}: {error}") from error
    if ids.dtype != np.int32 or logits.dtype != np.float32:
        raise common.UsageError(f"{path}: ids must be int32 and logits float32")
    if ids.ndim != 1 or logits.shape != (len(ids), config.vocab_size):
        raise common.UsageError(f"{path}: ids {ids.shape} and logits {logits.shape} do not fit the model")
    if not 2 <= len(ids) <= config.max_position_embeddings or ids[0] != config.bos_token_id:
        raise common.UsageError(f"{path}: a window is begin-of-text and 1 to "
                                    f"{config.max_position_embeddings - 1} tokens")
    if ids.min() < 0 or ids.max() >= config.vocab_size:
        raise common.UsageError(f"{path}: an id is outside the vocabulary")
    if not np.isfinite(logits).all():
        raise common.UsageError(f"{path}: a logit is not finite")
    return ids, logits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL_DIR", help="the model directory in Hugging Face layout")
    parser.add_argument("dumps", metavar="LOGITS_FILE", nargs="+", help="a dumped window (safetensors)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: %(default)s)")
    args = parser.parse_args()

    model = common.load_model(args.model, args.threads)
    positions = scored = agreeing = 0
    error = energy = our_nats = reference_nats = 0.0
    for path in args.dumps:
        ids, ours = read_window(path, model.config)
        reference = common.logits_of(model, ids)
        difference = ours.astype(np.float64) - reference
        error += float(np.square(difference).sum())
        energy += float(np.square(reference.astype(np.float64)).sum())
        agreeing += int((ours.argmax(axis=1) == reference.argmax(axis=1)).sum())
        our_nats -= float(common.next_log_probabilities(ours, ids).sum())
        reference_nats -= float(common.next_log_probabilities(reference, ids).sum())
        positions += len(ids)
        scored += len(ids) - 1
    print(json.dumps({"relative_rms_error": math.sqrt(error / energy), "top1_agreement": agreeing / positions,
                      "perplexity_ratio": math.exp((our_nats - reference_nats) / scored),
                      "perplexity": math.exp(our_nats / scored),
                      "reference_perplexity": math.exp(reference_nats / scored), "positions": positions}))


if __name__ == "__main__":
    common.fail_cleanly(main)
