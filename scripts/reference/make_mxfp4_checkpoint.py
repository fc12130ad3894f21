#!/usr/bin/env python3
"""Makes a tiny random checkpoint in gpt-oss's own MXFP4 packing, and what transformers computes from it in fp32.

Writes OUT/gpt-oss-mxfp4/ (config.json in the fields and spelling of openai/gpt-oss-20b, model.safetensors) and
OUT/gpt-oss-mxfp4.{safetensors,json}. The tensors are documented in testbench/reference/data/README.md. transformers
unpacks the weights, so the order of nibbles, the interleaving of gate and up and the bias of scales are its word.

One expert of layer 1 is never chosen (its router bias sees to that), so its scales may be extreme. In every matrix some
blocks are zero, of both signs, and some use all 16 codes.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from transformers import Mxfp4Config
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

import common
from make_reference import fixed_columns, measure_window, stack_windows
from routing import RouterWatch

NAME = "gpt-oss-mxfp4"
SEED = 20
TOKENS = 64                 # teacher-forced, begin-of-text included
LAYERS, EXPERTS, TOP_K = 2, 4, 2
VOCAB, HIDDEN, INTERMEDIATE = 4096, 64, 64
HEADS, KV_HEADS, HEAD_DIM = 4, 2, 32
BLOCK = 32
UNUSED = (1, 3)             # layer and expert that is never chosen
ORDINARY = (0, 1)           # another whose unpacked weights are stored
USUAL_SCALES = (120, 125)   # bytes, the last excluded: 2^-7 to 2^-3, so that values are about 1 / sqrt(64)
FEW_SCALES = (60, 128)      # a sixteenth of the blocks: from nothing to larger than all others
EXTREME_SCALES = (0, 225)   # the smallest there is to the largest whose values sluice takes (2^100)

CONFIG = {
    "architectures": ["GptOssForCausalLM"], "attention_bias": True, "attention_dropout": 0.0, "bos_token_id": 0,
    "eos_token_id": 1, "experts_per_token": TOP_K, "head_dim": HEAD_DIM, "hidden_act": "silu", "hidden_size": HIDDEN,
    "initial_context_length": 256, "initializer_range": 0.02, "intermediate_size": INTERMEDIATE,
    "layer_types": ["sliding_attention", "full_attention"], "max_position_embeddings": 2048,
    "model_type": "gpt_oss", "num_attention_heads": HEADS, "num_experts_per_tok": TOP_K,
    "num_hidden_layers": LAYERS, "num_key_value_heads": KV_HEADS, "num_local_experts": EXPERTS,
    "output_router_logits": False, "pad_token_id": None,
    "quantization_config": {
        "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens",
                                   "lm_head"],
        "quant_method": "mxfp4"},
    "rms_norm_eps": 1e-05,
    "rope_scaling": {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 8.0, "original_max_position_embeddings": 256,
                     "rope_type": "yarn", "truncate": False},
    "rope_theta": 150000, "router_aux_loss_coef": 0.9, "sliding_window": 32, "swiglu_limit": 7.0,
    "tie_word_embeddings": False, "transformers_version": "4.55.0.dev0", "use_cache": True, "vocab_size": VOCAB,
}


class Draw:
    """Seeded random tensors."""

    def __init__(self):
        self.random = np.random.default_rng(SEED)

    def normal(self, deviation, *shape, mean=0.0):
        return torch.from_numpy(self.random.normal(mean, deviation, shape)).to(torch.bfloat16)

    def packed(self, rows, columns, extreme):
        """(blocks [EXPERTS, rows, columns / 32, 16], scales [EXPERTS, rows, columns / 32]), both uint8.

        `extreme` is the expert whose scales span everything, or None.
        """
        shape = (EXPERTS, rows, columns // BLOCK)
        codes = self.random.integers(0, 16, (*shape, BLOCK))
        scales = self.random.integers(*USUAL_SCALES, shape)
        kind = self.random.integers(0, 16, shape)
        codes[kind == 0] = self.random.choice([0, 8], (int((kind == 0).sum()), BLOCK))  # plus and minus zero
        codes[kind == 1] = self.random.permuted(np.tile(np.arange(16), (int((kind == 1).sum()), 2)), axis=1)
        scales[kind == 2] = self.random.integers(*FEW_SCALES, int((kind == 2).sum()))
        if extreme is not None:
            scales[extreme] = self.random.integers(*EXTREME_SCALES, shape[1:])
            scales[extreme].flat[:2] = EXTREME_SCALES[0], EXTREME_SCALES[1] - 1
        # Which element a nibble is, only transformers says: codes are random, so either order would do here.
        blocks = codes[..., 0::2] | codes[..., 1::2] << 4
        return torch.from_numpy(blocks.astype(np.uint8)), torch.from_numpy(scales.astype(np.uint8))


def make_layer(draw, layer):
    """The tensors of one layer by their names behind model.layers.N."""
    extreme = UNUSED[1] if layer == UNUSED[0] else None
    router_bias = draw.normal(0.1, EXPERTS)
    if extreme is not None:
        router_bias[extreme] = -100.0
    tensors = {"input_layernorm.weight": draw.normal(0.1, HIDDEN, mean=1.0),
               "post_attention_layernorm.weight": draw.normal(0.1, HIDDEN, mean=1.0),
               "self_attn.sinks": draw.normal(1.0, HEADS),
               "mlp.router.weight": draw.normal(0.2, EXPERTS, HIDDEN), "mlp.router.bias": router_bias}
    for name, rows, columns in (("q", HEADS * HEAD_DIM, HIDDEN), ("k", KV_HEADS * HEAD_DIM, HIDDEN),
                                ("v", KV_HEADS * HEAD_DIM, HIDDEN), ("o", HIDDEN, HEADS * HEAD_DIM)):
        tensors[f"self_attn.{name}_proj.weight"] = draw.normal(columns ** -0.5, rows, columns)
        tensors[f"self_attn.{name}_proj.bias"] = draw.normal(0.1, rows)
    for name, rows, columns in (("gate_up", 2 * INTERMEDIATE, HIDDEN), ("down", HIDDEN, INTERMEDIATE)):
        blocks, scales = draw.packed(rows, columns, extreme)
        tensors[f"mlp.experts.{name}_proj_blocks"] = blocks
        tensors[f"mlp.experts.{name}_proj_scales"] = scales
        tensors[f"mlp.experts.{name}_proj_bias"] = draw.normal(0.1, EXPERTS, rows)
    return tensors


def make_checkpoint(draw, folder):
    tensors = {"model.embed_tokens.weight": draw.normal(1.0, VOCAB, HIDDEN),
               "lm_head.weight": draw.normal(HIDDEN ** -0.5, VOCAB, HIDDEN),
               "model.norm.weight": draw.normal(0.1, HIDDEN, mean=1.0)}
    for layer in range(LAYERS):
        tensors |= {f"model.layers.{layer}.{name}": tensor for name, tensor in make_layer(draw, layer).items()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(safetensors.torch.save(tensors, metadata={"format": "pt"}))
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", encoding="utf-8")
    return tensors


def unpacked(tensors, model):
    """The fp32 weights of two experts, as transformers holds them: [columns, rows], gate and up interleaved."""
    out = {}
    for layer, expert in (ORDINARY, UNUSED):
        for name in ("gate_up_proj", "down_proj"):
            packed = f"model.layers.{layer}.mlp.experts.{name}"
            weights = convert_moe_packed_tensors(tensors[f"{packed}_blocks"], tensors[f"{packed}_scales"],
                                                 dtype=torch.float32)
            if not torch.equal(weights, getattr(model.model.layers[layer].mlp.experts, name).data):
                raise common.UsageError(f"{packed}: the loaded model has other weights than the unpacked ones")
            out[f"layers.{layer}.experts.{expert}.{name}"] = weights[expert].numpy()
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="the folder to write to")
    args = parser.parse_args()

    draw, out = Draw(), Path(args.out)
    tensors = make_checkpoint(draw, out / NAME)
    model = common.load_model(out / NAME, quantization_config=Mxfp4Config(dequantize=True))
    watch = RouterWatch(model)
    ids = np.array([CONFIG["bos_token_id"], *draw.random.integers(2, VOCAB, TOKENS - 1)], dtype=np.int32)
    columns = fixed_columns(VOCAB)
    window = measure_window(model, watch, ids, columns)
    if (window["routing.experts"][UNUSED[0]] == UNUSED[1]).any():
        raise common.UsageError("the expert that should never be chosen was chosen")
    reference = {"logits.columns": columns, "routing.layers": np.array(watch.layers, dtype=np.int32),
                 **stack_windows([window]), **unpacked(tensors, model)}
    common.save_tensors(reference, out / f"{NAME}.safetensors")
    record = {"model": NAME, "model_sha256": common.sha256(out / NAME / "model.safetensors"), "seed": SEED,
              "versions": common.versions(),
              "tensors": {name: {"dtype": str(tensor.dtype), "shape": list(tensor.shape)}
                          for name, tensor in sorted(reference.items())}}
    (out / f"{NAME}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    common.fail_cleanly(main)
