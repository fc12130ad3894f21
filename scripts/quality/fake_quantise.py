#!/usr/bin/env python3
"""Perplexity of a text under the formats of docs/numerics.md, by fake quantisation of the transformers model.

Weights, activations and KV cache are each replaced by what they become when they are quantised and read back; all else
stays fp32. So the loss splits into its shares, which the device cannot do. Prints one JSON object for each variant.

A format is FORMAT[,TYPE=FORMAT...] as in `sluice eval --format`: FORMAT is mxint8, int4 or mxfp4, TYPE one of attention,
dense, experts, shared, head, router. The head is mxint8 and the router mxint16 unless named; embeddings are mxint8.

Not emulated, because each is below what these figures can show: 24-bit vectors, truncation of a linear's terms, the
integer softmax, 16-bit gammas, and the fixed-point norm, rope and activation functions.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import NamedTuple

import torch
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, eager_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.deepseek_v3 import modeling_deepseek_v3
from transformers.models.gpt_oss import modeling_gpt_oss

import formats
from measure import common, measure_windows

TYPES = ("attention", "dense", "experts", "shared", "head", "router")
LINEAR_FORMATS = ("mxint8", "int4", "mxfp4")


class Variant(NamedTuple):
    """What is quantised: weights by this format (None: not), activations, KV."""

    weights: str | None = None
    activations: bool = False
    kv: bool = False


def parse_format(spec):
    """{type: format} of FORMAT[,TYPE=FORMAT...], embedding included."""
    base, *changes = spec.split(",")
    chosen = {**dict.fromkeys(TYPES, base), "head": "mxint8", "router": "mxint16", "embedding": "mxint8"}
    for change in changes:
        kind, _, form = change.partition("=")
        if kind not in TYPES:
            raise common.UsageError(f"{spec}: there is no type '{kind}'; use {', '.join(TYPES)}")
        chosen[kind] = form
    for kind, form in chosen.items():
        if form not in LINEAR_FORMATS and (kind, form) != ("router", "mxint16"):
            raise common.UsageError(f"{spec}: there is no format '{form}' for {kind}")
    return chosen


def type_of(name):
    """The tensor type that a parameter of the transformers model is quantised as; None for norms, biases and sinks."""
    parts = name.split(".")
    if parts[-1].endswith("bias") or "norm" in name or parts[-1] == "sinks":
        return None
    for kind, known in (("embedding", "embed_tokens"), ("head", "lm_head"), ("attention", "self_attn"),
                        ("shared", "shared_experts"), ("experts", "experts"), ("router", "gate"), ("router", "router"),
                        ("dense", "mlp")):
        if known in parts:
            return kind
    raise common.UsageError(f"{name}: a weight of unknown type")


def reduction_last(model, name, weights):
    """The weights with the axis that a product sums over as the last one; its own inverse. gpt_oss's experts are
    stored the other way round."""
    turned = model.config.model_type == "gpt_oss" and type_of(name) == "experts"
    return weights.transpose(-1, -2) if turned else weights


def num_weights(model):
    """{type: number of weights}, for the size of a format."""
    sizes = {}
    for name, weights in model.named_parameters():
        if (kind := type_of(name)) is not None:
            sizes[kind] = sizes.get(kind, 0) + weights.numel()
    return sizes


def quantise_model_weights(model, chosen):
    for name, weights in model.named_parameters():
        kind = type_of(name)
        if kind is not None and not name.endswith("kv_b_proj.weight"):  # AbsorbedAttention quantises its two parts
            quantised = formats.quantise_weights(reduction_last(model, name, weights.data), chosen[kind])
            weights.data = reduction_last(model, name, quantised).contiguous()


class Quantisers(NamedTuple):
    """What the model's values go through; identities where a variant leaves them alone."""

    activations: object
    router_input: object
    kv: object
    attention_weights: object


def identity(x):
    return x


