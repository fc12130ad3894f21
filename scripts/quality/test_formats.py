"""The formats against the golden vectors and, where SLUICE names the program, against what it imports.

    SLUICE=build/release/host/cli/sluice .venv/bin/python -m unittest discover scripts/quality
"""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
import safetensors.numpy
import torch

import formats

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "testbench/golden"
E0 = -16384
E2M1_DOUBLED = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12])


def cases(name):
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))["cases"]


def values(integers, exponent):
    """integers * 2^exponent as doubles; `exponent` is one for all or one for each."""
    return torch.tensor(integers, dtype=torch.float64) * formats.power_of_two(torch.as_tensor(exponent))


def whole_blocks(integers):
    return integers + [0] * (-len(integers) % formats.BLOCK)


class Activations(unittest.TestCase):
    def test_blocks_are_those_of_the_golden_vectors(self):
        checked = 0
        for case in cases("quantise"):
            # Exponents beyond a double's would be infinite here; the rule does not depend on them.
            shift = 0 if abs(case["e"]) < 900 else -case["e"]
            m = case["m"][case["offset"]:case["offset"] + case["count"]]
            delta = torch.tensor(case["delta"]).repeat_interleave(formats.BLOCK)
            exponent = torch.where(delta == 63, 0, case["A"] - delta + shift) if case["A"] != E0 else 0
            if 63 in case["delta"] and any(q for q, d in zip(case["q"], delta) if d == 63):
                continue  # 63 stands for 63 and more: the value is not in the file
            quantise = {"q8": formats.quantise_activations, "q16": formats.quantise_router_input}[case["form"]]
            got = quantise(values(whole_blocks(m), case["e"] + shift))
            self.assertTrue(torch.equal(got, values(case["q"], exponent)))
            checked += 1
        self.assertGreater(checked, 5)

    def test_kv_blocks_are_those_of_the_golden_vectors(self):
        checked = 0
        for case in cases("kv_quantise"):
            if abs(case["e"]) > 900:
                continue
            exponents = torch.tensor(case["exponents"]).repeat_interleave(formats.BLOCK)
            got = formats.quantise_kv(values(whole_blocks(case["m"]), case["e"]))
            self.assertTrue(torch.equal(got, values(case["q"], exponents)), case["e"])
            checked += 1
        self.assertGreater(checked, 3)


