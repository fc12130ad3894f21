"""`sluice run`: the same text on every device, prompts, stop strings, interrupts, waveforms."""

import json
import signal
import time
import unittest

from program import CHECKPOINT, LONG, TEXTS, ProgramTest, has_simulation, start

KEYS = {"text", "tokens", "device", "tokens_per_second", "card_cycles", "cycles_per_token"}
SAMPLED = ("--temperature", "0.9", "--top-k", "200", "--top-p", "0.95", "--min-p", "0.001",
           "--repetition-penalty", "1.1")
CONTEXT = 2048  # of the committed model
# Each is replaced by what Python's errors="replace" says: stray, cut, overlong, a surrogate, beyond Unicode.
INVALID = b"Once \xff upon\xc3 a \xe2\x82 time \xc0\x80 \xed\xa0\x80 \xf0\x80\x80\x80 \xf4\x90\x80\x80 there\xf0\x9f\x98"


class Generation(ProgramTest):
    def test_json_has_its_keys_and_the_text_that_is_shown(self):
        out = self.generate("--max-tokens", "12")
        self.assertLessEqual(KEYS, out.keys())
        self.assertEqual((out["device"], len(out["tokens"]), out["finish"]), ("software", 12, "length"))
        self.assertGreater(out["tokens_per_second"], 0)
        self.assertIsNone(out["card_cycles"])  # the software device has no cycles
        shown = self.good("run", "--device", "software", "--max-tokens", "12").decode()
        self.assertEqual(shown, "Once upon a time" + out["text"] + "\n")

    def test_the_same_seed_gives_the_same_text_and_another_seed_another(self):
        texts = [self.generate(*SAMPLED, "--max-tokens", "24", "--seed", seed)["text"] for seed in "112"]
        self.assertEqual(texts[0], texts[1])
        self.assertNotEqual(texts[0], texts[2])

    def test_the_defaults_of_the_sampling_options_leave_every_candidate(self):
        none = ("--top-k", "0", "--top-p", "1", "--min-p", "0", "--repetition-penalty", "1")
        for arguments in ((), ("--temperature", "1.2", "--seed", "3")):
            plain = self.generate(*arguments, "--max-tokens", "16")["tokens"]
            self.assertEqual(self.generate(*arguments, *none, "--max-tokens", "16")["tokens"], plain)
            self.assertEqual(self.generate(*arguments, "--top-k", "4294967295", "--max-tokens", "16")["tokens"], plain)

    def test_options_that_leave_one_candidate_are_greedy(self):
        greedy = self.generate("--max-tokens", "16")["tokens"]
        hot = ("--temperature", "5", "--max-tokens", "16")
        self.assertNotEqual(self.generate(*hot)["tokens"], greedy)
        for arguments in (("--top-k", "1"), ("--top-p", "1e-9"), ("--min-p", "1")):
            self.assertEqual(self.generate(*hot, *arguments)["tokens"], greedy, arguments)

    def test_a_repetition_penalty_changes_greedy_text_too(self):
        tokens = self.generate("--max-tokens", "48")["tokens"]
        penalised = self.generate("--max-tokens", "48", "--repetition-penalty", "16")["tokens"]
        self.assertLess(len(set(tokens)), 48)
        self.assertEqual(len(set(penalised)), 48)

    def test_limits_of_zero_and_one_token(self):
        none = self.generate("--max-tokens", "0")
        self.assertEqual((none["text"], none["tokens"], none["tokens_per_second"]), ("", [], 0))
        self.assertEqual(self.good("run", "--device", "software", "--max-tokens", "0"), b"Once upon a time\n")
        one = self.generate("--max-tokens", "1")
        self.assertEqual(one["tokens"], self.generate("--max-tokens", "2")["tokens"][:1])

    def test_a_stop_string_across_tokens_ends_the_text_before_it(self):
        whole = self.generate("--max-tokens", "24")["text"]
        for first, length in ((5, 1), (5, 2), (9, 15), (0, 3)):
            stop = whole[first:first + length]
            out = self.generate("--max-tokens", "24", "--stop", stop)
            self.assertEqual((out["text"], out["finish"]), (whole[:whole.index(stop)], "stop"), stop)
        shown = self.good("run", "--device", "software", "--stop", whole[9:24]).decode()
        self.assertEqual(shown, "Once upon a time" + whole[:whole.index(whole[9:24])] + "\n")

    def test_the_earliest_of_several_stop_strings_counts(self):
        whole = self.generate("--max-tokens", "24")["text"]
        out = self.generate("--max-tokens", "24", "--stop", "never seen", "--stop", whole[20:26], "--stop", whole[8:14],
                            "--stop", "")
        self.assertEqual(out["text"], whole[:min(whole.index(whole[20:26]), whole.index(whole[8:14]))])
        self.assertEqual(self.generate("--max-tokens", "24", "--stop", "never seen")["text"], whole)

    def test_verbose_says_something_on_standard_error(self):
        done = self.sluice("run", "--device", "software", "--max-tokens", "2", "--verbose")
        self.assertIn(b"device: software", done.stderr)
        self.assertIn(b"in card memory", done.stderr)
        self.assertIn(b"in card memory", self.sluice("eval", "--text", str(TEXTS / "README.md"), "--verbose").stderr)

    def test_an_interrupt_ends_the_text_with_its_summary(self):
        process = start("run", "--device", "software", "--max-tokens", str(LONG))
        seen = process.stdout.read(30)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertLess(time.monotonic() - sent, 5)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn(b"interrupted", err)
        self.assertTrue((seen + out).endswith(b"\n"))

    def test_an_interrupt_leaves_one_json_object(self):
        process = start("run", "--device", "software", "--max-tokens", str(LONG), "--json", "--verbose")
        while b"loaded" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
        self.assertEqual((process.returncode, out.count(b"\n")), (0, 1))
        self.assertIn(b'"finish":"interrupted"', out)


