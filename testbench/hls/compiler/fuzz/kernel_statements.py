"""Statements in the loops of a random kernel: declarations, updates, branches, streams, ways out.

kernel_memory.py has those about arrays.
"""
from kernel_arrays import index_variable
from kernel_types import Type, Variable


class Statements:
    """The part of Process that makes statements; a `scope` grows by what they declare."""

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
        for feature, weight in (("part_assign", 2), ("compound", 2), ("shift_register", 2), ("struct_local", 1)):
            if self.e.has(feature):
                choices += [getattr(self, feature)] * weight
        if nesting > 0:
            choices += [self.conditional] * 2
            if self.e.has("inner_unroll"):
                choices += [self.inner_loop] * 2
            if self.e.has("switch"):
                choices += [self.switch]
        if self.arrays:
            choices += [self.load, self.store, self.store, self.read_modify_write]
        if self.records:
            choices += [self.copy_record] * 2
        if self.may_stream and self.words is None:
            choices += [self.read_any] * 2 + [self.write_any] * 2
        if exits:
            for feature in ("break", "continue", "exit"):
                if self.e.has(feature):
                    choices += [getattr(self, feature + "_")] * (3 if feature == "exit" else 2)
        chosen = self.random.choice(choices)
        if chosen in (self.inner_loop, self.switch):
            chosen(indent, scope, nesting - 1)
        elif chosen == self.conditional:
            chosen(indent, scope, nesting - 1, exits)
        else:
            chosen(indent, scope)

    def is_clean(self):
        return self.loop.pipelined

    def is_kept(self, target):
        return any(target.name == v.name for v in self.state)

    # -- variables

    def declare(self, indent, scope):
        type_, name = self.e.type(), self.new("v")
        clean = self.is_clean() and self.chance(75)
        value = type_.of(self.e.ap(scope, self.random.randint(1, 3), clean)[0])
        self.emit(indent, f"{type_} {name} = {value};")
        carried = not clean and any(v.carried for v in scope)
        scope.append(Variable(name, type_, carried))

    def targets(self, scope):
        return [v for v in scope if v.mutable and v not in self.base]

    def update(self, indent, scope, clean=None):
        """Of a variable: one that lasts through the loop only in ways that make a short recurrence."""
        targets = self.targets(scope)
        if not targets:
            return
        target = self.random.choice(targets)
        clean = self.is_clean() if clean is None else clean
        value, _ = self.e.ap(scope, 2, clean)
        if self.is_kept(target) and self.is_clean():
            form = self.random.choice(["+", "-", "^", "|", "&", "="])
            if form != "=":
                value = f"{target.type.ap()}({target.name}) {form} {target.type.ap()}({value})"
                self.recurrence(target.type)
        self.emit(indent, f"{target.name} = {target.type.of(value)};")

    def recurrence(self, type_):
        """A variable that lasts is changed: the next one in the same iteration takes longer."""
        if type_.width > 16 or self.loop.min_ii > 1:
            self.loop.min_ii = max(self.loop.min_ii + 1, 2 + type_.width // 64)

    def part_assign(self, indent, scope):
        """Of bits of a variable: x.range(h, l) = y, x[i] = y, (x, y) = z."""
        targets = [v for v in self.targets(scope) if not v.type.builtin]
        if not targets:
            return
        target = self.random.choice(targets)
        self.e.used.add("part_assign")
        width, clean = target.type.width, self.is_clean()
        if self.is_kept(target) and clean:
            self.loop.min_ii = max(self.loop.min_ii, 2 + width // 64)
        other = self.random.choice(targets)
        if other.name != target.name and self.chance(25) and width + other.type.width <= self.e.max_width:
            if self.is_kept(other) and clean:
                self.loop.min_ii = max(self.loop.min_ii, 3)
            value = Type(width + other.type.width).of(self.e.ap(scope, 1, clean)[0])
            self.emit(indent, f"({target.name}, {other.name}) = {value};")
        elif width > 1 and self.chance(40):
            bit = self.e.bits(scope, 1, clean, width.bit_length() - 1)
            self.emit(indent, f"{target.name}[{bit}] = ap_uint<1>({self.e.condition(scope, 1, clean)});")
        else:
            low = self.random.randrange(width)
            high = self.random.randrange(low, width)
            value = Type(high - low + 1).of(self.e.ap(scope, 2, clean)[0])
            self.emit(indent, f"{target.name}.range({high}, {low}) = {value};")

    def compound(self, indent, scope):
        """x += y and the like, x++."""
        targets = [v for v in self.targets(scope) if not v.type.builtin]
        if not targets:
            return
        target = self.random.choice(targets)
        self.e.used.add("compound")
        if self.is_kept(target) and self.is_clean():
            self.recurrence(target.type)
        op = self.random.choice(["+=", "-=", "&=", "|=", "^=", "<<=", ">>=", "++", "--"])
        if op in ("++", "--"):
            self.emit(indent, f"{target.name}{op};" if self.chance(50) else f"{op}{target.name};")
        elif op in ("<<=", ">>="):
            self.emit(indent, f"{target.name} {op} {self.random.randrange(target.type.width + 1)};")
        else:
            self.emit(indent, f"{target.name} {op} {self.e.ap(scope, 1, self.is_clean())[0]};")

    def struct_local(self, indent, scope):
        """A struct in a variable, filled, perhaps changed by a function and copied."""
        record = self.g.record()
        name, clean = self.new("rec"), self.is_clean()
        self.e.used.add("struct_local")
        self.emit(indent, f"{record.name} {name};")
        for path, type_ in record.fields:
            self.emit(indent, f"{name}{path} = {type_.of(self.e.ap(scope, 1, clean)[0])};")
        if self.chance(60):
            self.emit(indent, f"{record.changer}({name}, {Type(16).of(self.e.ap(scope, 1, clean)[0])});")
        if self.chance(40):
            copy = self.new("rec")
            self.emit(indent, f"{record.name} {copy} = {name};")
            name = copy
        scope += [Variable(name + path, type_) for path, type_ in record.fields]

    def shift_register(self, indent, scope):
        """All elements of a small array move by one; a sum over it."""
        if self.shifted or not self.registers:
            return
        name, type_, length = self.registers
        self.shifted = True
        self.e.used.add("shift_register")
        index, total = self.new("k"), self.new("sum")
        wide = Type(min(type_.width + 4, self.e.max_width), type_.signed)
        self.emit(indent, f"for (int {index} = {length - 1}; {index} > 0; {index}--) {{")
        self.emit(0, "#pragma HLS UNROLL")
        self.emit(indent + 1, f"{name}[{index}] = {name}[{index} - 1];")
        self.emit(indent, "}")
        self.emit(indent, f"{name}[0] = {type_.of(self.e.ap(scope, 1, self.is_clean())[0])};")
        self.emit(indent, f"{wide} {total} = 0;")
        self.emit(indent, f"for (int {index} = 0; {index} < {length}; {index}++) {{")
        self.emit(0, "#pragma HLS UNROLL")
        self.emit(indent + 1, f"{total} = {wide}({total} + {name}[{index}]);")
        self.emit(indent, "}")
        scope.append(Variable(total, wide))

    # -- branches

    def conditional(self, indent, scope, nesting, exits=False):
        self.emit(indent, f"if ({self.e.condition(scope, 1, self.is_clean())}) {{")
        self.inside(indent + 1, scope, nesting, exits)
        if self.chance(20):
            self.emit(indent, f"}} else if ({self.e.condition(scope, 1, self.is_clean())}) {{")
            self.inside(indent + 1, scope, nesting, exits)
        if self.chance(50):
            self.emit(indent, "} else {")
            self.inside(indent + 1, scope, nesting, exits)
        self.emit(indent, "}")

    def inside(self, indent, scope, nesting, exits=False):
        inner = list(scope)
        for _ in range(self.random.randint(1, 3)):
            self.statement(indent, inner, nesting, exits and self.chance(25))

    def switch(self, indent, scope, nesting):
        self.e.used.add("switch")
        self.emit(indent, f"switch ({self.e.bits(scope, 1, self.is_clean(), 2)}.to_uint()) {{")
        for label in ("case 0", "case 2", "default"):
            self.emit(indent + 1, f"{label}: {{")
            self.inside(indent + 2, scope, nesting)
            if label != "case 2" or self.chance(60):
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
        form = self.random.randrange(4) if self.e.has("stream_forms") else 0
        if form:
            self.e.used.add("stream_forms")
        if form == 1:
            self.emit(indent, f"{payload.name} {word};")
            self.emit(indent, f"{name} >> {word};")
        elif form == 2:
            self.emit(indent, f"{payload.name} {word};")
            self.emit(indent, f"{name}.read({word});")
        else:
            value = f"{self.g.taker()}({name})" if form == 3 else f"{name}.read()"
            self.emit(indent, f"{payload.name} {word} = {value};")
        scope += [Variable(word + path, type_) for path, type_ in payload.fields]

    def write(self, indent, scope, stream):
        name, payload = stream
        self.written_streams.add(name)
        if payload.is_struct:
            value = self.new("word")
            self.emit(indent, f"{payload.name} {value};")
            for path, type_ in payload.fields:
                self.emit(indent, f"{value}{path} = {type_.of(self.e.ap(scope, 2)[0])};")
        else:
            value = payload.type.of(self.e.ap(scope, 2)[0])
        if self.e.has("stream_forms") and self.chance(40):
            self.e.used.add("stream_forms")
            self.emit(indent, self.random.choice([f"{name} << {value};", f"{self.g.giver()}({name}, {value});"]))
        else:
            self.emit(indent, f"{name}.write({value});")

    # -- ways out

    def cheap_condition(self, scope):
        return f"{self.e.bits([v for v in scope if not v.carried], 0, True, 4)} == {self.random.randrange(16)}"

    def break_(self, indent, scope):
        self.emit(indent, f"if ({self.cheap_condition(scope)}) {{ break; }}")
        self.e.used.add("break")
        self.loop.min_ii = max(self.loop.min_ii, self.random.choice([1, 2, 3, 4]))

    def continue_(self, indent, scope):
        self.emit(indent, f"if ({self.cheap_condition(scope)}) {{ {self.step}continue; }}")
        self.e.used.add("continue")

    def exit_(self, indent, scope):
        if self.words is None:
            self.emit(indent, f"if ({self.cheap_condition(scope)}) {{ {self.return_text or 'return;'} }}")
            self.e.used.add("exit")
            self.loop.min_ii = max(self.loop.min_ii, self.random.choice([1, 2, 3, 4]))
