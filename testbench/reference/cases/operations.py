"""norm, sigmoid, swiglu, swiglu_clamped, sincos, rope."""

from numerics import activations as act
from numerics.integers import LOG2E
from numerics.vectors import Vector

BIG = (1 << 23) - 1
ONE = 1 << 30
EPSILON = (1125899907, -70)  # 1e-6, rounded
ALPHA = 659134393  # 1.702 * log2 e in Q28
SEVEN = 7 << 16
THETA = [(1 << 64) * 500000 // 3141593, 1 << 60, 3689348814741910323, 12345678901234567, 1 << 32, 1]


def result(case, y):
    return case | {"y": y.m, "y_exponent": y.e}


def case_norm(m, e, gammas, eg, me, ee):
    case = {"m": m, "e": e, "gammas": gammas, "eg": eg, "me": me, "ee": ee}
    return result(case, act.norm(Vector(m, e), gammas, eg, me, ee))


def cases_norm(draw):
    def gammas(n):
        return draw.list(n, 8192, 32767)

    sizes = (1, 2, 5, 31, 32, 48, 64, 96)
    cases = [case_norm(draw.bell(n, 23), -20, gammas(n), -14, *EPSILON) for n in sizes]
    cases += [case_norm(draw.bell(24, 23), e, gammas(24), -14, *EPSILON) for e in (-300, -60, -45, -33, -32, -31, 40)]
    cases += [case_norm(draw.signed(8, bits), -30, draw.signed(8, 15), -15, *EPSILON) for bits in range(1, 24, 3)]
    full, low = [32767] * 8, [-32768] * 8
    cases += [
        case_norm([0] * 8, -16384, full, -14, *EPSILON), case_norm([BIG] * 8, 3, full, -14, 0, 0),
        case_norm([-BIG] * 8, 3, low, -14, *EPSILON), case_norm([1] + [0] * 7, -16000, low, 0, 0, 0),
        case_norm([1] * 8, -5000, full, 0, *EPSILON), case_norm([1] * 8, 0, full, 0, (1 << 31) - 1, 0),
        case_norm([1] * 8, 0, full, 0, (1 << 31) - 1, 40), case_norm([1] * 8, 0, full, 0, 1, 0),
        case_norm([3, 4], 0, [1, 1], 0, 0, 0), case_norm(draw.signed(8, 23), -20, [0] * 8, -14, *EPSILON),
        case_norm([2] * 4, 0, [1, -1, 32767, 0], 0, 0, 100), case_norm([1 << 22] * 4, 1, [16384] * 4, -14, 0, 0),
    ]
    return cases


def cases_sigmoid(draw):
    def case(m, e, scale):
        return {"m": m, "e": e, "scale": scale, "y": [act.sigmoid(x, e, scale) for x in m]}

    some = [0, 1, -1, 2, -2, 1000, -1000, 1 << 20, -(1 << 20), BIG, -BIG]
    cases = [case(some, e, LOG2E) for e in (-16384, -60, -40, -30, -24, -22, -21, -20, -19, -18, -10, 0, 4, 5, 60)]
    cases += [case(draw.signed(12, 23), e, scale) for e in (-24, -20, -18) for scale in (LOG2E, ALPHA, (1 << 32) - 1)]
    return cases + [case(some, -20, 0)]


def cases_swiglu(draw):
    inputs = [(draw.bell(2 * n, 23), e) for n in (1, 8, 32) for e in (-24, -20, -17)]
    inputs += [(draw.signed(16, 23), e) for e in (-300, -60, -30, -12, 0, 6, 70)]
    inputs += [
        ([0] * 8, -16384), ([BIG] * 8, -20), ([-BIG] * 8, -18), ([0] * 4 + [BIG] * 4, -20), ([BIG] * 4 + [0] * 4, -20),
        ([-1] * 8, -20), ([-BIG] * 4 + [1] * 4, 0), ([1, -1, 2, -2, BIG, -BIG, 3, -3], -22),
    ]
    return [result({"m": m, "e": e}, act.swiglu(Vector(m, e))) for m, e in inputs]


def cases_swiglu_clamped(draw):
    inputs = [(draw.bell(2 * n, 23), e, SEVEN, ALPHA) for n in (1, 8, 32) for e in (-24, -20, -17)]
    inputs += [(draw.signed(16, 23), e, SEVEN, ALPHA) for e in (-300, -60, -48, -41, -40, -39, -25, -23, -16, -15)]
    inputs += [(draw.signed(16, 23), e, SEVEN, ALPHA) for e in (-1, 0, 1, 2, 3, 40)]
    inputs += [(draw.signed(16, 23), -20, limit, ALPHA) for limit in (1, 1 << 16, (1 << 32) - 1)]
    inputs += [
        ([0] * 8, -16384, SEVEN, ALPHA), ([BIG] * 8, -20, SEVEN, ALPHA), ([-BIG] * 8, -20, SEVEN, ALPHA),
        ([BIG] * 4 + [-(1 << 20)] * 4, -20, SEVEN, ALPHA), (draw.signed(8, 23), -20, SEVEN, LOG2E),
    ]
    return [
        result({"m": m, "e": e, "limit": limit, "scale": scale}, act.swiglu_clamped(Vector(m, e), limit, scale))
        for m, e, limit, scale in inputs
    ]


def sincos_all(position, increments, amplitude):
    pairs = [act.sincos(position, inc, amplitude) for inc in increments]
    return {
        "position": position, "increments": [str(inc) for inc in increments], "amplitude": amplitude,
        "sin": [s for s, _ in pairs], "cos": [c for _, c in pairs],
    }


def cases_sincos(draw):
    eighths = [k << 61 for k in range(8)]
    edges = [(x + d) % (1 << 64) for x in eighths for d in (-(1 << 32), -1, 1, 1 << 32)]
    inputs = [(1, eighths, ONE), (1, edges, ONE), (0, THETA, ONE), (3, eighths, ONE), (131071, THETA, ONE)]
    inputs += [((1 << 20) - 1, THETA, ONE), (7, [(1 << 64) - 1, 1 << 63], ONE), ((1 << 32) - 1, THETA, ONE)]
    inputs += [(1, eighths, amplitude) for amplitude in (0, 1, 1464986583, (1 << 31) - 1)]
    inputs += [(draw.between(0, 200000), draw.list(12, 0, (1 << 64) - 1), ONE) for _ in range(6)]
    return [sincos_all(*x) for x in inputs]


def cases_rope(draw):
    def case(heads, dim, position, m, e, amplitude=ONE, increments=None):
        increments = increments or [max(1, (1 << 61) >> (3 * i)) + i for i in range(dim // 2)]
        y = act.rope(Vector(m, e), heads, dim, position, increments, amplitude)
        sizes = {"heads": heads, "dim": dim, "m": m, "e": e}
        return result(sizes | sincos_all(position, increments, amplitude), y)

    cases = [case(h, d, p, draw.bell(h * d, 23), -20) for h, d in ((1, 2), (1, 16), (3, 8)) for p in (0, 1, 77, 99999)]
    cases += [case(2, 8, 1234, draw.signed(16, 23), e, a) for e in (-300, -23, 50) for a in (ONE, (1 << 31) - 1, 1)]
    return cases + [
        case(2, 4, 5, [0] * 8, -16384), case(1, 4, 1, [BIG, -BIG, BIG, BIG], 0, (1 << 31) - 1, [1 << 61, 3 << 61]),
        case(1, 4, 1, [-1] * 4, 0, ONE, [1 << 62, 1 << 63]), case(2, 4, 5, draw.signed(8, 23), 0, 0),
        case(1, 64, 4095, draw.spread(64, 23), -21), case(4, 2, 31, draw.signed(8, 2), -3),
    ]


CASES = {
    "norm": cases_norm, "sigmoid": cases_sigmoid, "swiglu": cases_swiglu, "swiglu_clamped": cases_swiglu_clamped,
    "sincos": cases_sincos, "rope": cases_rope,
}
