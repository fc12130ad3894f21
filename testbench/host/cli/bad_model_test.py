"""Model directories that are damaged, absurd or of another kind: one line, status 2, at once and in little memory."""

import copy
import json
import os
import struct
import subprocess
import tempfile
import unittest

from program import CHECKPOINT, PROGRAM, ProgramTest

CPU_SECONDS = 2
MEMORY_KIB = 400 << 10
FILES = ("config.json", "tokenizer.json", "model.safetensors", "generation_config.json")
CONFIG = json.loads((CHECKPOINT / "config.json").read_text())
ABSENT = object()

ABSURD = {
    "architectures": [["LlamaForCausalLM"], [], [""], "x", 7, ["DeepseekV3ForCausalLM", "Another"]],
    "hidden_size": [0, -256, 255, 248, 1 << 40, 1e99, "256", None, ABSENT, [256]],
    "num_hidden_layers": [0, -1, 7, 10**9, 2**63, 2**64, 1.5],
    "vocab_size": [0, -1, 4095, 8192, 10**9, 2**31, 2**63],
    "num_attention_heads": [0, -8, 7, 10**9],
    "num_key_value_heads": [1],
    "kv_lora_rank": [0, 63, 10**9],
    "q_lora_rank": [-1, 100, 10**9],
    "qk_rope_head_dim": [0, 31, 10**9],
    "qk_nope_head_dim": [0, 10**9],
    "v_head_dim": [0, 10**9],
    "n_routed_experts": [0, 1, 33, 10**9],
    "num_experts_per_tok": [0, 33, 17, 10**9],
    "n_group": [0, 5, 10**9],
    "topk_group": [0, 5],
    "n_shared_experts": [-1, 10**9],
    "moe_intermediate_size": [0, 63, 10**12],
    "intermediate_size": [0, 511, 10**12],
    "first_k_dense_replace": [-1, 7, 10**9],
    "max_position_embeddings": [0, -1, 10**12],
    "rms_norm_eps": [-1e-6, 1e300, "1e-6"],
    "hidden_act": ["gelu"],
    "rope_parameters": [{"rope_type": "linear"}, {"rope_type": "yarn"}, {"rope_type": "yarn", "factor": -1}, 4],
    "routed_scaling_factor": [-1, 1e99],
    "eos_token_id": [4096, -1, "x", list(range(5000))],
    "bos_token_id": [4096, -1],
    "tie_word_embeddings": ["no"],
    "quantization_config": [{"bits": 4}],
}


