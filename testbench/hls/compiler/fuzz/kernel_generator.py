#!/usr/bin/env python3
"""A random kernel in the Vitis style for a seed: `kernel_generator.py SEED` prints it.

The seed draws a set of features; the kernel then has the constructs that it came to use, listed in its first lines.
Same seed, same bytes.
"""
import random
import sys

from kernel_arrays import STORAGE
from kernel_process import Process
from kernel_types import Expressions, Type, Variable

FEATURES = [
    "wide", "very_wide", "builtin", "variable_shift", "bit_range", "concat", "divide", "reduce", "rom", "function", "template",
    "struct_payload", "streams_in", "streams_out", "scalar", "output", "result", "array_argument", "static_scalar",
    "static_array", "variable_trips", "nested", "flatten", "unroll", "unroll_factor", "straight", "while_loop",
    "inner_unroll", "switch", "break", "continue", "exit", "dataflow", "part_assign", "compound", "shift_register",
    "struct_local", "struct_array", "reference", "stream_forms", "loop_forms", "do_while", "int_bound", "triple",
    "function_array", "static_in_function", *STORAGE]
SELDOM = {"very_wide": 3}  # a share's divisor: they cost most of the time

# What the programs of a long run must show in every pair; ii_N is a pipelined loop that asked for II=N, ii_4 for 4
# or more.
CONSTRUCTS = sorted({*FEATURES, "pipelined", "sequential", "two_dimensions", "read_modify_write", "ii_1", "ii_2", "ii_3",
                     "ii_4"})

# Pairs that no program can have, with the reason.
IMPOSSIBLE = {
    ("dataflow", "exit"): "a process of a region moves a fixed number of words",
    ("array_argument", "dataflow"): "processes share streams only",
    ("dataflow", "output"): "as array_argument",
    ("dataflow", "result"): "as array_argument",
    ("dataflow", "static_in_function"): "processes share streams only",
    ("dataflow", "straight"): "the generator puts it into kernels of one process only",
}


class Payload:
    def __init__(self, name, fields):
        self.name, self.fields = name, fields  # [(path, type)]
        self.is_struct = fields[0][0] != ""
        self.type = fields[0][1]


class Record:
    """A struct for variables and arrays."""

    def __init__(self, name, fields, longest, changer):
        self.name, self.fields, self.longest, self.changer = name, fields, longest, changer


