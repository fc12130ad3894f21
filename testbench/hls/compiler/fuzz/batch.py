"""Builds and runs a batch of kernels at several clock targets: sluice-hls, Verilator, one executable."""
import pathlib
import re
import shutil
import subprocess

HEADERS = ["verilated.h", "testbench/support/hls_bench/verilated_kernel.hpp",
           "testbench/support/hls_bench/native_kernel.hpp", "sluice_dataflow.h",
           "testbench/hls/compiler/fuzz/batch_main.hpp"]
# Of a kernel in sluice-hls or Verilator, of a unit of C++, of a run; for machines that do much else.
COMPILE_LIMIT_S = 120
CXX_LIMIT_S = 900
RUN_LIMIT_S = 120


class Tools:
    """Where the programs are; `targets`: [(name, [options of sluice-hls])]."""

    def __init__(self, sluice_hls, cxx, verilator, verilator_root, source, libraries, targets):
        self.sluice_hls, self.cxx, self.verilator = sluice_hls, cxx, verilator
        self.source, self.libraries, self.targets = pathlib.Path(source).resolve(), libraries, targets
        self.flags = ["-std=c++20", "-w", "-fbracket-depth=4096", "-isystem", f"{verilator_root}/include",
                      "-isystem", f"{verilator_root}/include/vltstd", f"-I{self.source}",
                      f"-I{self.source}/hls/include", "-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TRACE=0"]
        self.rtl_folders = [f for f in sorted((self.source / "rtl").iterdir()) if f.is_dir()]


def run(command, limit=COMPILE_LIMIT_S, **options):
    """Status (None: out of time) and output."""
    try:
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=limit, check=False, **options)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        return None, (late.stdout or b"").decode(errors="replace") if isinstance(late.stdout, bytes) else ""


def reason(status, output):
    """Why a program was refused, the same text for the same kind."""
    if status is None:
        return "COMPILER: out of time"
    found = re.search(r"error: (.*)", output)
    if status < 0 or not found:
        return f"COMPILER: ends with status {status}: {output.strip().splitlines()[-1][:120] if output.strip() else ''}"
    text = re.sub(r"'[^']*'", "'...'", found.group(1))
    return re.sub(r"\d+", "N", text)[:140]


# Unoptimised: the runs take milliseconds, the compiler seconds.
OPTIMISE = ["-O0", "-fpch-instantiate-templates"]
SANITIZE = ["-fsanitize=undefined", "-fno-sanitize-recover=all"]


