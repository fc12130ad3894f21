"""Tests of scripts/check_includes.py: allowed edges pass, and a planted violation of each kind is found."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check_includes.py"


def run(files):
    """Runs the check on a tree of {path: text}; returns (exit status, output)."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class CheckIncludes(unittest.TestCase):
    def assert_allowed(self, source, included):
        self.assertEqual(run({source: f'#include "{included}"\n'}), (0, ""), f"{source} -> {included}")

    def assert_caught(self, source, included):
        status, output = run({source: f'#include <vector>\n#include "{included}"\n'})
        self.assertEqual(status, 1, f"{source} -> {included}: {output}")
        self.assertIn(f"{source}:2: ", output)

    def test_allowed_edges_pass(self):
        for source, included in [
            ("host/base/file.cpp", "host/base/file.hpp"),
            ("host/model/config.cpp", "host/base/result.hpp"),
            ("host/quant/pack.cpp", "host/model/config.hpp"),
            ("host/store/tier.hpp", "host/model/config.hpp"),
            ("host/engine/engine.cpp", "host/device/device.hpp"),
            ("host/engine/engine.cpp", "host/attention/window.hpp"),
            ("host/device/software/software.cpp", "host/device/device.hpp"),
            ("host/device/software/software.cpp", "hls/vector/norm.hpp"),
            ("host/device/simulation/simulation.cpp", "sim/harness/card.hpp"),
            ("host/cli/main.cpp", "host/device/simulation/simulation.hpp"),
            ("hls/router/router.cpp", "host/device/command.hpp"),
            ("hls/router/router.cpp", "hls/vector/norm.hpp"),
            ("sim/harness/card.cpp", "hls/vector/norm.hpp"),
            ("sim/harness/card.cpp", "host/device/command.hpp"),
            ("sim/harness/card.cpp", "Vcard.h"),
        ]:
            self.assert_allowed(source, included)

    def test_forbidden_edges_are_caught(self):
        for source, included in [
            ("host/base/file.cpp", "host/model/config.hpp"),
            ("host/model/config.cpp", "host/quant/pack.hpp"),
            ("host/engine/engine.cpp", "host/device/software/software.hpp"),
            ("host/engine/engine.cpp", "sim/harness/card.hpp"),
            ("host/device/device.cpp", "hls/vector/norm.hpp"),
            ("host/device/software/software.cpp", "sim/harness/card.hpp"),
            ("host/device/device.cpp", "host/engine/engine.hpp"),
            ("hls/router/router.cpp", "host/base/result.hpp"),
            ("hls/router/router.cpp", "sim/harness/card.hpp"),
            ("sim/harness/card.cpp", "host/device/device.hpp"),
            ("host/cli/main.cpp", "testbench/support/random.hpp"),
            ("sim/harness/card.cpp", "testbench/support/random.hpp"),
            ("host/model/config.cpp", "../quant/pack.hpp"),
        ]:
            self.assert_caught(source, included)

    def test_angle_brackets_hide_nothing(self):
        status, output = run({"hls/router/router.cpp": "  #  include <host/base/result.hpp>\n"})
        self.assertEqual(status, 1)
        self.assertIn("hls/router/router.cpp:1: ", output)

    def test_the_command_header_stands_alone(self):
        self.assert_caught("host/device/command.hpp", "host/base/result.hpp")
        self.assert_caught("host/device/command.hpp", "host/device/device.hpp")

    def test_a_library_without_entry_is_named(self):
        status, output = run({"host/novel/novel.cpp": '#include "host/model/config.hpp"\n'})
        self.assertEqual(status, 1)
        self.assertIn("host/novel has no entry", output)

    def test_tests_may_include_anything(self):
        self.assert_allowed("testbench/hls/router_test.cpp", "host/model/config.hpp")


if __name__ == "__main__":
    unittest.main()