class BadModel(ProgramTest):
    def directory(self, **replaced):
        """A copy of the checkpoint with other contents for files; None leaves one out. Keys write '_' for '.'."""
        path = self.folder / f"model-{len(os.listdir(self.folder))}"
        path.mkdir()
        for name in FILES:
            key = name.replace(".", "_")
            if key not in replaced:
                (path / name).symlink_to((CHECKPOINT / name).resolve())
            elif replaced[key] is not None:
                (path / name).write_bytes(replaced[key])
        return path

    def assert_refused(self, directory, *says, what=""):
        arguments = [PROGRAM, "run", "--device", "software", "--max-tokens", "1", "--model", directory]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, self.subTest(what=what):
            process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            message = err.read()
            self.assertEqual(process.returncode, 2, message)
            self.assert_one_error_line(message, *says)
            self.assertLess(len(message), 700 + len(str(directory)))
            self.assertEqual(out.read(), b"")
            self.assertLess(used.ru_utime + used.ru_stime, CPU_SECONDS)
            self.assertLess(used.ru_maxrss, MEMORY_KIB)

    def test_missing_empty_and_truncated_files(self):
        for name in FILES:
            key = name.replace(".", "_")
            content = (CHECKPOINT / name).read_bytes()
            if name != "generation_config.json":
                self.assert_refused(self.directory(**{key: None}), name, what=f"{name} missing")
            lengths = {0, 1, 7, 8, 9, 100, len(content) // 2, len(content) - 2}
            if name != "model.safetensors":
                lengths = {0, 1, len(content) // 2, len(content) - 2}
            for length in sorted(lengths):
                cut = content[:length]
                self.assert_refused(self.directory(**{key: cut}), name, what=f"{name} cut to {length} bytes")

    def test_directories_that_are_none(self):
        self.assert_refused(self.folder / "missing", "missing", "--model", what="missing")
        self.assert_refused(self.file("file", b""), "--model", what="a file")
        self.assert_refused("", "--model", what="no name")
        self.assert_refused("x" * 5000, "--model", what="a long name")
        self.assert_refused(self.folder, "config.json", what="an empty directory")
        odd = self.folder / "two\nlines"
        odd.mkdir()
        self.assert_refused(odd, "two\\x0alines", what="a name with a line break")
        directory = self.directory(config_json=None)
        (directory / "config.json").mkdir()
        self.assert_refused(directory, "config.json", what="a directory for a file")

    def test_flipped_bytes_of_the_header(self):
        path = CHECKPOINT / "model.safetensors"
        total = path.stat().st_size
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = bytearray(struct.pack("<Q", length) + file.read(length))
        first = header.index(b'"dtype"')
        positions = [*range(9), *range(first, first + 60, 7), *range(first + 60, len(header) - 8, len(header) // 24)]
        directory = self.directory(model_safetensors=b"")
        for position in positions:
            flipped = bytearray(header)
            flipped[position] ^= 1 << (position % 7)
            with (directory / "model.safetensors").open("wb") as file:
                file.write(flipped)
                file.truncate(total)  # the weights as a hole
            self.assert_refused(directory, "model.safetensors" if position < 9 else "", what=f"byte {position}")

    def test_absurd_configs(self):
        directory = self.directory(config_json=b"")
        for key, values in ABSURD.items():
            for value in values:
                config = copy.deepcopy(CONFIG)
                if value is ABSENT:
                    del config[key]
                else:
                    config[key] = value
                (directory / "config.json").write_text(json.dumps(config))
                self.assert_refused(directory, what=f"{key} {str(value)[:60]}")

    def test_configs_that_are_no_config(self):
        for text in (b"[]", b"7", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"{}", b"null", b"\0" * 64):
            self.assert_refused(self.directory(config_json=text), "config.json", what=str(text[:20]))

    def test_tokenizers_that_do_not_fit(self):
        tokenizer = json.loads((CHECKPOINT / "tokenizer.json").read_text())
        larger = copy.deepcopy(tokenizer)
        larger["model"]["vocab"]["not in the embedding"] = 4096
        smaller = copy.deepcopy(tokenizer)
        end = CONFIG["eos_token_id"]
        smaller["added_tokens"] = [token for token in tokenizer["added_tokens"] if token["id"] != end]
        smaller["model"]["vocab"] = {k: v for k, v in tokenizer["model"]["vocab"].items() if v != end}
        for what, changed in (("larger", larger), ("without an end token", smaller)):
            self.assert_refused(self.directory(tokenizer_json=json.dumps(changed).encode()), "tokenizer", what=what)
        for text in (b"{}", b"[]", b'{"model": {}}', b"\xff" * 100, b"{" * 100_000):
            self.assert_refused(self.directory(tokenizer_json=text), "tokenizer.json", what=str(text[:20]))

    def test_damaged_quantised_models(self):
        whole = self.folder / "whole"
        self.good("quantize", CHECKPOINT, whole, "--format", "int4")
        model = (whole / "sluice-model.safetensors").read_bytes()
        (header_bytes,) = struct.unpack_from("<Q", model)
        for name in ("config.json", "tokenizer.json"):
            content = (whole / name).read_bytes()
            another = [content.replace(b"2048", b"1024")] if name == "config.json" else []
            for changed in (None, b"", content[:len(content) // 2], *another):
                (whole / name).unlink()
                if changed is not None:
                    (whole / name).write_bytes(changed)
                self.assert_refused(whole, name, what=f"{name} {changed if changed is None else len(changed)}")
                (whole / name).write_bytes(content)
        for length in (0, 7, 8, 100, 8 + header_bytes, len(model) // 2, len(model) - 1):
            (whole / "sluice-model.safetensors").write_bytes(model[:length])
            self.assert_refused(whole, "sluice-model.safetensors", what=f"cut to {length} bytes")
        for position in (0, 1, 3, 7, 8, *range(120, header_bytes, header_bytes // 12)):
            flipped = bytearray(model)
            flipped[position] ^= 1 << (position % 7)
            (whole / "sluice-model.safetensors").write_bytes(flipped)
            self.assert_refused(whole, "sluice-model.safetensors", what=f"byte {position}")


if __name__ == "__main__":
    unittest.main()
