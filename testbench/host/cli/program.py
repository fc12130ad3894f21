"""Driving the built `sluice`: environment SLUICE is its path. Tests run in the repository's root."""

import ctypes
import errno
import json
import os
import platform
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ.get("SLUICE", "build/release/host/cli/sluice")
CHECKPOINT = Path("models/fable-mla")
TEXTS = Path("testbench/texts")
LONG = 1900  # tokens to generate where a test interrupts the program long before
TIMEOUT_S = 120


def has_simulation():
    listed = json.loads(subprocess.run([PROGRAM, "devices", "--json"], stdout=subprocess.PIPE, check=True).stdout)
    return any(device["name"] == "simulation" and device["available"] for device in listed["devices"])


def start(*arguments, **streams):
    """A process with its output in pipes."""
    return subprocess.Popen([PROGRAM, *arguments], stdout=streams.get("stdout", subprocess.PIPE),
                            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, preexec_fn=streams.get("preexec_fn"))


def without_unnamed_files():
    """For preexec_fn: openat() with O_TMPFILE fails as on a file system that has no such files. A seccomp filter."""
    openat = {"x86_64": 257, "aarch64": 56}[platform.machine()]
    load, equal, bits_set, give = 0x20, 0x15, 0x45, 0x06  # BPF; the offsets are those of struct seccomp_data
    allow, fail, tmpfile_flag = 0x7FFF0000, 0x00050000 | errno.EOPNOTSUPP, 0o20000000
    program = [(load, 0, 0, 0), (equal, 0, 3, openat), (load, 0, 0, 16 + 8 * 2), (bits_set, 0, 1, tmpfile_flag),
               (give, 0, 0, fail), (give, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    header = ctypes.create_string_buffer(struct.pack("HP", len(program), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    if prctl(no_new_privileges, 1, 0, 0, 0) != 0 or prctl(set_seccomp, filter_mode, header, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="sluice-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def sluice(self, *arguments, stdin=b"", **options):
        """Runs to the end; output as bytes."""
        return subprocess.run([PROGRAM, *arguments], input=stdin, stdout=options.pop("stdout", subprocess.PIPE),
                              stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False, **options)

    def good(self, *arguments, **options):
        """Standard output of a run that must succeed."""
        done = self.sluice(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return done.stdout

    def json(self, command, *arguments, **options):
        """The one object that --json writes."""
        out = self.good(command, "--json", *arguments, **options)
        self.assertEqual(out.count(b"\n"), 1)
        return json.loads(out)

    def generate(self, *arguments, device="software", **options):
        return self.json("run", "--device", device, *arguments, **options)

    def assert_one_error_line(self, err, *parts):
        err = err.decode(errors="replace")
        self.assertTrue(err.startswith("sluice: "), err)
        self.assertEqual((err.count("\n"), err[-1]), (1, "\n"), err)
        for part in parts:
            self.assertIn(part, err)

    def refused(self, *arguments, says=(), status=2, **options):
        """Ends with `status`, one line on standard error that has the parts `says`, and nothing on standard output."""
        done = self.sluice(*arguments, **options)
        shown = [argument if len(argument) < 80 else argument[:80] for argument in map(str, arguments)]
        with self.subTest(arguments=shown):
            self.assertEqual(done.returncode, status, done.stderr.decode(errors="replace"))
            self.assert_one_error_line(done.stderr, *([says] if isinstance(says, str) else says))
            self.assertIn(done.stdout, (b"", None))
