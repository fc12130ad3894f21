"""`sluice quantize`: what it writes runs as the checkpoint does; whatever ends it leaves nothing that looks whole."""

import os
import resource
import unittest

from program import CHECKPOINT, ProgramTest, start

ONE_MIB = 1 << 20


class Quantize(ProgramTest):
    def setUp(self):
        super().setUp()
        self.target = self.folder / "made" / "here"

    def test_a_quantised_model_gives_the_checkpoints_tokens(self):
        for form in ("mxint8", "int4"):
            target = self.target / form
            self.assertIn(form, self.good("quantize", CHECKPOINT, target, "--format", form).decode())
            wanted = self.generate("--max-tokens", "16", "--format", form)["tokens"]
            self.assertEqual(self.generate("--max-tokens", "16", "--model", target)["tokens"], wanted)
            other = "int4" if form == "mxint8" else "mxint8"
            self.refused("run", "--device", "software", "--model", target, "--format", other, says="--format")
        self.refused("quantize", target, self.folder / "again", says="quantised already")

    def test_a_destination_that_holds_something_is_left_alone(self):
        self.target.mkdir(parents=True)
        note = self.target / "note"
        note.write_text("mine")
        self.refused("quantize", CHECKPOINT, self.target, says=[str(self.target), "not empty"])
        self.refused("quantize", CHECKPOINT, note, says="not a directory")
        self.assertEqual((os.listdir(self.target), note.read_text()), (["note"], "mine"))
        self.refused("quantize", CHECKPOINT, CHECKPOINT, says="not empty")

    def test_an_empty_directory_is_a_destination(self):
        self.target.mkdir(parents=True)
        self.good("quantize", CHECKPOINT, self.target)
        self.assertEqual(len(self.generate("--max-tokens", "2", "--model", self.target)["tokens"]), 2)

    def test_what_cannot_be_read_or_written_is_named(self):
        self.refused("quantize", self.folder / "missing", self.target, says="missing")
        self.refused("quantize", self.folder, self.target, says="config.json")
        self.refused("quantize", CHECKPOINT, "/proc/nothing", says="/proc/nothing", status=3)
        self.refused("quantize", CHECKPOINT, self.file("file", b"") / "below", says="below", status=3)
        self.refused("quantize", CHECKPOINT, self.target, "--format", "float", says="float")
        self.assertFalse(self.target.exists())

    def test_a_disk_that_fills_up_leaves_nothing(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (ONE_MIB, ONE_MIB))

        self.refused("quantize", CHECKPOINT, self.target, says="sluice-model.safetensors", status=3, preexec_fn=limit)
        self.assertFalse(self.target.exists())

    def test_a_killed_run_leaves_nothing_that_passes_for_a_model(self):
        for kill_at in range(1, 4):  # when so many files are there
            target = self.folder / f"killed-{kill_at}"
            process = start("quantize", CHECKPOINT, target)
            while process.poll() is None and (not target.exists() or len(os.listdir(target)) < kill_at):
                pass
            process.kill()
            process.communicate()
            if process.returncode != 0:
                self.assertNotIn("sluice-model.safetensors", os.listdir(target))
                self.refused("run", "--device", "software", "--model", target)
                self.refused("quantize", CHECKPOINT, target, says="not empty")


if __name__ == "__main__":
    unittest.main()
