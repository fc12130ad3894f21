"""`sluice run --prompts`: each line's text is the one that the prompt gets alone, in the order of the lines."""

import json
import signal
import unittest

from program import LONG, TEXTS, ProgramTest, has_simulation, start

PROMPTS = ("Once upon a time", "The old king", "", "The sea — “é”", "Once upon a time", "x")
SAMPLED = ("--temperature", "0.9", "--top-p", "0.95", "--repetition-penalty", "1.2", "--seed", "5")
KEYS = {"index", "prompt", "text", "tokens", "finish"}


class BatchTest(ProgramTest):
    def prompts(self, *lines):
        return self.file("prompts", "".join(line + "\n" for line in lines).encode())

    def batch(self, path, *arguments, device="software", **options):
        out = self.good("run", "--device", device, "--json", "--prompts", path, *arguments, **options)
        return [json.loads(line) for line in out.splitlines()]


class Batch(BatchTest):
    def test_each_line_gets_what_it_gets_alone_at_every_batch_size(self):
        for sampling in ((), SAMPLED):
            arguments = ("--max-tokens", "20", *sampling, "--stop", "ing")
            alone = [self.generate(*arguments, "--prompt", prompt) for prompt in PROMPTS]
            for size in ("1", "2", "4", "100"):
                got = self.batch(self.prompts(*PROMPTS), *arguments, "--batch", size)
                self.assertEqual([(out["index"], out["prompt"]) for out in got], list(enumerate(PROMPTS)))
                for one, other in zip(got, alone, strict=True):
                    self.assertEqual(one.keys(), KEYS)
                    self.assertEqual([one[key] for key in ("text", "tokens", "finish")],
                                     [other[key] for key in ("text", "tokens", "finish")])

    def test_text_stands_under_a_header_a_line_and_the_summary_goes_to_standard_error(self):
        done = self.sluice("run", "--device", "software", "--max-tokens", "8", "--prompts", self.prompts(*PROMPTS[:2]))
        texts = [self.generate("--max-tokens", "8", "--prompt", prompt)["text"] for prompt in PROMPTS[:2]]
        wanted = "".join(f"==> prompt {i + 1} <==\n{PROMPTS[i]}{text}\n" for i, text in enumerate(texts))
        self.assertEqual((done.returncode, done.stdout.decode()), (0, wanted))
        for part in (b"2 done, 0 failed", b"16 generated", b"tokens/s"):
            self.assertIn(part, done.stderr)

    def test_standard_input_line_ends_and_a_last_line_without_one(self):
        wanted = self.batch(self.prompts("a", "b", "", "c"), "--max-tokens", "2")
        self.assertEqual(self.batch("-", "--max-tokens", "2", stdin=b"a\r\nb\n\nc"), wanted)
        self.assertEqual(self.batch("-", stdin=b""), [])

    def test_a_bad_prompt_is_an_error_of_its_line_and_status_2_at_the_end(self):
        text = (TEXTS / "wind-in-the-willows.txt").read_text(encoding="utf-8").replace("\n", " ")
        path = self.prompts("The old king", text, "x")
        done = self.sluice("run", "--device", "software", "--json", "--max-tokens", "4", "--prompts", path)
        first, bad, last = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"sluice: 1 of 3 prompts failed, prompt 2 first: the context overflows", done.stderr)
        self.assertEqual(bad.keys(), {"index", "prompt", "error"})
        self.assertIn("the context overflows", bad["error"])
        for out in (first, last):
            self.assertEqual(out["tokens"], self.generate("--max-tokens", "4", "--prompt", out["prompt"])["tokens"])
        shown = self.sluice("run", "--device", "software", "--max-tokens", "4", "--prompts", path)
        self.assertIn(b"==> prompt 2 <==\nerror: the context overflows", shown.stdout)
        only = self.sluice("run", "--device", "software", "--json", "--prompts", self.prompts(text))
        self.assertEqual((only.returncode, only.stdout.count(b"\n")), (2, 1))

    def test_requests_that_make_no_sense_are_refused(self):
        path = self.prompts("a")
        self.refused("run", "--prompts", path, "--batch", "0", says="--batch")
        self.refused("run", "--batch", "2", says="--prompts")
        self.refused("run", "--prompts", path, "--prompt", "b", says="--prompt")
        self.refused("run", "--prompts", path, "--prompt-file", path, says="--prompt")
        self.refused("run", "--prompts", self.folder / "missing", says=["missing", "No such file"])

    def test_an_interrupt_leaves_a_result_a_line(self):
        process = start("run", "--device", "software", "--json", "--verbose", "--batch", "2", "--max-tokens", str(LONG),
                        "--prompts", self.prompts(*PROMPTS))
        while b"loaded" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual([json.loads(line)["finish"] for line in out.splitlines()], ["interrupted"] * len(PROMPTS))


@unittest.skipUnless(has_simulation(), "this build has no simulated card")
class BatchSimulation(BatchTest):
    def test_simulation_gives_the_texts_of_software(self):
        arguments = ("--max-tokens", "4", *SAMPLED)
        wanted = self.batch(self.prompts(*PROMPTS[:3]), *arguments)
        self.assertEqual(self.batch(self.prompts(*PROMPTS[:3]), *arguments, device="simulation"), wanted)


if __name__ == "__main__":
    unittest.main()
