"""`sluice quantize`: what it writes runs as the checkpoint does; whatever ends it leaves nothing that looks whole."""

import os
import random
import resource
import signal
import time
import unittest

from program import CHECKPOINT, ProgramTest, start, without_unnamed_files

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



class Killed(ProgramTest):
    """Runs that a signal ends at a random moment."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(1)
        begin = time.monotonic()
        self.whole = self.folder / "whole"
        self.good("quantize", CHECKPOINT, self.whole)
        self.duration_s = time.monotonic() - begin

    def end(self, target, number, **options):
        """Starts a run, sends it the signal somewhere on its way, and says whether that ended it."""
        process = start("quantize", CHECKPOINT, target, **options)
        time.sleep(self.random.uniform(0, self.duration_s))
        process.send_signal(number)
        process.communicate()
        self.assertIn(process.returncode, (0, -number))
        return process.returncode != 0

    def end_while_saving(self, target, number, **options):
        """The same in the moment in which the first name appears in the directory."""
        process = start("quantize", CHECKPOINT, target, **options)
        while process.poll() is None and (not target.exists() or not os.listdir(target)):
            pass
        process.send_signal(number)
        process.communicate()
        return process.returncode != 0

    def check_all_whole(self, target):
        """Every file that is there is complete."""
        for name in os.listdir(target) if target.exists() else ():
            self.assertTrue((self.whole / name).exists(), name)
            self.assertTrue((target / name).read_bytes() == (self.whole / name).read_bytes(), name)

    def test_no_signal_leaves_half_a_file(self):
        for i in range(9):
            number = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)[i % 3]
            target = self.folder / f"killed-{i}"
            ended = self.end(target, number)
            self.check_all_whole(target)
            if ended and number != signal.SIGKILL and target.exists():
                self.assertTrue(os.listdir(target))
            if ended and target.exists() and not os.listdir(target):
                self.good("quantize", CHECKPOINT, target)
                self.check_all_whole(target)

    def test_a_run_killed_as_its_files_get_their_names_leaves_only_whole_ones(self):
        for i in range(4):
            target = self.folder / f"killed-{i}"
            self.end_while_saving(target, signal.SIGKILL)
            self.check_all_whole(target)
            if "sluice-model.safetensors" not in os.listdir(target):
                self.refused("run", "--device", "software", "--model", target)

    def test_without_unnamed_files_signals_leave_no_temporary_files(self):
        for i, number in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT) * 2):
            target = self.folder / f"killed-{i}"
            self.end_while_saving(target, number, preexec_fn=without_unnamed_files)
            self.check_all_whole(target)

    def test_without_unnamed_files_the_next_run_removes_what_a_killed_one_left(self):
        left = 0
        for i in range(4):
            target = self.folder / f"killed-{i}"
            ended = self.end_while_saving(target, signal.SIGKILL, preexec_fn=without_unnamed_files)
            names = os.listdir(target)
            if not ended or "config.json" in names:
                continue
            self.assertTrue(all(".tmp-" in name and name.startswith(".") for name in names), names)
            self.refused("run", "--device", "software", "--model", target)
            left += len(names)
            self.good("quantize", CHECKPOINT, target, preexec_fn=without_unnamed_files)
            self.assertEqual(sorted(os.listdir(target)), sorted(os.listdir(self.whole)))
            self.check_all_whole(target)
        self.assertGreater(left, 0)

    def test_an_ignored_signal_stays_ignored(self):
        def begin():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            without_unnamed_files()

        target = self.folder / "nohup"
        self.assertFalse(self.end_while_saving(target, signal.SIGHUP, preexec_fn=begin))
        self.assertEqual(sorted(os.listdir(target)), sorted(os.listdir(self.whole)))


if __name__ == "__main__":
    unittest.main()
