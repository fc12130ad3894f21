"""The program sluice-hls from outside: arguments, diagnostics, files."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["SLUICE_HLS"]

KERNEL = """#include <ap_int.h>
#include <hls_stream.h>
#ifndef OFFSET
#define OFFSET 1
#endif
void scale(hls::stream<ap_int<16>>& in, hls::stream<ap_int<32>>& out, unsigned short n, short gain) {
scaling:
  for (int i = 0; i < n; ++i) {
#pragma HLS PIPELINE II=1
    ap_int<16> x = in.read();
    out.write(x * gain + OFFSET);
  }
}
"""

# The feedback takes longer than one short cycle: the accumulator's multiplication can't be at II 1.
RECURRENCE = """#include <ap_int.h>
#include <hls_stream.h>
void power(hls::stream<ap_uint<64>>& in, hls::stream<ap_uint<64>>& out) {
  ap_uint<64> product = 1;
  for (int i = 0; i < 16; ++i) {
#pragma HLS PIPELINE II=1
    product = product * in.read() + i;
  }
  out.write(product);
}
"""

FILES = ["scale.html", "scale.json", "scale.sv", "scale.txt", "scale_adapter.cpp"]


class ProgramTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.output = self.folder / "out"

    def run_program(self, *arguments, status=0):
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False,
                              cwd=self.folder, timeout=120)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def source(self, text, name="kernel.cpp"):
        path = self.folder / name
        path.write_text(text)
        return path

    def names(self):
        return sorted(path.name for path in self.output.iterdir()) if self.output.exists() else []


class Synthesis(ProgramTest):
    @unittest.skipUnless(shutil.which("yosys"), "Yosys is not installed")
    def test_area_is_in_the_reports(self):
        kernel = self.source(KERNEL)
        plain = self.run_program(kernel, "--top", "scale", "-o", self.output).stdout
        self.assertNotIn("synthesis", json.loads((self.output / "scale.json").read_text()))
        text = (self.output / "scale.txt").read_text()
        done = self.run_program(kernel, "--top", "scale", "-o", self.output, "--synthesise")
        self.assertEqual(self.names(), sorted(FILES + ["scale_netlist.v"]))
        self.assertTrue(done.stdout.startswith(plain))
        synthesis = json.loads((self.output / "scale.json").read_text())["synthesis"]
        total = synthesis["total"]
        self.assertGreater(total["luts"], 0)
        self.assertGreaterEqual(total["flip_flops"], 2 * (16 + 32))  # the queues at the ports hold two words
        self.assertEqual(total["dsps"], 1)
        for resource in total:
            self.assertEqual(total[resource] >= sum(m[resource] for m in synthesis["modules"].values()), True)
        report = (self.output / "scale.txt").read_text()
        self.assertTrue(report.startswith(text))
        self.assertRegex(report[len(text):], r"(?s)synth_xilinx.*scale_process.*\n  all ")
        self.assertIn("module scale(", (self.output / "scale_netlist.v").read_text())

    def test_without_yosys_the_package_is_named(self):
        done = subprocess.run([PROGRAM, self.source(KERNEL), "--top", "scale", "-o", self.output, "--synthesise"],
                              capture_output=True, text=True, check=False, timeout=120, env={"PATH": "/nowhere"})
        self.assertEqual(done.returncode, 3)
        self.assertIn("install the package yosys", done.stderr)
        self.assertEqual(self.names(), FILES)


class Usage(ProgramTest):
    def test_help_names_every_option(self):
        text = self.run_program("--help").stdout
        for option in ("--top", "-o,--output", "--clock-ns", "--target", "-I", "-D", "--print", "--list-targets",
                       "--json-diagnostics", "--hls-include", "--mutants", "--mutant-seed", "--version"):
            self.assertRegex(text, rf"(?m)^ +(-h,)?{option}\b")
        self.assertNotIn("--plant", text)

    def test_targets_and_version(self):
        self.assertIn("vup", self.run_program("--list-targets").stdout.split("\n"))
        self.assertRegex(self.run_program("--version").stdout, r"^sluice-hls \d+\.\d+\.\d+\n$")

    def test_what_is_not_understood_is_refused(self):
        kernel = self.source(KERNEL)
        for arguments, said in (([], "KERNEL"), ([kernel], "--top"), ([kernel, "--top", "scale", "--frob"], "--frob"),
                                ([kernel, "stray", "--top", "scale"], "stray"),
                                ([kernel, "--top", "scale", "--clock-ns", "-1"], "--clock-ns"),
                                ([kernel, "--top", "scale", "--clock-ns", "nan"], "--clock-ns"),
                                ([kernel, "--top", "scale", "--target", "abacus"], "vup"),
                                ([kernel, "--top", "scale", "--print", "poems"], "--print"),
                                ([kernel, "--top", "scale", "--mutants", "-1"], "--mutants"),
                                ([kernel, "--top", "scale", "--plant", "tulip"], "sign-extension")):
            done = self.run_program(*arguments, status=2)
            self.assertIn(said, done.stderr)
            self.assertIn("sluice-hls --help", done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)
            self.assertEqual(done.stdout, "")


class Messages(ProgramTest):
    def test_missing_file(self):
        done = self.run_program("no/such.cpp", "--top", "f", status=1)
        self.assertIn("no/such.cpp", done.stderr)
        self.assertEqual(self.names(), [])

    def test_error_shows_place_line_and_caret(self):
        kernel = self.source("void top(int& out) {\n\tout = absent_name;\n}\n")
        done = self.run_program(kernel, "--top", "top", status=1)
        self.assertEqual(done.stderr, f"{kernel}:2:8: error: use of undeclared identifier 'absent_name'\n"
                                      "\tout = absent_name;\n\t      ^\n1 error.\n")

    def test_paths_are_as_given(self):
        self.source("void top(int& out) {\n#pragma HLS PIPLINE\n}\n", "mine.cpp")
        done = self.run_program("mine.cpp", "--top", "top", status=1)
        self.assertTrue(done.stderr.startswith("mine.cpp:2:13: error: unknown directive 'PIPLINE'"), done.stderr)
        self.assertIn("did you mean 'pipeline'?", done.stderr)

    def test_json(self):
        kernel = self.source("void top(int& out) {\n#pragma HLS EXPRESSION_BALANCE\n  out = absent_name;\n}\n")
        done = self.run_program(kernel, "--top", "top", "--json-diagnostics", status=1)
        warning, error = map(json.loads, done.stderr.splitlines())
        self.assertEqual(warning["severity"], "warning")
        self.assertEqual(warning["line"], 2)
        self.assertEqual(error, {"severity": "error", "file": str(kernel), "line": 3, "column": 9,
                                 "message": "use of undeclared identifier 'absent_name'"})

    def test_unknown_top(self):
        done = self.run_program(self.source(KERNEL), "--top", "scal", status=1)
        self.assertIn("did you mean 'scale'?", done.stderr)

    def test_an_ii_that_can_not_be_had_names_the_recurrence(self):
        kernel = self.source(RECURRENCE)
        done = self.run_program(kernel, "--top", "power", "-o", self.output, "--clock-ns", "2", status=1)
        self.assertRegex(done.stderr, rf"{kernel}:\d+:\d+: error: ")
        self.assertIn("product", done.stderr)
        self.assertEqual(self.names(), [])


class Compilation(ProgramTest):
    def test_all_files_and_a_summary(self):
        done = self.run_program(self.source(KERNEL), "--top", "scale", "-o", self.output)
        self.assertEqual(self.names(), FILES)
        for name in FILES:
            self.assertIn(f"wrote {self.output / name}\n", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^ +scale +scaling +8 +1 +\d+ ")
        self.assertIn("module scale", (self.output / "scale.sv").read_text())
        json.loads((self.output / "scale.json").read_text())
        self.assertEqual(done.stderr, "")

    def test_the_same_again_is_the_same(self):
        kernel = self.source(KERNEL)
        self.run_program(kernel, "--top", "scale", "-o", self.output)
        first = {name: (self.output / name).read_bytes() for name in FILES}
        times = {name: (self.output / name).stat().st_mtime_ns for name in FILES}
        self.run_program(kernel, "--top", "scale", "-o", self.output)
        self.assertEqual(first, {name: (self.output / name).read_bytes() for name in FILES})
        self.assertEqual(times, {name: (self.output / name).stat().st_mtime_ns for name in FILES})

    def test_definitions_reach_the_hardware(self):
        kernel = self.source(KERNEL)
        texts = []
        for definition in ("-DOFFSET=77", "-DOFFSET=78"):
            texts.append(self.run_program(kernel, "--top", "scale", definition, "--print", "ir").stdout)
        self.assertNotEqual(*texts)
        self.assertEqual(texts[0].replace("0x4D", "0x4E"), texts[1])

    def test_forms_on_the_way(self):
        kernel = self.source(KERNEL)
        self.assertIn("__sluice_hls_pragma", self.run_program(kernel, "--top", "scale", "--print", "llvm").stdout)
        self.assertIn("stream_read", self.run_program(kernel, "--top", "scale", "--print", "ir").stdout)
        schedule = self.run_program(kernel, "--top", "scale", "--print", "schedule").stdout
        self.assertRegex(schedule, r"cycle +0 .*stream_read")
        self.assertIn("II 1", schedule)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["kernel.cpp"])

    def test_a_failure_leaves_the_files_of_before(self):
        self.run_program(self.source(KERNEL), "--top", "scale", "-o", self.output)
        before = {name: (self.output / name).read_bytes() for name in FILES}
        broken = self.source(KERNEL.replace("in.read()", "in.reed()"), "broken.cpp")
        self.run_program(broken, "--top", "scale", "-o", self.output, status=1)
        self.assertEqual(before, {path.name: path.read_bytes() for path in self.output.iterdir()})

    def test_a_folder_that_can_not_be_written(self):
        self.output.write_text("a file")
        done = self.run_program(self.source(KERNEL), "--top", "scale", "-o", self.output, status=3)
        self.assertIn(str(self.output), done.stderr)
        # One of the files can't be replaced: none is.
        self.output.unlink()
        (self.output / "scale_adapter.cpp").mkdir(parents=True)
        self.run_program(self.source(KERNEL), "--top", "scale", "-o", self.output, status=3)
        self.assertEqual(self.names(), ["scale_adapter.cpp"])

    def test_mutants_are_built_in_and_listed(self):
        kernel = self.source(KERNEL)
        self.run_program(kernel, "--top", "scale", "-o", self.output, "--mutants", "50")
        self.assertEqual(self.names(), sorted([*FILES, "scale_mutants.json"]))
        mutants = json.loads((self.output / "scale_mutants.json").read_text())["mutants"]
        self.assertEqual([mutant["number"] for mutant in mutants], list(range(1, 51)))
        for mutant in mutants:
            self.assertEqual(mutant["file"], str(kernel))
            self.assertIn(mutant["line"], range(6, 13), mutant)
        self.assertIn("ap_mutant_i", (self.output / "scale.sv").read_text())
        self.assertIn("m.ap_mutant_i", (self.output / "scale_adapter.cpp").read_text())

    def test_a_planted_fault_is_said_and_is_in_the_output(self):
        kernel = self.source(KERNEL)
        self.run_program(kernel, "--top", "scale", "-o", self.output)
        good = (self.output / "scale.sv").read_text()
        done = self.run_program(kernel, "--top", "scale", "-o", self.output, "--plant", "sign-extension")
        self.assertIn("planted", done.stderr)
        self.assertNotEqual(good, (self.output / "scale.sv").read_text())


if __name__ == "__main__":
    unittest.main()
