"""`sluice eval`: perplexity against transformers in fp32, and texts and windows that are at fault."""

import itertools
import json
import math
import struct
import unittest
from pathlib import Path

from program import TEXTS, ProgramTest

REFERENCE = Path("testbench/reference/data")
WINDOW = 512
MAX_INCREASE = {"mxint8": 0.007, "int4": 0.015, "mxfp4": 0.02}  # docs/quality.md, 'What must hold'


def reference_perplexity(model, windows):
    """Of transformers in fp32 on the 511 predicted tokens of each of `windows` (testbench/reference/data/README.md)."""
    data = (REFERENCE / f"{model}.safetensors").read_bytes()
    (header_bytes,) = struct.unpack_from("<Q", data)
    entry = json.loads(data[8:8 + header_bytes])["next.log_probability"]
    predicted = WINDOW - 1
    assert entry["shape"] == [4, predicted]
    begin = 8 + header_bytes + entry["data_offsets"][0]
    values = [x for w in windows for x in struct.unpack_from(f"<{predicted}f", data, begin + 4 * predicted * w)]
    return math.exp(-sum(values) / len(values))


class Eval(ProgramTest):
    def test_perplexity_is_close_to_transformers(self):
        two_windows = str(2 * (WINDOW - 1))
        texts = (("yellow-fairy-book.txt", (0, 1)), ("wind-in-the-willows.txt", (2, 3)))
        for model, (text, windows) in itertools.product(("fable-mla", "fable-gqa"), texts):
            wanted = reference_perplexity(model, windows)
            for form, tolerance in MAX_INCREASE.items():
                out = self.json("eval", "--model", f"models/{model}", "--text", TEXTS / text, "--max-tokens", two_windows,
                                "--format", form)
                self.assertEqual((out["tokens"], out["window"]), (2 * (WINDOW - 1), WINDOW))
                self.assertLessEqual(abs(out["perplexity"] / wanted - 1), tolerance, (model, text, form))

    def test_bits_per_byte_follow_from_the_perplexity(self):
        text = (TEXTS / "yellow-fairy-book.txt").read_bytes()[:600]
        out = self.json("eval", "--text", "-", "--window", "64", stdin=text)
        self.assertEqual(out["bytes"], len(text))
        bits = math.log2(out["perplexity"]) * out["tokens"] / len(text)
        self.assertAlmostEqual(out["bits_per_byte"], bits, places=9)
        shown = self.good("eval", "--text", "-", "--window", "64", stdin=text).decode()
        self.assertIn(f"perplexity {out['perplexity']:.4f}, {bits:.4f} bits per byte", shown)

    def test_binary_text_is_replaced_as_python_does(self):
        data = bytes(range(256)) + b"\xe2\x82\0"
        raw = self.json("eval", "--text", self.file("raw", data))
        replaced = self.json("eval", "--text", self.file("replaced", data.decode(errors="replace").encode()))
        self.assertEqual(raw["perplexity"], replaced["perplexity"])

    def test_texts_that_cannot_be_scored_are_refused(self):
        self.refused("eval", "--text", self.file("empty", b""), says="no tokens to score")
        self.refused("eval", "--text", self.folder / "missing", says=["missing", "No such file"])
        self.refused("eval", "--text", self.folder, says="directory")

    def test_windows_out_of_range_are_refused(self):
        text = self.file("text", b"Once upon a time")
        for window in ("0", "1", "2049", str(2**32 - 1)):
            self.refused("eval", "--text", text, "--window", window, says=["--window", "2048"])
        self.refused("eval", "--text", text, "--window", "-1", says="--window")
        for window in ("2", "2048"):
            self.json("eval", "--text", text, "--window", window)


if __name__ == "__main__":
    unittest.main()