def build_headers(tools, folder):
    """Precompiled headers, with and without the sanitizer."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "batch.hpp").write_text("".join(f'#include "{h}"\n' for h in HEADERS))
    for name, extra in (("plain", []), ("sanitized", SANITIZE)):
        status, output = run([tools.cxx, *tools.flags, *OPTIMISE, *extra, "-x", "c++-header", folder / "batch.hpp", "-o",
                              folder / f"{name}.pch"], limit=CXX_LIMIT_S)
        if status != 0:
            raise SystemExit(output or f"the bench's headers do not compile in {CXX_LIMIT_S} s")


class Kernel:
    """One program on its way."""

    def __init__(self, name, source, sanitize, bench_options=(), compiler_options=()):
        self.name, self.source, self.sanitize = name, source, sanitize
        self.bench_options, self.compiler_options = list(bench_options), list(compiler_options)
        self.refusals = {}  # target: reason
        self.results = {}   # target: (status, output)
        self.failure = ""   # of a tool that must not fail


def native_text(kernel):
    return (f'namespace native_{kernel.name} {{\n#include "{kernel.source}"\n}}\n'
            f"namespace sluice::hls_bench {{\nNativeKernel native_{kernel.name}(const RtlKernel& rtl) "
            f"{{ return make_native(&::native_{kernel.name}::{kernel.name}, rtl); }}\n}}\n")


class Batch:
    def __init__(self, tools, folder, headers):
        self.tools, self.folder, self.headers = tools, folder, headers

    def compile_to_rtl(self, kernel):
        """sluice-hls at all targets, then Verilator; includes of the verilated sources."""
        lines = []
        for target, options in self.tools.targets:
            out = self.folder / f"{kernel.name}_{target}"
            status, output = run([self.tools.sluice_hls, kernel.source, "--top", kernel.name, "-o", out, *options,
                                  *kernel.compiler_options])
            if status != 0:
                kernel.refusals[target] = reason(status, output)
                continue
            prefix = f"V{kernel.name}_{target}"
            status, output = run([self.tools.verilator, "--cc", "--prefix", prefix, "--top-module", kernel.name,
                                  "--Mdir", out / "v", "-O3", "--x-assign", "fast", "--x-initial", "unique", "-fno-reloop",
                                  "--output-split", "0", "--assert", "-Wall", "-Wno-fatal", "-Wno-DECLFILENAME",
                                  *(a for f in self.tools.rtl_folders for a in ("-y", f)), out / f"{kernel.name}.sv"])
            warnings = [line for line in output.splitlines() if line.startswith("%") and kernel.name + ".sv" in line]
            if status != 0 or warnings:
                kernel.failure = f"{target}: verilator: " + ("\n".join(warnings) or output)[:500]
                continue
            adapter = (out / f"{kernel.name}_adapter.cpp").read_text()
            adapter = re.sub(rf"\bV{kernel.name}\b", prefix, adapter)
            adapter = re.sub(rf"\bmake_rtl_{kernel.name}\b", f"make_rtl_{kernel.name}_{target}", adapter)
            (out / "adapter.cpp").write_text(adapter.replace(f'"{prefix}.h"', f'"{out}/v/{prefix}.h"'))
            lines += [f'#include "{path}"' for path in sorted((out / "v").glob("*.cpp"))]
            lines.append(f'#include "{out}/adapter.cpp"')
        return lines

    def compile_cpp(self, name, text, kind="plain", options=()):
        source, result = self.folder / f"{name}.cpp", self.folder / f"{name}.o"
        source.write_text(text)
        status, output = run([self.tools.cxx, *self.tools.flags, *OPTIMISE, *options, "-include-pch", self.headers / f"{kind}.pch",
                              "-c", source, "-o", result], limit=CXX_LIMIT_S)
        return (None, output or "out of time") if status != 0 else (result, "")

    def rtl_object(self, kernel, lines):
        folders = [f"-I{self.folder}/{kernel.name}_{t}/v" for t, _ in self.tools.targets if t not in kernel.refusals]
        return self.compile_cpp(f"{kernel.name}_rtl", "\n".join(lines) + "\n", options=folders)

    def native_objects(self, kernels):
        """One for all plain kernels, which share most of their types, and one for the sanitized ones."""
        found = []
        for kind, options, chosen in (("plain", [], [k for k in kernels if not k.sanitize]),
                                      ("sanitized", SANITIZE, [k for k in kernels if k.sanitize])):
            if not chosen:
                continue
            made, output = self.compile_cpp(kind, "".join(map(native_text, chosen)), kind, options)
            if made:
                found.append(made)
                continue
            for kernel in chosen:  # which one is it?
                made, output = self.compile_cpp(f"{kernel.name}_native", native_text(kernel), kind, options)
                if made:
                    found.append(made)
                else:
                    kernel.failure = "native C++: " + output[:800]
        return found

    def build(self, kernels):
        """The executable, of the kernels that came so far; None if there are none."""
        objects, good = [], []
        for kernel in kernels:
            lines = self.compile_to_rtl(kernel)
            if not lines or kernel.failure:
                continue
            made, output = self.rtl_object(kernel, lines)
            if made:
                objects.append(made)
                good.append(kernel)
            else:
                kernel.failure = "C++ of Verilator: " + output[:800]
        objects += self.native_objects(good)
        good = [kernel for kernel in good if not kernel.failure]
        return self.link(good, objects) if good else None

    def link(self, kernels, objects):
        runs, declarations = [], []
        for kernel in kernels:
            declarations.append(f"NativeKernel native_{kernel.name}(const RtlKernel&);")
            for target, _ in self.tools.targets:
                if target not in kernel.refusals:
                    function = f"make_rtl_{kernel.name}_{target}"
                    declarations.append(f"RtlKernel {function}();")
                    runs.append(f'  {{"{kernel.name}", "{target}", {function}, native_{kernel.name}}},')
        text = "\n".join(["namespace sluice::hls_bench {", *declarations, "static const FuzzRun kRuns[] = {", *runs,
                          "};", "}", "int main(int argc, char** argv) {",
                          "  return sluice::hls_bench::run_fuzz(sluice::hls_bench::kRuns, argc, argv);", "}", ""])
        main, output = self.compile_cpp("main", text)
        if not main:
            raise SystemExit(output)
        program = self.folder / "batch"
        status, output = run([self.tools.cxx, "-fsanitize=undefined", main, *objects, *self.tools.libraries, "-lpthread",
                              "-o", program], limit=CXX_LIMIT_S)
        if status != 0:
            raise SystemExit(output)
        return program

    def run_all(self, program, kernels, extra=()):
        for kernel in kernels:
            for target, _ in self.tools.targets:
                if target not in kernel.refusals and not kernel.failure:
                    kernel.results[target] = run([program, kernel.name, target, *kernel.bench_options, *extra],
                                                 limit=RUN_LIMIT_S)

    def clean(self):
        shutil.rmtree(self.folder, ignore_errors=True)
