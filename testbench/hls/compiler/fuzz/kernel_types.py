"""Types and expressions of random kernels.

Everything is defined behaviour: built-in signed arithmetic goes through unsigned or ap_int types, shifts of built-in
types are below their width, divisors are constants other than 0, indices are as wide as their array.
"""

import collections

BUILTINS = {
    (1, False): ("bool", "to_bool"),
    (8, True): ("signed char", "to_schar"), (8, False): ("unsigned char", "to_uchar"),
    (16, True): ("short", "to_short"), (16, False): ("unsigned short", "to_ushort"),
    (32, True): ("int", "to_int"), (32, False): ("unsigned", "to_uint"),
    (64, True): ("long long", "to_int64"), (64, False): ("unsigned long long", "to_uint64")}
MAX_WIDTH = {"": 64, "wide": 200, "very_wide": 2048}
# Most widths are of these: corners, and types that programs share are compiled once.
POPULAR_WIDTHS = [1, 2, 3, 4, 5, 7, 8, 8, 9, 12, 16, 16, 17, 18, 24, 27, 31, 32, 32, 33, 40, 63, 64, 65, 128, 129, 200,
                  255, 512, 513, 1000, 2048]


class Type:
    def __init__(self, width, signed=False, builtin=False):
        self.width, self.signed, self.builtin = width, signed, builtin

    def __str__(self):
        if self.builtin:
            return BUILTINS[self.width, self.signed][0]
        return f"ap_{'int' if self.signed else 'uint'}<{self.width}>"

    def ap(self):
        return Type(self.width, self.signed)

    def of(self, text):
        """The value of an ap expression in this type."""
        if self.builtin:
            return f"({self})({self.ap()}({text}).{BUILTINS[self.width, self.signed][1]}())"
        return f"{self}({text})"


class Variable:
    def __init__(self, name, type_, carried=False, mutable=True):
        self.name, self.type = name, type_
        self.carried = carried  # its value comes from an earlier iteration, or depends on one that does
        self.mutable = mutable


