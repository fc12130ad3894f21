"""Whether a mutant can be told from its original at all: Yosys makes gates of the kernel, its ABC proves by PDR that
two copies, one with the mutant, never differ. README.md says what exactly is compared."""
import pathlib
import re
import subprocess
import threading

import aiger

PORT = re.compile(r"^  (input|output) +logic (?:\[(\d+):0\] )?(\w+),?$", re.MULTILINE)
YOSYS_LIMIT_S = 600
YOSYS = """
read_verilog -sv -DSYNTHESIS {sources}
hierarchy -check -top observed
proc; flatten; opt_expr; opt_clean; memory_collect; memory_map; dffunmap; opt_clean
techmap; setundef -zero; aigmap
write_aiger -ascii -symbols {folder}/kernel.aag
"""


def ports_of(text, top):
    """[(direction, width, name)] of the top module."""
    header = re.search(rf"^module {re.escape(top)} \((.*?)^\);", text, re.DOTALL | re.MULTILINE).group(1)
    return [(d, int(high or 0) + 1, name) for d, high, name in PORT.findall(header)]


def qualifier(name, names):
    """What says whether an output's value counts in a cycle; None: it always does."""
    for pattern, valid in ((r"(.*)_tdata_o", r"\1_tvalid_o"), (r"(.*)_address(\d+)_o", r"\1_ce\2_o"),
                           (r"(.*)_d(\d+)_o", r"\1_we\2_o"), (r"(.*)_o", r"\1_valid_o")):
        if re.fullmatch(pattern, name):
            other = re.sub(f"^{pattern}$", valid, name)
            if other in names:
                return other
    return None


def observed(text, top, ranges):
    """The kernel with what counts of its outputs: zero where it doesn't. Reset in the first cycle, then never.
    counts_o: not in reset, and all scalars were in their ranges so far."""
    ports = ports_of(text, top)
    inputs = [p for p in ports if p[0] == "input" and p[2] not in ("clk_i", "rst_ni")]
    outputs = [p for p in ports if p[0] == "output"]
    names = {name for _, _, name in ports}
    lines = ["module observed (", "  input clk_i,", *(f"  input [{w - 1}:0] {n}," for _, w, n in inputs),
             "  output counts_o,", ",\n".join(f"  output [{w - 1}:0] {n}" for _, w, n in outputs), ");",
             "  reg running_q = 0;", "  always @(posedge clk_i) running_q <= 1;",
             *(f"  wire [{w - 1}:0] u_{n};" for _, w, n in outputs)]
    joined = [f".{n}({n})" for _, _, n in inputs] + [f".{n}(u_{n})" for _, _, n in outputs]
    lines.append(f"  {top} u_kernel (.clk_i(clk_i), .rst_ni(running_q), " + ", ".join(joined) + ");")
    inside = [f"$signed({name}_i) >= {low} && $signed({name}_i) <= {high}" if low < 0 else
              f"{name}_i >= {low} && {name}_i <= {high}" for name, low, high in ranges]
    lines += [f"  wire inside = {' && '.join(inside) or 1};", "  reg kept_q = 1;",
              "  always @(posedge clk_i) kept_q <= kept_q && inside;",
              "  assign counts_o = running_q && kept_q && inside;"]
    for _, _, name in outputs:
        valid = qualifier(name, names)
        lines.append(f"  assign {name} = {f'u_{valid} ? u_{name} : 0' if valid else f'u_{name}'};")
    return "\n".join([*lines, "endmodule", ""])


class Prover:
    """Of one kernel. `ranges`: [(scalar, least, most)] that it may rely on. `limit_s`: of a proof; the kernel's gates
    are made with the first."""

    def __init__(self, rtl, rtl_folder, folder, yosys, abc, limit_s, ranges=()):
        self.rtl, self.folder, self.yosys, self.abc = pathlib.Path(rtl), pathlib.Path(folder), yosys, abc
        self.queues = [pathlib.Path(rtl_folder) / name for name in ("stream_queue.sv", "stream_fifo.sv")]
        self.ranges, self.lock = ranges, threading.Lock()
        self.limit_s, self.graph, self.failure = limit_s, None, ""

    def make_graph(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "observed.v").write_text(observed(self.rtl.read_text(), self.rtl.stem, self.ranges))
        sources = " ".join(map(str, [self.rtl, *self.queues, self.folder / "observed.v"]))
        script = YOSYS.format(sources=sources, folder=self.folder)
        try:
            made = subprocess.run([self.yosys, "-q", "-p", script], text=True, capture_output=True,
                                  timeout=YOSYS_LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            self.failure = f"Yosys needs more than {YOSYS_LIMIT_S} s"
            return
        if made.returncode != 0:
            self.failure = "Yosys failed: " + (made.stderr + made.stdout).strip()[-300:]
            return
        self.graph = aiger.Aiger((self.folder / "kernel.aag").read_text())

    def prove(self, mutant):
        """'equivalent', 'differs', or why neither is known."""
        with self.lock:
            if self.graph is None and not self.failure:
                self.make_graph()
        if self.failure:
            return self.failure
        if self.ask(mutant, True) == "equivalent":
            return "equivalent"
        return self.ask(mutant, False)

    def ask(self, mutant, one_step):
        limit_s = self.limit_s // 10 if one_step else self.limit_s  # it takes a second or it does not end
        path = self.folder / f"mutant_{mutant}{'_step' if one_step else ''}.aig"
        path.write_bytes(aiger.miter(self.graph, self.graph.bus("ap_mutant_i"), mutant, "counts_o", one_step))
        script = f"read_aiger {path}; strash; {'' if one_step else 'scorr; dc2; '}pdr -T {limit_s}"
        try:
            done = subprocess.run([self.abc, "-c", script], text=True, capture_output=True,
                                  timeout=2 * limit_s, check=False)
        except subprocess.TimeoutExpired:
            return "out of time"
        if re.search(r"Property proved|Networks are equivalent|is a constant 0", done.stdout):
            return "equivalent"
        if "was asserted in frame" in done.stdout:
            return "differs"
        return "out of time" if "timeout" in done.stdout.lower() else "ABC: " + done.stdout.strip()[-200:]
