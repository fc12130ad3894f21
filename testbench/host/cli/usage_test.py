"""Arguments, help and the standard streams."""

import json
import subprocess
import unittest

from program import LONG, PROGRAM, ProgramTest, start

FLAGS = {
    "run": ["--prompt", "--prompt-file", "--max-tokens", "--temperature", "--top-k", "--top-p", "--min-p",
            "--repetition-penalty", "--seed", "--stop", "--model", "--format", "--device", "--waves",
            "--waves-from", "--waves-cycles", "--verbose", "--json"],
    "chat": ["--system", "--max-tokens", "--context", "--stop", "--temperature", "--top-k", "--top-p", "--min-p",
             "--repetition-penalty", "--seed", "--model", "--format", "--device", "--verbose", "--json"],
    "eval": ["--text", "--model", "--format", "--device", "--window", "--max-tokens", "--verbose", "--json"],
    "quantize": ["--format"],
    "devices": ["--json"],
}


class Usage(ProgramTest):
    def test_help_names_every_command_and_flag(self):
        text = self.good("--help").decode()
        for command, flags in FLAGS.items():
            self.assertIn(command, text)
            help_of_command = self.good(command, "--help").decode()
            for flag in flags:
                self.assertRegex(help_of_command, rf"(?m)^ +{flag}\b")
        self.assertIn("Ctrl-C", self.good("run", "--help").decode())

    def test_version(self):
        self.assertRegex(self.good("--version").decode(), r"^sluice \d+\.\d+\.\d+ .*\n$")

    def test_devices(self):
        table = self.good("devices").decode()
        listed = json.loads(self.good("devices", "--json"))["devices"]
        self.assertEqual({"simulation", "software"}, {device["name"] for device in listed})
        for device in listed:
            self.assertIn(device["name"], table)
            self.assertEqual(device["available"], device["why_not"] == "")

    def test_what_is_not_understood_is_refused(self):
        self.refused(says="sluice --help")
        self.refused("frobnicate", says=["'frobnicate'", "run, chat, eval, quantize, devices"])
        self.refused("--frobnicate", says="--frobnicate")
        self.refused("run", "--frobnicate", says=["--frobnicate", "sluice run --help"])
        self.refused("run", "stray", says="stray")
        self.refused("run", "--prompt", says="--prompt")
        self.refused("run", "--prompt", "a", "--prompt-file", "b", says="--prompt-file")
        self.refused("run", "--device", "abacus", says=["abacus", "simulation, software"])
        self.refused("run", "--format", "float", says=["float", "mxint8, int4, mxfp4"])
        self.refused("eval", says="--text")
        self.refused("quantize", "models/fable-mla", says="destination")
        self.refused("devices", "stray", says="stray")

    def test_numbers_out_of_range_are_refused(self):
        software = ("run", "--device", "software")
        for flag in ("--max-tokens", "--top-k", "--seed", "--waves-from", "--waves-cycles"):
            for number in ("-1", "1.5", "5x", "x", "", "0x10", " 1", "99999999999999999999999"):
                self.refused(*software, flag, number, says=[flag, "whole number"])
        self.refused(*software, "--max-tokens", str(2**32), says="whole number")
        self.refused(*software, "--max-tokens", str(2**32 - 1), says=["context overflows", "--max-tokens"])
        self.refused(*software, "--top-k", str(2**32), says=["--top-k", "whole number"])
        for flag, numbers in {"--temperature": ("nan", "-1", "101", "inf"), "--top-p": ("0", "2", "-0.5", "nan"),
                              "--min-p": ("-0.1", "1.1", "nan", "inf"),
                              "--repetition-penalty": ("0", "-1", "0.06", "16.1", "nan", "inf")}.items():
            for number in numbers:
                self.refused(*software, flag, number, says=[flag[2:], "must be"])
            for text in ("x", "", "1,5", "1x"):
                self.refused(*software, flag, text, says=[flag, "is not a number"])

    def test_waves_need_the_simulation_and_a_file(self):
        self.refused("run", "--device", "software", "--waves", "x.fst", says="--waves")
        self.refused("run", "--device", "software", "--waves-from", "3", says="--waves")

    def test_a_zero_before_a_number_does_not_make_it_octal(self):
        out = self.json("run", "--device", "software", "--max-tokens", "010")
        self.assertEqual(len(out["tokens"]), 10)


class Streams(ProgramTest):
    def test_a_full_disk_is_an_error(self):
        for arguments in (("--version",), ("--help",), ("devices",), ("devices", "--json"),
                          ("run", "--device", "software", "--max-tokens", "2"),
                          ("run", "--device", "software", "--max-tokens", "2", "--json"),
                          ("eval", "--text", "testbench/texts/README.md", "--max-tokens", "4")):
            with open("/dev/full", "wb") as full:
                self.refused(*arguments, status=3, says=["standard output", "No space left"], stdout=full)

    def test_a_closed_standard_output_is_an_error(self):
        for arguments in ("devices", "run --device software --max-tokens 2"):
            done = subprocess.run(["/bin/sh", "-c", f'exec "$0" {arguments} >&-', PROGRAM], stderr=subprocess.PIPE,
                                  check=False)
            self.assertEqual(done.returncode, 3)
            self.assert_one_error_line(done.stderr, "standard output")

    def test_a_reader_that_goes_away_ends_the_program(self):
        process = start("run", "--device", "software", "--max-tokens", str(LONG))
        process.stdout.read(5)
        process.stdout.close()
        err = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(), 3)
        self.assert_one_error_line(err, "standard output: Broken pipe")

    def test_a_closed_standard_error_changes_nothing(self):
        done = subprocess.run(["/bin/sh", "-c", 'exec "$0" run --device software --max-tokens 2 --verbose 2>&-', PROGRAM],
                              stdout=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith(b"Once upon a time"))


if __name__ == "__main__":
    unittest.main()
