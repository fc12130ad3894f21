"""Traces of a model over a text - each token's loss, largest logit and experts - and their comparison."""

import math
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import safetensors.numpy
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))
import common  # noqa: E402
from routing import RULES  # noqa: E402

BATCH = 2  # windows at a time


class Trace(NamedTuple):
    """One row for each scored token, in the text's order; `top1` and `experts` are those of the token before it."""

    nll: np.ndarray                # float32 [tokens], natural log
    top1: np.ndarray | None        # int32 [tokens]
    experts: np.ndarray | None     # int32 [tokens, layers, k], in any order

    def save(self, path):
        common.save_tensors(self._asdict(), path)

    @staticmethod
    def load(path):
        return Trace(**safetensors.numpy.load_file(path))

    def compared_with(self, reference):
        """Perplexity, its change against the reference in percent with its standard error, and shares of agreement.

        The error is that of the mean over tokens, taken as independent, of the difference of the two losses.
        """
        tokens = len(self.nll)
        if tokens != len(reference.nll):
            raise common.UsageError(f"{tokens} tokens were scored, but {len(reference.nll)} by the reference")
        nats = float(self.nll.astype(np.float64).mean())
        difference = self.nll.astype(np.float64) - reference.nll
        ratio = math.exp(difference.mean())
        result = {"tokens": tokens, "perplexity": math.exp(nats), "increase_percent": 100 * (ratio - 1),
                  "error_percent": 100 * ratio * float(difference.std()) / math.sqrt(tokens)}
        if self.top1 is not None:
            result["top1_agreement"] = float((self.top1 == reference.top1).mean())
            ours, theirs = np.sort(self.experts, axis=-1), np.sort(reference.experts, axis=-1)
            result["same_experts"] = float((ours == theirs).all(axis=-1).mean())
            common_experts = (ours[..., :, None] == theirs[..., None, :]).any(axis=-1)
            result["experts_in_common"] = float(common_experts.mean())
        return result


class ChosenExperts:
    """Collects what the routers of a model choose. Unlike RouterWatch it takes ties as they fall: over a book, some do."""

    def __init__(self, model):
        self._chosen = []
        name, _ = RULES[model.config.model_type]
        for layer in model.model.layers:
            if hasattr(layer.mlp, name):
                getattr(layer.mlp, name).register_forward_hook(lambda *call: self._chosen.append(call[-1][2]))

    def take(self):
        """int32 [tokens, layers, k] of the last pass."""
        chosen, self._chosen = torch.stack(self._chosen, dim=1), []
        return chosen.numpy().astype(np.int32)


def measure_windows(model, windows, progress=None):
    """The Trace of a transformers model over windows (begin-of-text, then ids); progress(tokens done)."""
    torch.use_deterministic_algorithms(False)  # it makes adding up experts slow, and rounding is no matter here
    watch = ChosenExperts(model)
    parts, done = [], 0
    for at in range(0, len(windows), BATCH):
        batch = windows[at:at + BATCH]
        same_length = [batch] if len(batch[0]) == len(batch[-1]) else [batch[:-1], batch[-1:]]
        for group in filter(None, same_length):
            parts.append(_measure_batch(model, watch, torch.from_numpy(np.stack(group).astype(np.int64))))
            done += len(parts[-1].nll)
            if progress:
                progress(done)
    return Trace(*(np.concatenate(arrays) for arrays in zip(*parts)))


def _measure_batch(model, watch, ids):
    with torch.no_grad():
        logits = model(input_ids=ids[:, :-1], use_cache=False).logits
        nll = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
        top1 = logits.argmax(dim=-1).flatten()
    return Trace(nll.numpy(), top1.numpy().astype(np.int32), watch.take())