class Prompts(ProgramTest):
    def prompt_of(self, *arguments, **options):
        """What tells prompts apart: their length and what follows them."""
        out = self.generate("--max-tokens", "4", *arguments, **options)
        return out["prompt_tokens"], out["tokens"]

    def test_an_empty_prompt_is_the_begin_of_text_token(self):
        empty = self.prompt_of("--prompt", "")
        self.assertEqual(empty[0], 1)
        self.assertEqual(self.prompt_of("--prompt="), empty)
        self.assertEqual(self.prompt_of("--prompt-file", self.file("empty", b"")), empty)
        self.assertEqual(self.prompt_of("--prompt-file", "-"), empty)

    def test_a_prompt_may_look_like_something_else(self):
        for text in ("--seed", "-", "[a,b]", "a=b", "{}", "%s", "\n"):
            path = self.file("prompt", text.encode())
            self.assertEqual(self.prompt_of("--prompt", text), self.prompt_of("--prompt-file", path), text)

    def test_a_file_and_standard_input_give_the_prompt_and_it_is_not_repeated(self):
        text = "The king said — “é”"
        wanted = self.prompt_of("--prompt", text)
        self.assertEqual(self.prompt_of("--prompt-file", self.file("prompt", text.encode())), wanted)
        self.assertEqual(self.prompt_of("--prompt-file", "-", stdin=text.encode()), wanted)
        shown = self.good("run", "--device", "software", "--max-tokens", "4", "--prompt-file", "-", stdin=text.encode())
        self.assertEqual(shown.decode(), self.generate("--max-tokens", "4", "--prompt", text)["text"] + "\n")

    def test_invalid_utf8_is_replaced_as_python_does(self):
        replaced = self.prompt_of("--prompt", INVALID.decode(errors="replace"))
        self.assertEqual(self.prompt_of("--prompt", INVALID), replaced)
        self.assertEqual(self.prompt_of("--prompt-file", self.file("prompt", INVALID)), replaced)
        self.assertEqual(self.prompt_of("--prompt-file", "-", stdin=INVALID), replaced)

    def test_nul_bytes_in_a_file_are_part_of_the_prompt(self):
        with_nul = self.prompt_of("--prompt-file", self.file("nul", b"Once\0upon\0"))
        self.assertGreater(with_nul[0], self.prompt_of("--prompt-file", self.file("cut", b"Once"))[0])
        self.assertGreater(with_nul[0], self.prompt_of("--prompt-file", self.file("shorter", b"Once\0upon"))[0])

    def test_a_context_that_overflows_is_refused(self):
        long = self.file("long", (TEXTS / "wind-in-the-willows.txt").read_bytes()[:49000] * 2 + b"x" * 2000)
        for device in ("software", "simulation") if has_simulation() else ("software",):
            self.refused("run", "--device", device, "--prompt-file", long, says=["overflows", "2048", "--max-tokens"])
        argument = long.read_bytes()[:100_000]
        self.refused("run", "--device", "software", "--prompt", argument, says="overflows")
        prompt_tokens = self.prompt_of()[0]
        self.refused("run", "--device", "software", "--max-tokens", str(CONTEXT - prompt_tokens + 1), says="overflows")

    def test_prompt_files_that_cannot_be_read_are_refused(self):
        self.refused("run", "--prompt-file", self.folder / "missing", says=["missing", "No such file"])
        self.refused("run", "--prompt-file", self.folder, says=[str(self.folder), "directory"])
        self.refused("run", "--prompt-file", "", says="No such file")
        self.refused("run", "--prompt-file", "x" * 5000, says="too long")


