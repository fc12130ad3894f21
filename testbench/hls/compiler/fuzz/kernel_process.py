"""The body of one process of a random kernel: arrays, state and phases of loops."""
from kernel_arrays import Array, STORAGE
from kernel_types import Type, Variable


def index_variable(name):
    return Variable(name, Type(32, True, True), mutable=False)


class Loop:
    """What holds in the loop whose body is being made."""

    def __init__(self, pipelined):
        self.pipelined = pipelined
        self.min_ii = 1


class Process:
    def __init__(self, generator, inputs, outputs, scalars, words):
        self.g = generator
        self.e = generator.expressions
        self.random = generator.random
        self.inputs, self.outputs = inputs, outputs  # [(name, payload)]
        self.words = words  # in a dataflow region: words of every stream; else None
        self.base = [Variable(name, type_) for name, type_ in scalars]
        self.arrays, self.lines, self.loop = [], [], None
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
        stream_phase = self.random.randrange(phases)
        for number in range(phases):
            self.phase(number == stream_phase)
        return self.lines

    def make_state(self):
        for construct in STORAGE:
            if self.e.has(construct) and (self.g.single or self.chance(60)):
                is_static = self.e.has("static_array") and self.chance(50)
                array = Array(self.new("m"), construct, self.e, is_static)
                self.arrays.append(array)
                self.e.used.add(construct)
                if is_static:
                    self.e.used.add("static_array")
                if len(array.bits) > 1:
                    self.e.used.add("two_dimensions")
                for line in array.declaration():
                    self.emit(1, line)
        self.state = []
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
        for array in self.arrays:
            if not array.is_static:
                self.initialise(array)

    def initialise(self, array):
        indices = [self.new("i") for _ in array.bits]
        unroll = array.construct == "partition_complete" and self.chance(60)
        for level, (index, bits) in enumerate(zip(indices, array.bits)):
            self.emit(1 + level, f"for (int {index} = 0; {index} < {1 << bits}; {index}++) {{")
            if level + 1 == len(indices):
                self.emit(0, "#pragma HLS " + ("UNROLL" if unroll else "PIPELINE II=1"))
        scope = self.base + [index_variable(index) for index in indices]
        value = array.type.of(self.e.ap(scope, 2)[0])
        self.emit(1 + len(indices), f"{array.element(indices)} = {value};")
        for level in reversed(range(len(indices))):
            self.emit(1 + level, "}")

    # -- phases

    def phase(self, has_streams):
        kinds = ["pipelined"] * 3 + ["sequential"]
        for feature in ("nested", "flatten", "unroll", "unroll_factor", "straight"):
            if self.e.has(feature):
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
        scalars = [v for v in self.base if v.type.width >= 6]
        if scalars and factor == 1 and self.e.has("variable_trips") and self.chance(60):
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
        self.emit(indent, f"{label}for (int {index} = 0; {index} < {bound}; {index}++) {{")
        place = len(self.lines)
        if not constant:
            pragmas = [*pragmas, "LOOP_TRIPCOUNT min=0 max=31"]
        self.open_loop(pipeline, has_streams)
        scope = self.base + list(extra_scope) + self.loop_variables() + [index_variable(index)]
        self.block(indent + 1, scope, self.random.randint(3, 7), strict)
        ii = self.close_loop(factor)
        self.emit(indent, "}")
        if pipeline:
            pragmas = [*pragmas, f"PIPELINE II={ii}"]
            self.e.used.add(f"ii_{ii}")
        self.lines[place:place] = [f"#pragma HLS {pragma}" for pragma in pragmas]

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

    def unroll(self, has_streams):
        self.loop_over(1, str(self.random.randint(2, 4)), has_streams, True, pragmas=["UNROLL"], pipeline=False)

    def while_loop(self, has_streams):
        left = self.new("left")
        self.emit(1, f"ap_uint<6> {left} = {self.e.ap(self.base, 1)[0]};")
        self.emit(1, f"while ({left} > {self.random.randrange(4)}) {{")
        pipeline = self.chance(60)
        place = len(self.lines)
        self.open_loop(pipeline, has_streams)
        scope = self.base + self.loop_variables() + [Variable(left, Type(6), carried=True, mutable=False)]
        self.step = f"{left} = " + self.random.choice([f"{left} >> 1; ", f"{left} - (({left} & 3) | 1); "])
        self.block(2, scope, self.random.randint(2, 5), None)
        self.emit(2, self.step.strip())
        ii = max(2, self.close_loop(1))
        self.step = ""
        self.emit(1, "}")
        if pipeline:
            self.lines[place:place] = [f"#pragma HLS PIPELINE II={ii}"]
            self.e.used.add(f"ii_{ii}")

    def straight(self, has_streams):
        self.open_loop(False, has_streams)
        self.block(1, self.base + self.loop_variables(), self.random.randint(2, 5), None, exits=False)
        self.close_loop(1)

    # -- loops

    def open_loop(self, pipelined, has_streams):
        self.loop = Loop(pipelined)
        self.may_stream = has_streams
        self.read_streams, self.written_streams = set(), set()
        for array in self.arrays:
            array.counts = [0, 0]
            array.role = self.random.choice(["r", "r", "w", "rmw", ""] if pipelined else ["rmw"])

    def close_loop(self, factor):
        ii = self.loop.min_ii
        for array in self.arrays:
            if any(array.counts):
                array.counts = [count * factor for count in array.counts]
                ii = max(ii, array.needed_ii())
        if self.read_streams or self.written_streams:
            ii = max(ii, factor)
        if factor > 1:
            ii = max(ii, min(4, 2 * self.loop.min_ii))
        return min(4, ii + (1 if self.chance(20) else 0))

    def loop_variables(self):
        return [Variable(v.name, v.type, carried=True) for v in self.state]

    # -- statements

    def block(self, indent, scope, count, strict, exits=True):
        """Statements of a loop's body; `strict`: every stream moves one word in each iteration."""
        scope = list(scope)
        if strict:
            for stream in self.inputs:
                self.read(indent, scope, stream)
        for number in range(count):
            self.statement(indent, scope, 2, exits and not strict and number > 0)
        if strict:
            for stream in self.outputs:
                self.write(indent, scope, stream)
            if self.e.has("continue") and self.chance(50):
                self.emit(indent, f"if ({self.e.condition(scope, 1, True)}) {{ continue; }}")
                self.e.used.add("continue")
                self.update(indent, scope, clean=True)

    def statement(self, indent, scope, nesting, exits):
        choices = [self.declare] * 3 + [self.update] * 2
        if nesting > 0:
            choices += [self.conditional] * 2
            if self.e.has("inner_unroll"):
                choices += [self.inner_loop] * 2
            if self.e.has("switch"):
                choices += [self.switch]
        if self.arrays:
            choices += [self.load, self.store, self.store, self.read_modify_write]
        if self.may_stream and self.words is None:
            choices += [self.read_any] * 2 + [self.write_any] * 2
        if exits:
            for feature in ("break", "continue", "exit"):
                if self.e.has(feature):
                    choices += [getattr(self, feature + "_")] * 2
        chosen = self.random.choice(choices)
        if chosen in (self.conditional, self.inner_loop, self.switch):
            chosen(indent, scope, nesting - 1)
        else:
            chosen(indent, scope)

    def is_clean(self):
        return self.loop.pipelined

    def declare(self, indent, scope):
        type_, name = self.e.type(), self.new("v")
        clean = self.is_clean() and self.chance(75)
        value = type_.of(self.e.ap(scope, self.random.randint(1, 3), clean)[0])
        self.emit(indent, f"{type_} {name} = {value};")
        carried = not clean and any(v.carried for v in scope)
        scope.append(Variable(name, type_, carried))

    def update(self, indent, scope, clean=None):
        """Of a variable: one that lasts through the loop only in ways that make a short recurrence."""
        targets = [v for v in scope if v.mutable and v not in self.base]
        if not targets:
            return
        target = self.random.choice(targets)
        kept = any(target.name == v.name for v in self.state)
        clean = self.is_clean() if clean is None else clean
        value, _ = self.e.ap(scope, 2, clean)
        if kept and self.is_clean():
            form = self.random.choice(["+", "-", "^", "|", "&", "="])
            if form != "=":
                value = f"{target.type.ap()}({target.name}) {form} {target.type.ap()}({value})"
                if target.type.width > 32 or self.loop.min_ii > 1:
                    self.loop.min_ii = max(self.loop.min_ii, 2)
        self.emit(indent, f"{target.name} = {target.type.of(value)};")

    def conditional(self, indent, scope, nesting):
        self.emit(indent, f"if ({self.e.condition(scope, 1, self.is_clean())}) {{")
        self.inside(indent + 1, scope, nesting)
        if self.chance(50):
            self.emit(indent, "} else {")
            self.inside(indent + 1, scope, nesting)
        self.emit(indent, "}")

    def inside(self, indent, scope, nesting):
        inner = list(scope)
        for _ in range(self.random.randint(1, 3)):
            self.statement(indent, inner, nesting, False)

    def switch(self, indent, scope, nesting):
        self.e.used.add("switch")
        self.emit(indent, f"switch ({self.e.bits(scope, 1, self.is_clean(), 2)}.to_uint()) {{")
        for label in ("case 0", "case 2", "default"):
            self.emit(indent + 1, f"{label}: {{")
            self.inside(indent + 2, scope, nesting)
            self.emit(indent + 2, "break;")
            self.emit(indent + 1, "}")
        self.emit(indent, "}")

    def inner_loop(self, indent, scope, nesting):
        """A short loop with constant bounds: in a pipelined one it is unrolled."""
        self.e.used.add("inner_unroll")
        type_, name, index = self.e.type(), self.new("sum"), self.new("k")
        trips = self.random.randint(2, 4)
        self.emit(indent, f"{type_} {name} = {type_.of(self.e.ap(scope, 1, self.is_clean())[0])};")
        self.emit(indent, f"for (int {index} = 0; {index} < {trips}; {index}++) {{")
        if self.chance(50):
            self.emit(0, "#pragma HLS UNROLL")
        inner = scope + [index_variable(index)]
        if self.e.has("break") and self.chance(40):
            self.emit(indent + 1, f"if ({self.e.condition(inner, 1, self.is_clean())}) {{ break; }}")
            self.e.used.add("break")
        value, _ = self.e.ap(inner, 2, self.is_clean())
        form = self.random.choice("+-^")
        self.emit(indent + 1, f"{name} = {type_.of(f'{type_.ap()}({name}) {form} {type_.ap()}({value})')};")
        self.emit(indent, "}")
        scope.append(Variable(name, type_))

    def indices(self, array, scope):
        return [self.e.bits(scope, 1, self.is_clean(), bits) for bits in array.bits]

    def pick(self, roles, reads, writes):
        fitting = []
        for array in self.arrays:
            counts = [array.counts[0] + reads, array.counts[1] + writes]
            saved, array.counts = array.counts, counts
            if array.role in roles and (not self.loop.pipelined or array.needed_ii() <= 4):
                fitting.append(array)
            array.counts = saved
        if not fitting:
            return None
        array = self.random.choice(fitting)
        array.counts = [array.counts[0] + reads, array.counts[1] + writes]
        return array

    def load(self, indent, scope):
        array = self.pick(("r",) if self.loop.pipelined else ("rmw",), 1, 0)
        if array:
            name = self.new("v")
            self.emit(indent, f"{array.type} {name} = {array.element(self.indices(array, scope))};")
            scope.append(Variable(name, array.type))

    def store(self, indent, scope):
        array = self.pick(("w",) if self.loop.pipelined else ("rmw",), 0, 1)
        if array:
            value = array.type.of(self.e.ap(scope, 2, self.is_clean() and self.chance(70))[0])
            self.emit(indent, f"{array.element(self.indices(array, scope))} = {value};")

    def read_modify_write(self, indent, scope):
        array = self.pick(("rmw",), 1, 1)
        if array:
            element = array.element(self.indices(array, scope))
            value, _ = self.e.ap(scope, 2, self.is_clean())
            form = self.random.choice("+-^|")
            value = array.type.of(f"{array.type.ap()}({element}) {form} {array.type.ap()}({value})")
            self.emit(indent, f"{element} = {value};")
            self.e.used.add("read_modify_write")

    # -- streams: each is read and written at one place of a loop's body

    def read_any(self, indent, scope):
        left = [s for s in self.inputs if s[0] not in self.read_streams]
        if left:
            self.read(indent, scope, self.random.choice(left))

    def write_any(self, indent, scope):
        left = [s for s in self.outputs if s[0] not in self.written_streams]
        if left:
            self.write(indent, scope, self.random.choice(left))

    def read(self, indent, scope, stream):
        name, payload = stream
        self.read_streams.add(name)
        word = self.new("word")
        self.emit(indent, f"{payload.name} {word} = {name}.read();")
        scope += [Variable(word + path, type_) for path, type_ in payload.fields]

    def write(self, indent, scope, stream):
        name, payload = stream
        self.written_streams.add(name)
        if not payload.is_struct:
            value = payload.type.of(self.e.ap(scope, 2)[0])
            self.emit(indent, f"{name}.write({value});")
            return
        word = self.new("word")
        self.emit(indent, f"{payload.name} {word};")
        for path, type_ in payload.fields:
            self.emit(indent, f"{word}{path} = {type_.of(self.e.ap(scope, 2)[0])};")
        self.emit(indent, f"{name}.write({word});")

    # -- ways out

    def cheap_condition(self, scope):
        return f"{self.e.bits([v for v in scope if not v.carried], 0, True, 4)} == {self.random.randrange(16)}"

    def break_(self, indent, scope):
        self.emit(indent, f"if ({self.cheap_condition(scope)}) {{ break; }}")
        self.e.used.add("break")
        self.loop.min_ii = max(self.loop.min_ii, self.random.randint(1, 3))

    def continue_(self, indent, scope):
        self.emit(indent, f"if ({self.cheap_condition(scope)}) {{ {self.step}continue; }}")
        self.e.used.add("continue")

    def exit_(self, indent, scope):
        if self.words is None:
            self.emit(indent, f"if ({self.cheap_condition(scope)}) {{ {self.return_text or 'return;'} }}")
            self.e.used.add("exit")
            self.loop.min_ii = max(self.loop.min_ii, self.random.randint(1, 3))
