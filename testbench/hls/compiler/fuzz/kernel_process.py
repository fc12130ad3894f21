"""The body of one process of a random kernel: arrays, state and phases of loops."""
from kernel_arrays import Argument, index_variable
from kernel_memory import Memory
from kernel_statements import Statements
from kernel_types import Type, Variable


MAX_II = 16


class Loop:
    """What holds in the loop whose body is being made."""

    def __init__(self, pipelined):
        self.pipelined = pipelined
        self.min_ii = 1


class Process(Statements, Memory):
    def __init__(self, generator, inputs, outputs, scalars, words, array=None):
        self.g = generator
        self.e = generator.expressions
        self.random = generator.random
        self.inputs, self.outputs = inputs, outputs  # [(name, payload)]
        self.words = words  # in a dataflow region: words of every stream; else None
        self.base = [Variable(name, type_) for name, type_ in scalars]
        self.arrays, self.lines, self.loop = [Argument(*array)] if array else [], [], None
        self.records, self.registers, self.state = [], None, []
        self.shifted = self.record_moved = False
        self.step = ""  # what a `continue` must do before: the step of a while loop

    def chance(self, percent):
        return self.e.chance(percent)

    def new(self, stem):
        return self.g.new(stem)

    def emit(self, indent, text):
        self.lines.append(text if text.startswith("#") else "  " * indent + text)

    # -- the whole body

    def body(self, return_text=""):
        self.return_text = return_text
        self.make_state()
        phases = self.random.randint(1, 3)
        stream_phase = phases - 1 if self.chance(60) else self.random.randrange(phases)
        for number in range(phases):
            self.phase(number == stream_phase)
        if self.words is None and self.chance(80):
            self.drain()
        return self.lines

    def make_state(self):
        self.make_arrays()
        if self.e.has("static_scalar"):
            type_ = self.e.type()
            name = self.new("kept")
            self.emit(1, f"static {type_} {name} = {self.random.randrange(min(1 << type_.width - 1, 100) or 1)};")
            self.state.append(Variable(name, type_))
            self.e.used.add("static_scalar")
        for _ in range(self.random.randint(0, 2)):
            type_, name = self.e.type(), self.new("acc")
            self.emit(1, f"{type_} {name} = {type_.of(self.e.ap(self.base, 1)[0])};")
            self.state.append(Variable(name, type_))

    # -- phases

    def phase(self, has_streams):
        kinds = ["pipelined"] * 3 + ["sequential"]
        for feature in ("nested", "flatten", "unroll", "unroll_factor", "straight", "triple", "function_array"):
            if self.e.has(feature) and not (feature == "function_array" and has_streams and self.words):
                kinds += [feature] * 3
        if self.e.has("while_loop") and not (has_streams and self.words):
            kinds += ["while_loop"] * 3
        kind = self.random.choice(kinds)
        has_streams = has_streams or (self.words is None and self.chance(30))
        if has_streams and self.words and kind in ("straight", "unroll"):
            kind = "pipelined"
        self.e.used.add(kind)
        getattr(self, kind)(has_streams)

    def bound(self, has_streams, factor=1):
        """How often a loop runs: a text and whether a constant."""
        if has_streams and self.words:
            return str(self.words), True
        if self.g.count_scalar and factor == 1 and self.chance(40):
            self.e.used.add("int_bound")
            return self.g.count_scalar, False
        scalars = [v for v in self.base if v.type.width >= 6]
        if scalars and factor == 1 and self.e.has("variable_trips") and self.chance(80):
            self.e.used.add("variable_trips")
            return f"(int)ap_uint<5>({self.random.choice(scalars).name})", False
        return str(self.random.randint(1, 10) * factor), True

    def pipelined(self, has_streams):
        bound, constant = self.bound(has_streams)
        self.loop_over(1, bound, has_streams, constant)

    def loop_over(self, indent, bound, has_streams, constant, extra_scope=(), pragmas=(), pipeline=True, factor=1):
        index = self.new("i")
        strict = has_streams and self.words
        label = f"{self.new('loop')}: " if self.chance(40) else ""
        index_type = self.loop_head(indent, label, index, bound, factor)
        place = len(self.lines)
        if not constant:
            pragmas = [*pragmas, "LOOP_TRIPCOUNT min=0 max=64"]
        self.open_loop(pipeline, has_streams)
        scope = self.base + list(extra_scope) + self.loop_variables() + [index_variable(index, index_type)]
        self.block(indent + 1, scope, self.random.randint(3, 7), strict)
        ii = self.close_loop(factor)
        self.emit(indent, "}")
        if pipeline:
            pragmas = [*pragmas, f"PIPELINE II={ii}"]
            self.e.used.add(f"ii_{min(ii, 4)}")
        self.lines[place:place] = [f"#pragma HLS {pragma}" for pragma in pragmas]

    def loop_head(self, indent, label, index, bound, factor):
        """Several forms, which all run `bound` times; the index' type."""
        form = self.random.choice(["down", "step", "short", "ap"]) if self.e.has("loop_forms") and factor == 1 else ""
        type_ = {"short": Type(16, True, True), "ap": Type(8)}.get(form, Type(32, True, True))
        if form:
            self.e.used.add("loop_forms")
        head = f"{type_} {index} = 0; {index} < {bound}; {index}++"
        if form == "down":
            head = f"int {index} = {bound} - 1; {index} >= 0; {index}--"
        elif form == "step":
            head = f"int {index} = 3; {index} < 3 + 2 * {bound}; {index} += 2"
        self.emit(indent, f"{label}for ({head}) {{")
        return type_

    def function_array(self, has_streams):
        """A call of a function with a loop over an array."""
        fitting = [a for a in self.arrays if len(a.bits) == 1 and not a.suffix]
        if not fitting:
            return self.pipelined(has_streams)
        array = self.random.choice(fitting)
        self.e.used.add("function_array")
        self.open_loop(False, has_streams)
        name = self.new("v")
        result, call = self.g.array_function(array)
        amount = self.e.bits(self.base + self.loop_variables(), 1, False, 8)
        self.emit(1, f"{result} {name} = {call}({array.name}, {amount});")
        self.state.append(Variable(name, result))
        return self.pipelined(has_streams) if has_streams else None

    def sequential(self, has_streams):
        bound, constant = self.bound(has_streams)
        self.loop_over(1, bound, has_streams, constant, pipeline=False)

    def unroll_factor(self, has_streams):
        factor = self.random.choice([2, 2, 4])
        if has_streams and self.words and self.words % factor:
            factor = 2
        bound, constant = self.bound(has_streams, factor)
        self.loop_over(1, bound, has_streams, constant, pragmas=[f"UNROLL factor={factor}"],
                       pipeline=True, factor=factor)

    def outer(self, bound):
        index = self.new("i")
        self.emit(1, f"for (int {index} = 0; {index} < {bound}; {index}++) {{")
        return index_variable(index)

    def nested(self, has_streams):
        strict = has_streams and self.words
        trips = 2 if strict else self.random.randint(1, 4)
        variable = self.outer(trips)
        if not strict and self.chance(50):  # an imperfect nest
            self.open_loop(False, has_streams)
            self.block(2, self.base + self.loop_variables() + [variable], 2, None)
            self.close_loop(1)
        bound = str(self.words // 2) if strict else str(self.random.randint(1, 6))
        self.loop_over(2, bound, has_streams, True, [variable], pipeline=self.chance(80))
        self.emit(1, "}")

    def flatten(self, has_streams):
        strict = has_streams and self.words
        variable = self.outer(2 if strict else self.random.randint(2, 5))
        bound = str(self.words // 2) if strict else str(self.random.randint(2, 6))
        self.loop_over(2, bound, has_streams, True, [variable], pragmas=["LOOP_FLATTEN"])
        self.emit(1, "}")

    def triple(self, has_streams):
        """A nest of three."""
        strict = has_streams and self.words
        trips = 2 if strict else self.random.randint(1, 3)
        first = self.outer(trips)
        index = self.new("i")
        self.emit(2, f"for (int {index} = 0; {index} < {1 if strict else self.random.randint(1, 3)}; {index}++) {{")
        bound = str(self.words // 2) if strict else str(self.random.randint(1, 4))
        self.loop_over(3, bound, has_streams, True, [first, index_variable(index)], pipeline=self.chance(80))
        self.emit(2, "}")
        self.emit(1, "}")

    def unroll(self, has_streams):
        self.loop_over(1, str(self.random.randint(2, 4)), has_streams, True, pragmas=["UNROLL"], pipeline=False)

    def while_loop(self, has_streams):
        do = self.e.has("do_while") and self.chance(70)
        if do:
            self.e.used.add("do_while")
        left = self.new("left")
        self.emit(1, f"ap_uint<6> {left} = {self.e.ap(self.base, 1)[0]};")
        condition = f"while ({left} > {self.random.randrange(4)})"
        self.emit(1, "do {" if do else f"{condition} {{")
        pipeline = self.chance(60)
        place = len(self.lines)
        self.open_loop(pipeline, has_streams)
        scope = self.base + self.loop_variables() + [Variable(left, Type(6), carried=True, mutable=False)]
        self.step = f"{left} = " + self.random.choice([f"{left} >> 1; ", f"{left} - (({left} & 3) | 1); "])
        self.block(2, scope, self.random.randint(2, 5), None)
        self.emit(2, self.step.strip())
        ii = max(2, self.close_loop(1))
        self.step = ""
        self.emit(1, f"}} {condition};" if do else "}")
        if pipeline:
            self.lines[place:place] = [f"#pragma HLS PIPELINE II={ii}"]
            self.e.used.add(f"ii_{min(ii, 4)}")

    def straight(self, has_streams):
        self.open_loop(False, has_streams)
        self.block(1, self.base + self.loop_variables(), self.random.randint(2, 5), None, exits=False)
        self.close_loop(1)

    # -- loops

    def open_loop(self, pipelined, has_streams):
        self.loop, self.calls_before = Loop(pipelined), self.e.calls["static_in_function"]
        self.may_stream = has_streams
        self.read_streams, self.written_streams = set(), set()
        self.shifted = self.record_moved = False
        for array in self.arrays:
            array.counts = [0, 0]
            array.role = self.random.choice(["r", "r", "w", "rmw", ""] if pipelined else ["rmw"])

    def close_loop(self, factor):
        """An II that most likely is possible."""
        self.loop.min_ii += 3 * (self.e.calls["static_in_function"] - self.calls_before)
        ii = self.loop.min_ii
        for array in self.arrays:
            if any(array.counts):
                array.counts = [count * factor for count in array.counts]
                ii = max(ii, array.needed_ii())
        if factor > 1:
            streams = len(self.read_streams) + len(self.written_streams)
            ii = max(ii, factor * (1 + min(3, streams)), 2 * self.loop.min_ii)
        return min(MAX_II, ii + (1 if self.chance(25) else 0))

    def loop_variables(self):
        return [Variable(v.name, v.type, carried=True) for v in self.state]