@unittest.skipUnless(has_simulation(), "this build has no simulated card")
class Simulation(ProgramTest):
    def test_greedy_text_is_that_of_the_software_device_and_waves_are_written(self):
        waves = self.folder / "card.fst"
        out = self.generate("--max-tokens", "3", "--waves", waves, "--waves-from", "500", "--waves-cycles", "300",
                            device="simulation")
        wanted = self.generate("--max-tokens", "3")
        self.assertEqual((out["text"], out["tokens"]), (wanted["text"], wanted["tokens"]))
        self.assertEqual(out["device"], "simulation")
        self.assertGreater(out["card_cycles"], 0)
        self.assertAlmostEqual(out["cycles_per_token"], out["card_cycles"] / 2, delta=1)
        self.assertGreater(waves.stat().st_size, 1000)

    def test_sampled_text_is_that_of_the_software_device(self):
        arguments = (*SAMPLED, "--seed", "7", "--max-tokens", "6", "--prompt", "The old king")
        out, wanted = self.generate(*arguments, device="simulation"), self.generate(*arguments)
        self.assertEqual((out["text"], out["tokens"]), (wanted["text"], wanted["tokens"]))

    def test_an_interrupt_ends_the_text_with_its_summary_within_seconds(self):
        process = start("run", "--max-tokens", str(LONG))
        process.stdout.read(len("Once upon a time there"))
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        self.assertLess(time.monotonic() - sent, 10)
        self.assertEqual(process.returncode, 0, err)
        for line in ("tokens ", "card cycles a token", "behavioural unit (not RTL yet", "matrix engine", "simulation",
                     "cycles/s", "DMA", "card memory a token", "interrupted"):
            self.assertIn(line, err.decode())

    def test_a_context_larger_than_the_card_is_no_obstacle_to_a_short_text(self):
        model = self.folder / "model"
        model.mkdir()
        for name in ("tokenizer.json", "model.safetensors", "generation_config.json"):
            (model / name).symlink_to((CHECKPOINT / name).resolve())
        config = json.loads((CHECKPOINT / "config.json").read_text()) | {"max_position_embeddings": 1 << 24}
        (model / "config.json").write_text(json.dumps(config))
        self.assertEqual(len(self.generate("--model", model, "--max-tokens", "1", device="simulation")["tokens"]), 1)

    def test_a_waveform_that_cannot_be_written_is_an_error(self):
        self.refused("run", "--waves", self.folder / "no" / "card.fst", says="card.fst", status=3)


if __name__ == "__main__":
    unittest.main()
