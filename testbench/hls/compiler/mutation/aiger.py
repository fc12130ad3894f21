"""And-inverter graphs: Yosys' text form in, the miter of two copies out in the binary form, which ABC reads."""
import re


class Aiger:
    """Literals as in the format: 2 * variable, + 1 where inverted; 0 is false."""

    def __init__(self, text):
        lines = text.splitlines()
        counts = [int(word) for word in lines[0].split()[2:6]]
        ends = [1]
        for count in counts:
            ends.append(ends[-1] + count)
        rows = [[[int(word) for word in row.split()] for row in lines[a:b]] for a, b in zip(ends, ends[1:])]
        self.inputs = [row[0] for row in rows[0]]
        self.latches = [row + [0] * (3 - len(row)) for row in rows[1]]  # [literal, next, first: 0, 1 or the literal]
        names = re.findall(r"^o(\d+) (.*)$", text, re.MULTILINE)  # in an order of Yosys' own
        self.outputs = {name: rows[2][int(number)][0] for number, name in names}
        self.gates = rows[3]
        self.input_names = {int(number): name for number, name in re.findall(r"^i(\d+) (.*)$", text, re.MULTILINE)}
        self.gates.sort()  # Yosys numbers gates behind what they read

    def bus(self, name):
        """Inputs of a port, by bit."""
        bits = {}
        for number, text in self.input_names.items():
            found = re.fullmatch(re.escape(name) + r"(?:\[(\d+)\])?", text)
            if found:
                bits[int(found.group(1) or 0)] = self.inputs[number]
        return [bits[bit] for bit in sorted(bits)]


class Builder:
    """A new graph: inputs and latches first, then gates, each once."""

    def __init__(self):
        self.variables, self.inputs, self.latches, self.gates, self.seen = 0, 0, [], [], {}

    def fresh(self):
        self.variables += 1
        return 2 * self.variables

    def gate(self, left, right):
        low, high = sorted((left, right))
        if low == 0 or low == high ^ 1:
            return 0
        if low == 1 or low == high:
            return high
        if (low, high) not in self.seen:
            self.seen[low, high] = self.fresh()
            self.gates.append((self.seen[low, high], high, low))
        return self.seen[low, high]

    def either(self, left, right):
        return self.gate(left ^ 1, right ^ 1) ^ 1

    def differ(self, left, right):
        return self.either(self.gate(left, right ^ 1), self.gate(left ^ 1, right))

    def binary(self, output):
        head = [f"aig {self.variables} {self.inputs} {len(self.latches)} 1 {len(self.gates)}"]
        head += [f"{following} {first}" for _, following, first in self.latches] + [str(output)]
        body = bytearray()
        for gate, high, low in self.gates:
            for delta in (gate - high, high - low):
                while delta >= 128:
                    body.append(delta & 127 | 128)
                    delta >>= 7
                body.append(delta)
        return ("\n".join(head) + "\n").encode() + bytes(body)


class Copy:
    """A graph in a new one, with a constant at the inputs `choice`."""

    def __init__(self, new, graph, choice, number, shared, registers, any_values, started):
        self.literals = {0: 0, **shared, **{literal: number >> bit & 1 for bit, literal in enumerate(choice)}}
        for literal, register in registers.items():
            any_value = any_values.get(literal)
            self.literals[literal] = register if any_value is None else new.either(
                new.gate(register, started), new.gate(any_value, started ^ 1))
        for gate, left, right in graph.gates:
            self.literals[gate] = new.gate(self.now(left), self.now(right))

    def now(self, literal):
        return self.literals[literal & ~1] ^ (literal & 1)


def any_difference(new, pairs):
    different = 0
    for left, right in pairs:
        different = new.either(different, new.differ(left, right))
    return different


def miter(graph, choice, mutant, counts, one_step):
    """Whose output is 1 once the graph with 0 at the inputs `choice` and the graph with the mutant's number there
    differ in an output, in a cycle in which output `counts` is 1. Latches that may start with any value start with
    the same one in both.

    `one_step`: both are in the state of the first in each cycle, and 1 also says that they would go to different ones.
    That is a smaller question, whose no is enough."""
    new = Builder()
    shared = {literal: new.fresh() for literal in graph.inputs if literal not in choice}
    any_values = {latch[0]: new.fresh() for latch in graph.latches if latch[2] == latch[0]}
    new.inputs = new.variables
    registers = {latch[0]: new.fresh() for latch in graph.latches}
    others = registers if one_step else {latch[0]: new.fresh() for latch in graph.latches}
    started = new.fresh()
    first = Copy(new, graph, choice, 0, shared, registers, any_values, started)
    second = Copy(new, graph, choice, mutant, shared, others, any_values, started)
    pairs = [(first.now(literal), second.now(literal)) for name, literal in graph.outputs.items() if name != counts]
    for copy, own in [(first, registers)] if one_step else [(first, registers), (second, others)]:
        new.latches += [(own[literal], copy.now(following), 0 if literal in any_values else value)
                        for literal, following, value in graph.latches]
    if one_step:
        pairs += [(first.now(following), second.now(following)) for _, following, _ in graph.latches]
    new.latches.append((started, 1, 0))
    return new.binary(new.gate(any_difference(new, pairs), first.now(graph.outputs[counts])))