class Expressions:
    """Random expressions over a scope's variables; notes each construct it uses in `used`."""

    def __init__(self, random, features, used):
        self.random, self.features, self.used = random, features, used
        self.tables = []      # [(name, type, index bits)]
        self.functions = []   # [(call text, result type, [argument types], construct)]
        self.calls = collections.Counter()
        self.max_width = MAX_WIDTH["very_wide" if self.has("very_wide") else "wide" if self.has("wide") else ""]
        self.popular_widths = [w for w in POPULAR_WIDTHS if w <= self.max_width]

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def has(self, feature):
        return feature in self.features

    def width(self):
        if self.chance(70):
            return self.random.choice(self.popular_widths)
        if self.max_width > 200 and self.chance(70):  # types that nothing else shares cost most where they are widest
            return self.random.choice(self.popular_widths[-5:])
        low, high = self.random.choice([(1, 8), (1, 8), (9, 32), (9, 32), (33, 64)] +
                                       ([(65, 128), (129, 200)] if self.max_width > 64 else []) +
                                       ([(201, 512), (513, 2048)] if self.max_width > 200 else []))
        return self.random.randint(low, high)

    def type(self):
        if self.has("builtin") and self.chance(35):
            self.used.add("builtin")
            width, signed = self.random.choice(list(BUILTINS))
            return Type(width, signed, True)
        type_ = Type(self.width(), self.chance(45))
        if type_.width > 64:
            self.used.add("very_wide" if type_.width > 200 else "wide")
        return type_

    def constant(self, type_):
        pick = self.random.randrange(6)
        value = [0, 1, (1 << type_.width) - 1, 1 << (type_.width - 1), self.random.getrandbits(type_.width),
                 self.random.getrandbits(type_.width)][pick]
        if type_.width <= 32:
            return f"{type_.ap()}({value & 0xFFFFFFFF}u)"
        if type_.width <= 64:
            return f"{type_.ap()}({value}ull)"
        wide = Type(type_.width)
        if pick == 2:
            text = f"~{wide}(0)"
        elif pick == 3:
            text = f"{wide}(1) << {type_.width - 1}"
        elif pick < 2:
            text = str(value)
        else:
            text = (f"({wide}({self.random.getrandbits(64)}ull) << {self.random.randrange(64, type_.width)}) ^ "
                    f"{wide}({self.random.getrandbits(64)}ull)")
        return f"{type_.ap()}({text})"

    def leaf(self, scope, clean):
        variables = [v for v in scope if not (clean and v.carried)]
        if variables and self.chance(85):
            # The last ones more often, so that what was computed is used.
            variable = variables[-1 - min(self.random.randrange(len(variables)), self.random.randrange(len(variables)))]
            return f"{variable.type.ap()}({variable.name})", variable.type.ap()
        type_ = Type(self.width(), self.chance(50))
        return self.constant(type_), type_

    def bits(self, scope, depth, clean, width):
        """An unsigned value of so many bits: an index, an amount."""
        text, _ = self.ap(scope, depth, clean)
        return f"ap_uint<{width}>({text})"

    def condition(self, scope, depth=1, clean=False):
        left, type_ = self.ap(scope, depth, clean)
        if self.chance(30):
            right = self.constant(type_)
        else:
            right, _ = self.ap(scope, depth - 1, clean)
            if self.chance(60):
                right = f"{type_}({right})"
        text = f"{left} {self.random.choice(['<', '<=', '>', '>=', '==', '!='])} {right}"
        if depth > 0 and self.chance(20):
            return f"({text}) {self.random.choice(['&&', '||'])} ({self.condition(scope, 0, clean)})"
        return f"!({text})" if self.chance(10) else text

    def ap(self, scope, depth, clean=False):
        """An expression of an ap type, at most max_width bits: its text and type."""
        if depth <= 0 or self.chance(15):
            return self.leaf(scope, clean)
        choices = [self.arithmetic] * 5 + [self.bitwise] * 3 + [self.select] * 2 + [self.compare, self.unary,
                   self.constant_shift]
        if self.has("variable_shift"):
            choices += [self.variable_shift] * 2
        if self.has("bit_range"):
            choices += [self.bit_range] * 2
        if self.has("concat"):
            choices += [self.concat] * 2
        if self.has("divide"):
            choices += [self.divide] * 2
        if self.has("reduce"):
            choices += [self.reduce]
        if self.has("builtin"):
            choices += [self.builtin] * 2
        if self.tables:
            choices += [self.table] * 3
        if self.functions:
            choices += [self.call] * 3
        return self.random.choice(choices)(scope, depth - 1, clean)

    def shrunk(self, text, type_):
        """Now and then cut or extended; never wider than MAX_WIDTH."""
        limit = self.max_width
        if type_.width > limit or self.chance(40):
            type_ = Type(min(self.width(), limit), self.chance(50))
            return f"{type_}({text})", type_
        return f"({text})", type_

    def arithmetic(self, scope, depth, clean):
        (a, ta), (b, tb) = self.ap(scope, depth, clean), self.ap(scope, depth, clean)
        op = self.random.choice("++--*")
        if op == "*":
            if ta.width > 40:
                ta = Type(self.random.randint(1, 27), ta.signed)
                a = f"{ta}({a})"
            if tb.width > 40:
                tb = Type(self.random.randint(1, 18), tb.signed)
                b = f"{tb}({b})"
            type_ = Type(ta.width + tb.width, ta.signed or tb.signed)
        else:
            mixed = int(ta.signed != tb.signed)
            type_ = Type(max(ta.width, tb.width) + 1 + mixed, op == "-" or ta.signed or tb.signed)
        return self.shrunk(f"{type_}({a} {op} {b})", type_)

    def bitwise(self, scope, depth, clean):
        (a, ta), (b, tb) = self.ap(scope, depth, clean), self.ap(scope, depth, clean)
        op = self.random.choice('&|^')
        if self.chance(50):
            return f"{ta}({a} {op} {ta}({b}))", ta
        type_ = Type(max(ta.width, tb.width), self.chance(50))
        return f"{type_}({a} {op} {b})", type_

    def select(self, scope, depth, clean):
        (a, ta), (b, _) = self.ap(scope, depth, clean), self.ap(scope, depth, clean)
        return f"(({self.condition(scope, depth, clean)}) ? {ta}({a}) : {ta}({b}))", ta

    def compare(self, scope, depth, clean):
        return f"ap_uint<1>({self.condition(scope, depth, clean)})", Type(1)

    def unary(self, scope, depth, clean):
        a, ta = self.ap(scope, depth, clean)
        return self.random.choice([(f"{ta}(~{a})", ta), (f"{ta}(-{a})", ta)])

    def constant_shift(self, scope, depth, clean):
        a, ta = self.ap(scope, depth, clean)
        return f"{ta}({a} {self.random.choice(['<<', '>>'])} {self.random.randrange(ta.width + 2)})", ta

    def variable_shift(self, scope, depth, clean):
        self.used.add("variable_shift")
        a, ta = self.ap(scope, depth, clean)
        amount = self.bits(scope, depth - 1, clean, self.random.randint(1, 8))
        return f"{ta}({a} {self.random.choice(['<<', '>>'])} {amount})", ta

    def bit_range(self, scope, depth, clean):
        self.used.add("bit_range")
        a, ta = self.ap(scope, depth, clean)
        if self.chance(40) and ta.width > 1:
            bits = ta.width.bit_length() - 1
            return f"ap_uint<1>({ta}({a})[{self.bits(scope, 0, clean, bits)}])", Type(1)
        low = self.random.randrange(ta.width)
        high = self.random.randrange(low, ta.width)
        type_ = Type(high - low + 1)
        return f"{type_}({ta}({a}).range({high}, {low}))", type_

    def concat(self, scope, depth, clean):
        (a, ta), (b, tb) = self.ap(scope, depth, clean), self.ap(scope, depth, clean)
        if ta.width + tb.width > self.max_width:
            return a, ta
        self.used.add("concat")
        type_ = Type(ta.width + tb.width)
        return f"{type_}({ta}({a}).concat({tb}({b})))", type_

    def divide(self, scope, depth, clean):
        a, ta = self.ap(scope, depth, clean)
        if ta.width > 40:
            ta = Type(self.random.randint(4, 32), ta.signed)
            a = f"{ta}({a})"
        self.used.add("divide")
        op = self.random.choice("/%")
        divisor = self.random.choice([1, 2, 3, 5, 7, 8, 10, 13, 100, 641, self.random.randint(1, 4000)])
        type_ = ta if op == "/" else Type(14, ta.signed)
        if ta.signed:
            sign = self.random.choice(["", "", "-"])
            return f"{Type(ta.width + 1, True)}({a} {op} ap_int<14>({sign}{divisor}))", Type(ta.width + 1, True)
        return f"{type_}({a} {op} ap_uint<13>({divisor}))", type_

    def reduce(self, scope, depth, clean):
        self.used.add("reduce")
        a, ta = self.ap(scope, depth, clean)
        method = self.random.choice(["or_reduce", "and_reduce", "xor_reduce", "countLeadingZeros"])
        type_ = Type(12) if method == "countLeadingZeros" else Type(1)
        return f"{type_}({ta}({a}).{method}())", type_

    def builtin(self, scope, depth, clean):
        self.used.add("builtin")
        width = self.random.choice([32, 32, 64])
        unsigned = Type(width, False, True)
        (a, _), (b, _) = self.ap(scope, depth, clean), self.ap(scope, depth, clean)
        a, b = unsigned.of(a), unsigned.of(b)
        op = self.random.choice(["+", "-", "*", "&", "|", "^", "<<", ">>", "s>>", "/", "s/"])
        if op == "*" and width == 64:
            op = "+"
        signed = Type(width, True, True)
        if op in ("/", "s/"):
            divisor = self.random.choice([1, 2, 3, 7, 10, 16, 60, 127, 1000, self.random.randint(2, 99999)])
            sign = self.random.choice(["", "-"]) if op == "s/" and divisor != 1 else ""
            a = f"(({Type(32, True, True) if op == 's/' else Type(32, False, True)}){a})"
            text = f"({a} {self.random.choice('/%')} {sign}{divisor}{'' if op == 's/' else 'u'})"
        elif op == "s>>":
            text = f"(({signed}){a} >> {self.random.randrange(width)})"
        elif op in ("<<", ">>"):
            text = f"({a} {op} ({b} & {width - 1}))"
        else:
            text = f"({a} {op} {b})"
        type_ = Type(width, self.chance(50))
        return f"{type_}({text})", type_

    def table(self, scope, depth, clean):
        name, type_, bits = self.random.choice(self.tables)
        self.used.add("rom")
        return f"{type_.ap()}({name}[{self.bits(scope, depth - 1, clean, bits)}])", type_.ap()

    def call(self, scope, depth, clean):
        call, result, arguments, construct = self.random.choice(self.functions)
        self.used.add(construct)
        self.calls[construct] += 1
        values = ", ".join(t.of(self.ap(scope, depth - 1, clean)[0]) for t in arguments)
        return f"{result.ap()}({call}({values}))", result.ap()
