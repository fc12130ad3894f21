"""Arrays in a random kernel: their declaration and first contents, statements about them, and loops that empty them."""
from kernel_arrays import Array, Member, STORAGE, index_variable
from kernel_types import Type, Variable


class Memory:
    """The part of Process that is about arrays."""

    def make_arrays(self):
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
                if not is_static:
                    self.initialise(array)
        if self.e.has("struct_array"):
            self.make_records()
        if self.e.has("shift_register"):
            self.make_registers()

    def initialise(self, array):
        indices = [self.new("i") for _ in array.bits]
        unroll = array.construct == "partition_complete" and self.chance(60)
        self.nest(array, indices, "UNROLL" if unroll else "PIPELINE II=1")
        scope = self.base + [index_variable(index) for index in indices]
        value = array.type.of(self.e.ap(scope, 2)[0])
        self.emit(1 + len(indices), f"{array.element(indices)} = {value};")
        self.end_nest(indices)

    def nest(self, array, indices, pragma):
        for level, (index, size) in enumerate(zip(indices, array.sizes)):
            self.emit(1 + level, f"for (int {index} = 0; {index} < {size}; {index}++) {{")
        self.emit(0, f"#pragma HLS {pragma}")

    def end_nest(self, indices):
        for level in reversed(range(len(indices))):
            self.emit(1 + level, "}")

    def make_records(self):
        record, name, bits = self.g.record(), self.new("m"), self.random.randint(2, 5)
        construct = self.random.choice(["memory_default", "memory_lutram", "memory_s2p"])
        self.emit(1, f"{record.name} {name}[{1 << bits}];")
        if STORAGE[construct][0]:
            self.emit(0, "#pragma HLS " + STORAGE[construct][0].format(name))
        members = [Member(name, construct, bits, path, type_) for path, type_ in record.fields]
        index = self.new("i")
        self.nest(members[0], [index], f"PIPELINE II={record.longest}")
        for member in members:
            value = member.type.of(self.e.ap(self.base + [index_variable(index)], 1)[0])
            self.emit(2, f"{member.element([index])} = {value};")
        self.end_nest([index])
        self.e.used.add("struct_array")
        # An array member has one memory for all of its elements: statements move such members with the whole struct.
        self.arrays += [m for m in members if not m.suffix.endswith("]")]
        self.records.append((record, name, bits, members))

    def make_registers(self):
        type_, length, name = self.e.type(), self.random.randint(2, 6), self.new("line")
        if type_.width > 64:
            type_ = Type(64)
        self.emit(1, f"static {type_} {name}[{length}] = {{}};")
        self.emit(0, f"#pragma HLS ARRAY_PARTITION variable={name} complete")
        self.registers = (name, type_, length)

    # -- statements

    def indices(self, array, scope):
        found = []
        for bits, size in zip(array.bits, array.sizes):
            index = self.e.bits(scope, 1, self.is_clean(), bits)
            found.append(f"{index} + {size - (1 << bits)}" if size > 1 << bits and self.chance(50) else index)
        return found

    def fits(self, array, reads, writes):
        saved, array.counts = array.counts, [array.counts[0] + reads, array.counts[1] + writes]
        fits = not self.loop.pipelined or array.needed_ii() <= 8
        array.counts = saved
        return fits

    def count(self, array, reads, writes):
        array.counts = [array.counts[0] + reads, array.counts[1] + writes]

    def pick(self, roles, reads, writes):
        fitting = [a for a in self.arrays if a.role in roles and self.fits(a, reads, writes)]
        if not fitting:
            return None
        array = self.random.choice(fitting)
        self.count(array, reads, writes)
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
        if not array:
            return
        element = array.element(self.indices(array, scope))
        if self.e.has("reference") and self.chance(60):
            name = self.new("ref")
            self.emit(indent, f"{array.type}& {name} = {element};")
            element = name
            self.e.used.add("reference")
        value, _ = self.e.ap(scope, 2, self.is_clean())
        form = self.random.choice("+-^|")
        value = array.type.of(f"{array.type.ap()}({element}) {form} {array.type.ap()}({value})")
        self.emit(indent, f"{element} = {value};")
        self.e.used.add("read_modify_write")

    def copy_record(self, indent, scope):
        """A whole struct is read from, or written to, an array of structs."""
        record, name, bits, members = self.random.choice(self.records)
        if self.loop.pipelined and any(any(m.counts) or self.record_moved for m in members):
            return
        self.record_moved = True
        self.loop.min_ii = max(self.loop.min_ii, record.longest)
        place = f"{name}[{self.e.bits(scope, 1, self.is_clean(), bits)}]"
        local = self.new("rec")
        if self.chance(50):
            self.emit(indent, f"{record.name} {local} = {place};")
            scope += [Variable(local + path, type_) for path, type_ in record.fields]
            self.count_record(members, 1, 0)
            return
        self.emit(indent, f"{record.name} {local};")
        for path, type_ in record.fields:
            self.emit(indent, f"{local}{path} = {type_.of(self.e.ap(scope, 1, self.is_clean())[0])};")
        self.emit(indent, f"{place} = {local};")
        self.count_record(members, 0, 1)

    def count_record(self, members, reads, writes):
        for member in members:
            self.count(member, reads, writes)

    # -- at the end

    def drain(self):
        """What arrays and variables hold is written, so that a wrong value is seen."""
        outputs = [s for s in self.outputs if not s[1].is_struct]
        if not outputs:
            return
        for array in self.arrays:
            if self.chance(60):
                name, payload = self.random.choice(outputs)
                indices = [self.new("i") for _ in array.bits]
                self.nest(array, indices, "PIPELINE II=1")
                self.emit(1 + len(indices), f"{name}.write({payload.type.of(array.type.ap().of(array.element(indices)))});")
                self.end_nest(indices)
        for variable in self.state:
            name, payload = self.random.choice(outputs)
            self.emit(1, f"{name}.write({payload.type.of(variable.type.ap().of(variable.name))});")