class Generator:
    def __init__(self, seed):
        self.seed, self.random = seed, random.Random(seed)
        share = self.random.choice([20, 30, 40, 50])
        self.features = {f for f in FEATURES
                         if self.random.randrange(100) < share // (2 if f in STORAGE else SELDOM.get(f, 1))}
        if "very_wide" in self.features:
            self.features.add("wide")
        if "do_while" in self.features:
            self.features.add("while_loop")
        if "variable_trips" in self.features:
            self.features.add("scalar")
        self.used = set()
        self.expressions = Expressions(self.random, self.features, self.used)
        self.single = "dataflow" not in self.features
        self.numbers = {}
        self.name = f"k{seed}"
        self.records, self.count_scalar, self.stream_functions = [], "", set()
        self.head, self.functions_text = [], []

    def new(self, stem):
        self.numbers[stem] = self.numbers.get(stem, -1) + 1
        return f"{stem}{self.numbers[stem]}"

    def has(self, feature):
        return feature in self.features

    # -- declarations before the kernel

    def payload(self):
        if not self.has("struct_payload") or self.random.randrange(100) < 40:
            type_ = self.expressions.type()
            return Payload(str(type_), [("", type_)])
        self.used.add("struct_payload")
        name = self.new("Word")
        return Payload(name, self.struct(name))

    def struct(self, name):
        """Declares one; its scalars as [(path, type)]."""
        fields, lines = [], []
        for number in range(self.random.randint(2, 4)):
            type_, field = self.expressions.type(), "abcd"[number]
            if self.random.randrange(5) == 0:
                lines.append(f"  {type_} {field}[2];")
                fields += [(f".{field}[{i}]", type_) for i in range(2)]
            else:
                lines.append(f"  {type_} {field};")
                fields.append((f".{field}", type_))
        self.head += [f"struct {name} {{", *lines, "};"]
        return fields

    def record(self):
        """A struct of this program, with a function that changes one."""
        if len(self.records) < 2 and self.random.randrange(2) or not self.records:
            name, changer = self.new("Record"), self.new("change")
            fields = self.struct(name)
            self.head.append(f"static void {changer}({name}& r, ap_uint<16> x) {{")
            scope = [Variable("x", Type(16))] + [Variable("r" + path, type_) for path, type_ in fields]
            for path, type_ in self.random.sample(fields, 2):
                self.head.append(f"  r{path} = {type_.of(self.expressions.ap(scope, 1)[0])};")
            self.head.append("}")
            longest = 2 if any(path.endswith("]") for path, _ in fields) else 1
            self.records.append(Record(name, fields, longest, changer))
        return self.random.choice(self.records)

    def stream_function(self, name, lines):
        if name not in self.stream_functions:
            self.stream_functions.add(name)
            self.head += lines
        return name

    def taker(self):
        return self.stream_function("take", ["template <class T>", "static T take(hls::stream<T>& from) {",
                                             "#pragma HLS INLINE", "  return from.read();", "}"])

    def giver(self):
        return self.stream_function("give", ["template <class T>", "static void give(hls::stream<T>& to, const T& x) {",
                                             "  to.write(x);", "}"])

    def array_function(self, array):
        """A function over an array: sums it, or changes it. Result type and name."""
        name, type_, length = self.new("over"), array.type, array.sizes[0]
        result = Type(min(type_.width + 4, self.expressions.max_width), type_.signed)
        form = self.random.randrange(1 if array.construct == "array_argument" else 0, 3)  # a parameter is a pointer
        scope = [Variable("x", Type(8)), Variable("i", Type(32, True, True))]
        value, _ = self.expressions.ap(scope, 1)
        declared = f"{type_} (&m)[kLength]" if form == 0 else f"{type_} m[{length}]"
        lines = [f"static {result} {name}({'const ' if form < 2 else ''}{declared}, ap_uint<8> x) {{",
                 f"  {result} sum = 0;", f"  for (int i = 0; i < {'kLength' if form == 0 else length}; i++) {{"]
        if form == 2:
            lines += ["#pragma HLS PIPELINE II=5", f"    {type_} old = m[i];", f"    m[i] = {type_.of(value)};",
                      f"    sum = {result}(sum ^ {result}({type_.ap()}(old)));"]
        else:
            lines += ["#pragma HLS PIPELINE II=2", f"    if (i > x) {{ return sum; }}" if self.random.randrange(3) == 0 else "",
                      f"    sum = {result}(sum + {type_.ap()}(m[i]));"]
        if form == 0:
            lines.insert(0, "template <int kLength>")
        self.head += [line for line in lines if line] + ["  }", "  return sum;", "}"]
        return result, name

    def tables(self):
        if not self.has("rom"):
            return
        for _ in range(self.random.randint(1, 2)):
            bits = self.random.randint(2, 6)
            type_ = Type(self.random.randint(2, 32), self.random.randrange(2) == 0)
            low = -(1 << type_.width - 1) if type_.signed else 0
            values = [self.random.randrange(1 << type_.width) + low for _ in range(1 << bits)]
            name = self.new("table")
            self.head.append(f"{self.random.choice(['static const', 'constexpr'])} {type_} {name}[{1 << bits}] = {{"
                             + ", ".join(f"{v}{'u' if v > 0x7FFFFFFF else 'LL' if v < -0x7FFFFFFF else ''}"
                                         for v in values) + "};")
            self.expressions.tables.append((name, type_, bits))

    def functions(self):
        found = []
        if self.has("function"):
            result, arguments = self.expressions.type(), [self.expressions.type() for _ in range(2)]
            name = self.new("f")
            scope = [Variable("x", arguments[0]), Variable("y", arguments[1])]
            self.head += [f"static {result} {name}({arguments[0]} x, {arguments[1]} y) {{"]
            if self.random.randrange(2):
                self.head += ["#pragma HLS INLINE"]
            self.head += [f"  if ({self.expressions.condition(scope)}) {{",
                          f"    x = {arguments[0].of(self.expressions.ap(scope, 1)[0])};",
                          *([f"    return {result.of(self.expressions.ap(scope, 1)[0])};"] if self.random.randrange(3) == 0
                            else []), "  }",
                          f"  return {result.of(self.expressions.ap(scope, 2)[0])};", "}"]
            found.append((name, result, arguments, "function"))
        if self.has("template"):
            width = self.random.randint(4, 40)
            name, signed = self.new("t"), self.random.choice(["ap_int", "ap_uint"])
            op = self.random.choice(["+", "-", "^", "*"])
            self.head += ["template <int kWidth, int kShift>",
                          f"static {signed}<kWidth> {name}({signed}<kWidth> x, ap_uint<8> y) {{",
                          f"  {signed}<kWidth> sum = x;", "  for (int k = 0; k < kShift; k++) {",
                          "#pragma HLS UNROLL", f"    sum = (sum {op} y) ^ (sum >> kShift);", "  }",
                          "  return sum;", "}"]
            for _ in range(2):
                w = self.random.randint(2, width)
                type_ = Type(w, signed == "ap_int")
                found.append((f"{name}<{w}, {self.random.randint(1, 3)}>", type_, [type_, Type(8)], "template"))
        if self.has("static_in_function") and self.single:
            type_ = Type(self.random.randint(2, 32), self.random.randrange(2) == 0)
            name = self.new("s")
            self.head += [f"static {type_} {name}({type_} x) {{", f"  static {type_} last = {self.random.randrange(2)};",
                          f"  {type_} result = {type_}(last {self.random.choice('+-^')} x);", "  last = x;",
                          "  return result;", "}"]
            found.append((name, type_, [type_], "static_in_function"))
        self.expressions.functions = found  # from here on: they do not call each other

    # -- the kernel

    def generate(self):
        self.tables()
        self.functions()
        if self.single:
            self.one_process()
        else:
            self.used.add("dataflow")
            self.region()
        includes = ["#include <ap_int.h>", "#include <hls_stream.h>"]
        if not self.single:
            includes.append("#include <sluice_dataflow.h>")
        return "\n".join([f"// Random kernel of seed {self.seed}.", "// Constructs: " + " ".join(sorted(self.used)),
                          *includes, "", *self.head, "", *self.functions_text, ""])

    def streams(self, feature, stem):
        count = self.random.randint(2, 3) if self.has(feature) else 1
        if count > 1:
            self.used.add(feature)
        return [(self.new(stem), self.payload()) for _ in range(count)]

    def scalars(self, stem):
        counts = []
        if self.has("int_bound"):
            self.count_scalar = self.new("count")
            counts = [(self.count_scalar, Type(32, True, True))]
        if not self.has("scalar"):
            return counts
        self.used.add("scalar")
        return counts + [(self.new(stem), self.expressions.type()) for _ in range(self.random.randint(1, 2))]

    def one_process(self):
        inputs, outputs = self.streams("streams_in", "in"), self.streams("streams_out", "out")
        scalars = self.scalars("s")
        parameters = [f"hls::stream<{p.name} >& {n}" for n, p in inputs + outputs] + [f"{t} {n}" for n, t in scalars]
        # Nothing but the end writes them, so that they are always written.
        out_type, result = None, None
        if self.has("output"):
            self.used.add("output")
            out_type = self.expressions.type()
            pointer = not self.has("array_argument") and self.random.randrange(3) == 0
            total = "*total" if pointer else "total"
            parameters.append(f"{out_type}{'*' if pointer else '&'} total")
        if self.has("result"):
            self.used.add("result")
            result = self.expressions.type()
        array = None
        if self.has("array_argument"):
            self.used.add("array_argument")
            bits = self.random.randint(2, 5)
            array = ("data", bits, self.expressions.type())
            parameters.append(f"{array[2]} data[{1 << bits}]")
        process = Process(self, inputs, outputs, scalars, None, array)
        early = []
        if out_type:
            early.append(f"{total} = {out_type.of('ap_uint<4>(9)')};")
        if result:
            early.append(f"return {result.of('ap_uint<4>(5)')};")
        lines = process.body("".join(e + " " for e in early) if result else " ".join([*early, "return;"]))
        tail = []
        if array:
            tail += self.array_loop(process, array)
        scope = process.base + process.state
        if out_type:
            tail.append(f"  {total} = {out_type.of(self.expressions.ap(scope, 2)[0])};")
        if result:
            tail.append(f"  return {result.of(self.expressions.ap(scope, 2)[0])};")
        self.functions_text += [f"{result or 'void'} {self.name}({', '.join(parameters)}) {{", *lines, *tail, "}"]

    def array_loop(self, process, array):
        name, bits, type_ = array
        scope = process.base + process.state + [Variable("old", type_)]
        value = type_.of(self.expressions.ap(scope, 2)[0])
        return [f"  for (int n = 0; n < {1 << bits}; n++) {{", "#pragma HLS PIPELINE II=6",
                f"    {type_} old = {name}[n];", f"    {name}[{(1 << bits) - 1} - n] = {value};", "  }"]

    def region(self):
        words = 2 * self.random.randint(2, 8)
        inputs, outputs = self.streams("streams_in", "in"), self.streams("streams_out", "out")
        scalars = self.scalars("s")
        count = self.random.randint(2, 4)
        internal, reads, writes = [], [[] for _ in range(count)], [[] for _ in range(count)]
        for first in range(count - 1):  # a chain, and now and then a stream around it
            for second in range(first + 1, count):
                if second == first + 1 or self.random.randrange(3) == 0:
                    stream = (self.new("link"), self.payload())
                    # One around others must hold all words: they may be on their way through the others.
                    depth = self.random.randint(2, 6) if second == first + 1 and count == 2 else words
                    internal.append((stream, depth))
                    writes[first].append(stream)
                    reads[second].append(stream)
        for stream in inputs:
            reads[self.random.randrange(count) if reads[0] else 0].append(stream)
        for stream in outputs:
            writes[self.random.randrange(count) if writes[-1] else count - 1].append(stream)
        calls = []
        for number in range(count):
            name = f"{self.name}_p{number}"
            process = Process(self, reads[number], writes[number], scalars, words)
            lines = process.body()
            ports = reads[number] + writes[number]
            parameters = [f"hls::stream<{p.name} >& {n}" for n, p in ports] + [f"{t} {n}" for n, t in scalars]
            self.functions_text += [f"static void {name}({', '.join(parameters)}) {{", *lines, "}", ""]
            calls.append(f"  SLUICE_PROCESS({', '.join([name] + [n for n, _ in ports] + [n for n, _ in scalars])});")
        parameters = [f"hls::stream<{p.name} >& {n}" for n, p in inputs + outputs] + [f"{t} {n}" for n, t in scalars]
        self.functions_text += [f"void {self.name}({', '.join(parameters)}) {{", "#pragma HLS DATAFLOW"]
        for (name, payload), depth in internal:
            self.functions_text.append(f"  hls::stream<{payload.name}, {depth}> {name}(\"{name}\");")
        self.functions_text += ["  SLUICE_DATAFLOW_BEGIN", *calls, "  SLUICE_DATAFLOW_END", "}"]


def generate(seed):
    """The program's text and the set of its constructs."""
    generator = Generator(seed)
    text = generator.generate()
    return text, generator.used


if __name__ == "__main__":
    sys.stdout.write(generate(int(sys.argv[1]))[0])
