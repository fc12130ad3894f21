"""What the reference scripts share: loading a model in fp32, reading a text, and the window rule.

The window rule is the one of `sluice eval`: the token ids of the whole text, without special tokens, are cut into
consecutive runs of W - 1 ids; each run is preceded by the begin-of-text token. The last run may be shorter. So every
token of the text is predicted exactly once, from at most W - 1 predecessors.
"""

import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import safetensors.numpy
import torch
import transformers

PACKAGES = ("numpy", "safetensors", "tokenizers", "torch", "transformers")


class UsageError(Exception):
    """An input that cannot be used; the message is for the user."""


def fail_cleanly(main):
    """Runs main(); a UsageError becomes one line on stderr and exit status 2."""
    try:
        main()
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def versions():
    return {name: version(name).split("+")[0] for name in PACKAGES}


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def load_model(model_dir, threads=1, **options):
    """The model in fp32 on the CPU. `options` are from_pretrained's.

    Attention and experts use transformers' plain ("eager") implementations, one thread by default: the order of
    additions is then fixed and results repeat bit for bit on one machine.
    """
    if not (Path(model_dir) / "config.json").is_file():
        raise UsageError(f"{model_dir} holds no config.json")
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    transformers.utils.logging.disable_progress_bar()
    model, loading = transformers.AutoModelForCausalLM.from_pretrained(
        model_dir, dtype=torch.float32, local_files_only=True, attn_implementation="eager",
        experts_implementation="eager", output_loading_info=True, **options)
    for problem in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
        if loading[problem]:
            raise UsageError(f"{model_dir}: {problem}: {sorted(loading[problem])}")
    return model.eval()


def load_tokenizer(model_dir):
    return transformers.AutoTokenizer.from_pretrained(model_dir, local_files_only=True)


def save_tensors(tensors, path):
    """A safetensors file of numpy arrays, readable by everyone as other files are."""
    Path(path).write_bytes(safetensors.numpy.save({name: np.ascontiguousarray(tensor)
                                                   for name, tensor in tensors.items()}))


def read_text(path):
    """The text of a file, without newline translation; invalid UTF-8 is replaced, as sluice does."""
    try:
        return Path(path).read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise UsageError(str(error)) from error


def windows_of(model, tokenizer, text, window):
    """The token ids of a text as a list of int arrays, each begin-of-text and up to window - 1 ids of the text."""
    if not 2 <= window <= model.config.max_position_embeddings:
        raise UsageError(f"window {window} is outside 2 to {model.config.max_position_embeddings}")
    ids = tokenizer(text, add_special_tokens=False, verbose=False).input_ids
    bos, body = model.config.bos_token_id, window - 1
    return [np.array([bos] + ids[at:at + body], dtype=np.int32) for at in range(0, len(ids), body)]


def logits_of(model, ids):
    """The fp32 logits of one window: ids [n] -> float32 [n, vocab]. Row i predicts the token at i + 1."""
    with torch.no_grad():
        batch = torch.from_numpy(np.asarray(ids, dtype=np.int64))[None]
        return model(input_ids=batch, use_cache=False).logits[0].float().numpy()


def next_log_probabilities(logits, ids):
    """Natural log of the probability of ids[i + 1] after ids[..i]: float64 [n - 1]."""
    rows = logits[:-1].astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    return rows[np.arange(len(rows)), ids[1:]] - np.log(np.exp(rows).sum(axis=1))