def quantisers_of(variant):
    attention = parse_format(variant.weights)["attention"] if variant.weights else None
    return Quantisers(formats.quantise_activations if variant.activations else identity,
                      formats.quantise_router_input if variant.activations else identity,
                      formats.quantise_kv if variant.kv else identity,
                      (lambda weights: formats.quantise_weights(weights, attention)) if attention else identity)


def silu_gate(gate_up):
    gate, up = gate_up.chunk(2, dim=-1)
    return torch.nn.functional.silu(gate) * up


class AbsorbedAttention:
    """MLA as a device runs it (section 8): W_UK and W_UV apart, the latent cached after its norm, keys and values never
    expanded. The forward of a DeepseekV3Attention."""

    def __init__(self, attention, quantisers):
        self.attention, self.quantisers = attention, quantisers
        heads, nope, value = attention.num_heads, attention.qk_nope_head_dim, attention.v_head_dim
        weights = attention.kv_b_proj.weight.data.view(heads, nope + value, attention.kv_lora_rank)
        # [heads, kv_lora, nope], blocks along nope, and [heads, value, kv_lora], blocks along kv_lora.
        self.w_uk = quantisers.attention_weights(weights[:, :nope].transpose(1, 2))
        self.w_uv = quantisers.attention_weights(weights[:, nope:])

    def __call__(self, hidden_states, position_embeddings, attention_mask, **_):
        attention, quantise, kv = self.attention, self.quantisers.activations, self.quantisers.kv
        batch, length, _ = hidden_states.shape
        queries = (attention.q_proj(hidden_states) if attention.q_lora_rank is None else
                   attention.q_b_proj(attention.q_a_layernorm(attention.q_a_proj(hidden_states))))
        queries = queries.view(batch, length, -1, attention.qk_head_dim).transpose(1, 2)
        latent, key_rope = attention.kv_a_proj_with_mqa(hidden_states).split(
            [attention.kv_lora_rank, attention.qk_rope_head_dim], dim=-1)
        nope, rope = queries.split([attention.qk_nope_head_dim, attention.qk_rope_head_dim], dim=-1)
        rotate = (modeling_deepseek_v3.apply_rotary_pos_emb_interleave if attention.config.rope_interleave else
                  modeling_deepseek_v3.apply_rotary_pos_emb)
        rope, key_rope = rotate(rope, key_rope[:, None], *position_embeddings)

        latent = kv(attention.kv_a_layernorm(latent))[:, None]                      # [batch, 1, length, kv_lora]
        absorbed = torch.matmul(quantise(nope), self.w_uk.transpose(1, 2))          # [batch, heads, length, kv_lora]
        query = torch.cat([quantise(absorbed), quantise(rope)], dim=-1)
        key = torch.cat([latent, kv(key_rope)], dim=-1)
        scores = torch.matmul(query * attention.scaling, key.transpose(2, 3)) + attention_mask
        seen = torch.matmul(torch.softmax(scores, dim=-1), latent)
        values = torch.matmul(quantise(seen), self.w_uv.transpose(1, 2))
        return attention.o_proj(values.transpose(1, 2).reshape(batch, length, -1)), None


