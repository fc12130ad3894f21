"""Arrays of random kernels: how they are stored, and what one pipelined iteration may do with them."""
from kernel_types import Type, Variable

# Construct: the pragmas' text and (reads, writes, either) a cycle; None: any number.
STORAGE = {
    "memory_default": ("", (1, 1, 0)),
    "memory_1p": ("BIND_STORAGE variable={0} type=ram_1p impl=bram", (0, 0, 1)),
    "memory_s2p": ("BIND_STORAGE variable={0} type=ram_s2p impl=bram", (1, 1, 0)),
    "memory_t2p": ("BIND_STORAGE variable={0} type=ram_t2p impl=bram", (0, 0, 2)),
    "memory_lutram": ("BIND_STORAGE variable={0} type=ram_2p impl=lutram", (1, 1, 0)),
    "memory_uram": ("BIND_STORAGE variable={0} type=ram_2p impl=uram", (1, 1, 0)),
    "partition_complete": ("ARRAY_PARTITION variable={0} complete dim=0", None),
    "partition_cyclic": ("ARRAY_PARTITION variable={0} cyclic factor={1} dim=1", (1, 1, 0)),
    "partition_block": ("ARRAY_PARTITION variable={0} block factor={1} dim=1", (1, 1, 0)),
    "partition_dim": ("ARRAY_PARTITION variable={0} complete dim=2", (1, 1, 0)),
}


def index_variable(name, type_=None):
    return Variable(name, type_ or Type(32, True, True), mutable=False)


class Array:
    suffix = ""  # after the indices: the member of an array of structs

    def __init__(self, name, construct, expressions, is_static):
        random = expressions.random
        self.name, self.construct, self.is_static = name, construct, is_static
        pragma, self.ports = STORAGE[construct]
        small = construct == "partition_complete"
        self.bits = [random.randint(1, 3 if small else 6)]
        if construct == "partition_dim":
            self.bits = [random.randint(2, 4), random.randint(1, 2)]
        elif small and random.randrange(3) == 0:
            self.bits = [1, random.randint(1, 2)]
        # More elements than the bits of an index reach: other indices begin further up.
        self.sizes = [(1 << b) + (random.randrange(1 << b) if expressions.chance(40) else 0) for b in self.bits]
        factor = min(random.randint(2, 4), self.sizes[0])
        self.pragma = pragma.format(name, factor)
        self.type = expressions.type()
        if small and self.type.width > 64:
            self.type = Type(64)
        self.role = ""  # in the loop at hand: 'r', 'w' or 'rmw'; '': none
        self.counts = [0, 0]  # reads and writes of an iteration

    def declaration(self):
        sizes = "".join(f"[{size}]" for size in self.sizes)
        lines = [f"{'static ' if self.is_static else ''}{self.type} {self.name}{sizes}{' = {}' if self.is_static else ''};"]
        if self.pragma:
            lines.append(f"#pragma HLS {self.pragma}")
        return lines

    def element(self, indices):
        return self.name + "".join(f"[{index}]" for index in indices) + self.suffix

    def needed_ii(self):
        reads, writes = self.counts
        rmw = 3 + reads + writes if reads and writes else 1
        if self.ports is None:
            return 2 + writes if reads and writes else max(1, writes)
        r, w, either = self.ports
        if either:
            return max(rmw, -(-(reads + writes) // either), writes)
        return max(rmw, -(-reads // r), -(-writes // w))


class Member(Array):
    """A member of an array of structs, in memories of its own."""

    def __init__(self, name, construct, bits, suffix, type_):
        self.name, self.construct, self.is_static = name, construct, False
        self.ports = STORAGE[construct][1]
        self.bits, self.suffix, self.type, self.pragma = [bits], suffix, type_, ""
        self.sizes = [1 << bits]
        self.role, self.counts = "", [0, 0]


class Argument(Array):
    """An array that is a parameter: one read and one write a cycle."""

    def __init__(self, name, bits, type_):
        self.name, self.construct, self.is_static = name, "array_argument", True
        self.ports, self.bits, self.type, self.pragma = (1, 1, 0), [bits], type_, ""
        self.sizes = [1 << bits]
        self.role, self.counts = "", [0, 0]