class Weights(unittest.TestCase):
    def test_what_a_format_holds_stays_as_it_is(self):
        draw = torch.Generator().manual_seed(1)
        scale = formats.power_of_two(torch.randint(-20, 20, (64, 4, 1), generator=draw))
        for form, elements in (("mxint8", torch.arange(-127, 128)), ("mxfp4", torch.from_numpy(E2M1_DOUBLED))):
            pick = torch.randint(0, len(elements), (64, 4, formats.BLOCK), generator=draw)
            exact = (elements[pick].double() * scale).flatten(-2)
            self.assertTrue(torch.equal(formats.quantise_weights(exact, form), exact), form)

    def test_ties_and_empty_blocks(self):
        row = torch.zeros(1, 64, dtype=torch.float64)
        row[0, :10] = torch.tensor([12, 0.5, 1.5, 2.5, 3.5, 5, 7, 10, -10, -0.5])
        expected = [12, 0, 2, 2, 4, 4, 8, 8, -8, 0]
        self.assertEqual(formats._e2m1_doubled(row)[0, :10].tolist(), expected)
        for form in formats.BITS_A_WEIGHT:
            self.assertEqual(formats.quantise_weights(row, form)[0, 32:].abs().sum(), 0)

    @unittest.skipUnless(os.environ.get("SLUICE"), "SLUICE does not name the program")
    def test_weights_are_the_importers(self):
        model = ROOT / "models/fable-mla"
        for form in ("mxint8", "int4", "mxfp4"):
            with self.subTest(form), tempfile.TemporaryDirectory() as folder:
                target = Path(folder) / "out"
                done = subprocess.run([os.environ["SLUICE"], "quantize", "--format", form, model, target],
                                      capture_output=True, text=True, check=False)
                if "there is no" in done.stderr:
                    self.skipTest(done.stderr.strip())
                self.assertEqual(done.returncode, 0, done.stderr)
                self._compare(safetensors.numpy.load_file(target / "sluice-model.safetensors"), model, form)

    def _compare(self, packed, model, form):
        with safetensors.safe_open(model / "model.safetensors", "pt") as checkpoint:
            for name, expected in self._matrices(checkpoint):
                kind = {0: "mxint8", 1: "int4", 2: "mxfp4", 3: "mxint16"}[int(packed[f"{name}.attributes"][0])]
                got = _unpack(packed[name], packed[f"{name}.attributes"], kind)
                self.assertTrue(np.array_equal(got, formats.quantise_weights(expected.double(), kind).numpy()),
                                f"{form}: {name}")

    @staticmethod
    def _matrices(checkpoint):
        """(name in sluice's file, weights in the importer's order) of some of fable-mla's matrices."""
        layer = "model.layers.1."
        yield "layers.1.attention.q_a", checkpoint.get_tensor(layer + "self_attn.q_a_proj.weight")
        yield "layers.1.attention.o", checkpoint.get_tensor(layer + "self_attn.o_proj.weight")
        yield "layers.1.router", checkpoint.get_tensor(layer + "mlp.gate.weight")
        yield "layers.1.experts.3.down", checkpoint.get_tensor(layer + "mlp.experts.3.down_proj.weight")
        yield "layers.1.experts.3.gate_up", torch.cat([
            checkpoint.get_tensor(layer + f"mlp.experts.3.{part}_proj.weight") for part in ("gate", "up")])
        yield "head", checkpoint.get_tensor("lm_head.weight")
        kv_b = checkpoint.get_tensor(layer + "self_attn.kv_b_proj.weight").view(8, 64, 64)
        yield "layers.1.attention.w_uk", kv_b[:, :32].transpose(1, 2).reshape(-1, 32)
        yield "layers.1.attention.w_uv", kv_b[:, 32:].reshape(-1, 64)


def _unpack(data, attributes, kind):
    """The weights [groups * rows, columns] of a packed matrix, by 'Weight layout' of docs/device.md."""
    _, rows, columns, groups, _, c = (int(x) for x in attributes)
    assert rows % 32 == 0 and columns % 32 == 0
    lines = {"mxint8": 8, "int4": 4, "mxfp4": 4, "mxint16": 16}[kind]
    blocks = columns // 32
    tile = (-(-blocks // 4) + blocks * lines) * 128
    out = np.empty((groups * rows, columns))
    for index, at in enumerate(range(0, groups * rows // 32 * tile, tile)):
        for b in range(blocks):
            head = at + b // 4 * (1 + 4 * lines) * 128
            scales = data[head + 32 * (b % 4):head + 32 * (b % 4) + 32].astype(np.int64)
            body = data[head + (1 + b % 4 * lines) * 128:][:lines * 128]
            out[32 * index:32 * index + 32, 32 * b:32 * b + 32] = _elements(body, kind) * _steps(scales, kind, c)
    return out


def _steps(scales, kind, c):
    if kind == "int4":
        return np.ldexp(8.0 + (scales & 7), (scales >> 3) + c)[:, None]
    return np.ldexp(1.0, scales + c)[:, None]


def _elements(body, kind):
    """[32 rows, 32 columns] of a block's lines: byte 64 a + 4 r + b of a line is column 4 a + b of row r."""
    parts = body.reshape(-1, 4, 2, 16, 4).transpose(0, 3, 1, 2, 4).reshape(-1, 16, 32)
    if kind == "mxint8":
        return parts.reshape(32, 32).view(np.int8)
    if kind == "mxint16":
        high, low = parts.view(np.int8).reshape(2, 2, 16, 32).astype(np.int64).transpose(1, 0, 2, 3).reshape(2, 32, 32)
        return 256 * high + low
    nibbles = np.concatenate([parts[0] & 15, parts[0] >> 4])
    return E2M1_DOUBLED[nibbles] if kind == "mxfp4" else np.where(nibbles < 8, nibbles, nibbles.astype(int) - 16)


if __name__ == "__main__":
    unittest.main()