class Experts:
    """The forward of DeepseekV3Experts and GptOssExperts, with the input of the second matrix quantised.

    Tokens are ordered by expert once, so that each expert's are a slice: several times faster than gathering them.
    """

    def __init__(self, experts, activate, transposed, quantisers):
        self.experts, self.activate, self.transposed = experts, activate, transposed
        self.quantise = quantisers.activations

    def __call__(self, hidden_states, top_k_index, top_k_weights):
        order = top_k_index.flatten().argsort()
        counts = top_k_index.flatten().bincount(minlength=self.experts.num_experts).tolist()
        hidden = self.activate(self.multiply(hidden_states[order // top_k_index.shape[1]], counts, "gate_up_proj"))
        results = self.multiply(self.quantise(hidden), counts, "down_proj")
        by_rank = torch.empty_like(results)
        by_rank[order] = results
        return (by_rank.view(*top_k_index.shape, -1) * top_k_weights[..., None]).sum(1)

    def multiply(self, x, counts, name):
        weights, biases = getattr(self.experts, name), getattr(self.experts, name + "_bias", None)
        parts = []
        for expert, part in enumerate(x.split(counts)):
            result = part @ (weights[expert] if self.transposed else weights[expert].T)
            parts.append(result if biases is None else result.add_(biases[expert]))
        return torch.cat(parts)


class Remembering:
    """A quantiser that remembers its last result, because several matrices share an input."""

    def __init__(self, quantise):
        self.quantise, self.input, self.result = quantise, None, None

    def __call__(self, x):
        if x is not self.input:
            self.input, self.result = x, self.quantise(x)
        return self.result


def quantised_gqa(quantisers):
    """An attention function of transformers: queries and keys after rotation, and values, quantised."""

    def attend(module, query, key, value, attention_mask, **options):
        return modeling_gpt_oss.eager_attention_forward(module, quantisers.activations(query), quantisers.kv(key),
                                                        quantisers.kv(value), attention_mask, **options)
    return attend


def hook_inputs(model, quantisers):
    """Quantises the input of every linear, of every router, and of every layer's experts."""
    activations = Remembering(quantisers.activations)
    for name, module in model.named_modules():
        if name.endswith(("mlp.gate", "mlp.router")):
            quantise = quantisers.router_input
        elif isinstance(module, torch.nn.Linear) or name.endswith("mlp.experts"):
            quantise = activations
        else:
            continue
        module.register_forward_pre_hook(lambda _, inputs, quantise=quantise: (quantise(inputs[0]), *inputs[1:]))


def apply(model, variant):
    """Changes the model, once, into the variant."""
    quantisers = quantisers_of(variant)
    for module in list(model.modules()):
        if isinstance(module, modeling_deepseek_v3.DeepseekV3Attention):
            module.forward = AbsorbedAttention(module, quantisers)
        elif isinstance(module, modeling_deepseek_v3.DeepseekV3Experts):
            module.forward = Experts(module, silu_gate, False, quantisers)
        elif isinstance(module, modeling_gpt_oss.GptOssExperts):
            module.forward = Experts(module, module._apply_gate, True, quantisers)
    if model.config.model_type == "gpt_oss":
        ALL_ATTENTION_FUNCTIONS.register("sluice_emulation", quantised_gqa(quantisers))
        ALL_MASK_ATTENTION_FUNCTIONS.register("sluice_emulation", eager_mask)
        model.set_attn_implementation("sluice_emulation")
    if variant.weights:
        quantise_model_weights(model, parse_format(variant.weights))
    if variant.activations:
        hook_inputs(model, quantisers)
    return model


def variants_of(specs):
    """(name, variant): fp32, activations and KV alone, then each format's weights alone and all together."""
    yield "fp32", Variant()
    yield "activations", Variant(activations=True)
    yield "kv", Variant(kv=True)
    for spec in specs:
        yield f"weights {spec}", Variant(weights=spec)
        yield f"all {spec}", Variant(spec, True, True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL_DIR", help="a deepseek_v3 or gpt_oss model directory")
    parser.add_argument("texts", metavar="TEXT", nargs="+", help="a text file, UTF-8")
    parser.add_argument("--format", metavar="SPEC", action="append", help="may be repeated (default: mxint8)")
    parser.add_argument("--window", type=int, default=512, help="tokens in a window (default: %(default)s)")
    parser.add_argument("--max-windows", type=int, help="only the first windows of each text")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads (default: %(default)s)")
    args = parser.parse_args()

    tokenizer = common.load_tokenizer(args.model)
    for path in args.texts:
        reference = None
        for name, variant in variants_of(args.format or ["mxint8"]):
            model = common.load_model(args.model, args.threads)
            windows = common.windows_of(model, tokenizer, common.read_text(path), args.window)[:args.max_windows]
            trace = measure_windows(model if name == "fp32" else apply(model, variant), windows)
            reference = reference or trace
            print(json.dumps({"text": Path(path).name, "variant": name, **trace.compared_with(reference)}), flush=True)


if __name__ == "__main__":
    sys.exit(common.fail_cleanly(main))
