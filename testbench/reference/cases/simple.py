"""normalise, quantise, weighted_sum, exp2, recip, rsqrt, to_fixed24, kv_quantise."""

from numerics import integers as ints
from numerics.vectors import Vector, kv_quantise, normalise, planes, quantise, weighted_sum

BIG = (1 << 23) - 1


def strings(values):
    return [str(x) for x in values]


def case_normalise(s, exponent):
    y = normalise(s, exponent)
    return {"sums": strings(s), "exponent": exponent, "y": y.m, "y_exponent": y.e}


def cases_normalise(draw):
    inputs = [(draw.signed(16, bits), draw.between(-300, 300)) for bits in (1, 5, 22, 23, 24, 25, 40, 47, 61, 62)]
    top = (1 << 62) - 1
    inputs += [
        ([0] * 8, 100), ([-1] * 8, 3), ([0, -1, 0], -7), ([0, 1, 0], -7), ([-1, 1], 0),
        ([top, -top], 0), ([-(1 << 61), 5, 0], 1), ([-(1 << 23), 1], 0), ([-(1 << 22), 3], 0),
        ([(1 << 24) - 1, 3, -3, 1, -1], 0), ([(1 << 25) - 1, 2, -2, 6, -6], 0), ([(1 << 40) - 1, -(1 << 40)], -16000),
        ([1, top], 8000), ([8388607, -8388608, 8388606], 5), ([(1 << 24), -(1 << 24), 1, -1], 0), ([123456789], -40),
    ]
    return [case_normalise(s, e) for s, e in inputs]


def case_quantise(form, m, e, offset=0, count=None):
    count = len(m) if count is None else count
    x = quantise(Vector(m, e), form, offset, count)
    case = {"form": form, "m": m, "e": e, "offset": offset, "count": count, "q": x.q, "delta": x.delta, "A": x.A}
    if form == "q16":
        case["high"], case["low"] = (list(p) for p in planes(x.q))
    return case


def cases_quantise(draw):
    cases = []
    for form in ("q8", "q16"):
        cases += [case_quantise(form, draw.spread(96, 23), draw.between(-60, 60)) for _ in range(3)]
        cases += [
            case_quantise(form, draw.bell(64, 23), -20),
            case_quantise(form, [0] * 64, -16384),
            case_quantise(form, [-1] * 32, 12),
            case_quantise(form, [0] * 31 + [-1] + [1] + [0] * 31 + [0] * 32 + [BIG] * 32, -9),
            case_quantise(form, [BIG, -BIG] * 16 + [1, -1] * 16, 0),
            case_quantise(form, [(1 << k) * s for k in range(16) for s in (1, -1)], 3),
            case_quantise(form, [-(1 << 22)] + [(255 << 14) + d for d in range(8180, 8200)], 3),
            case_quantise(form, [0] * 32 + draw.signed(40, 12), -100),
            case_quantise(form, draw.signed(5, 23), 5000),
            case_quantise(form, [-65, -64, 64, 63, 127, -128, 128, -127, 16383, -16384, 16384], -5000),
            case_quantise(form, [BIG] * 32 + draw.signed(64, 9) + [0] * 32, 7, 32, 64),
            case_quantise(form, draw.spread(160, 23), -3, 64, 96),
            case_quantise(form, [BIG] * 32 + [0] * 64, 7, 32, 64),
        ]
    return cases


def case_weighted_sum(terms):
    y = weighted_sum([(Vector(m, e), r) for m, e, r in terms])
    return {"terms": [{"m": m, "e": e, "r": r} for m, e, r in terms], "y": y.m, "y_exponent": y.e}


def cases_weighted_sum(draw):
    one, most = 1 << 24, 1 << 28
    vector = draw.signed
    random_terms = [
        [(vector(12, 23), draw.between(-30, -10), draw.between(0, one)) for _ in range(count)] for count in (1, 2, 3, 9)
    ]
    inputs = random_terms + [
        [(vector(12, 23), -20, one), (vector(12, 23), -24, one)],
        [(vector(12, 23), -20, one), (vector(12, 23), -80, one)],
        [(vector(12, 23), -20, one), (vector(12, 23), -200, one)],
        [([0] * 4, -16384, one), ([0] * 4, -16384, one)],
        [([0] * 4, -16384, one), ([1, -2, 3, -4], -60, one)],
        [([1, -2, 3, -4], 50, 0), ([9, 8, -7, 0], -60, 77)],
        [([1, -2, 3, -4], 50, 0)],
        [([5, -6, 7, -8], 50, one), ([-5, 6, -7, 8], 50, one)],
        [([0] * 4, 5000, one), ([9, 8, -7, 0], -60, most)],
        [([BIG] * 4, 3, most)] * 32,
        [([-BIG] * 4, 3, most)] * 32,
        [([BIG, -BIG, 1, -1], 3, 1), ([BIG, -BIG, 1, -1], -10, 1), ([1, -1, 0, 0], -59, most)],
    ]
    return [case_weighted_sum(terms) for terms in inputs]


def cases_exp2(draw):
    f = [0, 1, 2, 3, (1 << 24) - 1, (1 << 24) - 2, 1 << 23, (1 << 23) - 1, (1 << 23) + 1, 11184811]
    t = f + [1 << 24, (1 << 24) + 1, (31 << 24) - 1, 31 << 24, (32 << 24) - 1, 32 << 24, ints.TMAX, 1 << 40]
    f_all = [f] + [draw.list(24, 0, (1 << 24) - 1) for _ in range(5)]
    t_all = [t] + [draw.list(24, 0, 1 << bits) for bits in (24, 26, 28, 29, 30)]
    cases = [{"function": "exp2neg", "t": x, "y": [ints.exp2neg(v) for v in x]} for x in f_all]
    return cases + [{"function": "exp2_fixed", "t": x, "y": [ints.exp2_fixed(v) for v in x]} for x in t_all]


def cases_recip(draw):
    low, high = 1 << 30, 1 << 31
    corners = [low, low + 1, low + 2, high, high - 1, high - 2, 3 << 29, (3 << 29) - 1, 1518500250]
    inputs = [corners] + [draw.list(20, low, high) for _ in range(9)]
    return [{"d": x, "y": [ints.recip(v) for v in x]} for x in inputs]


def cases_rsqrt(draw):
    low, high = 1 << 30, (1 << 32) - 1
    corners = [low, low + 1, high, high - 1, 1 << 31, (1 << 31) - 1, 3 << 30, (3 << 30) - 1, 9 << 28]
    inputs = [corners] + [draw.list(20, low, high) for _ in range(9)]
    return [{"u": x, "y": [ints.rsqrt(v) for v in x]} for x in inputs]


def case_to_fixed24(m, e, scale):
    return {"m": m, "e": e, "scale": scale, "y": [ints.to_fixed24(x, e, scale) for x in m]}


def cases_to_fixed24(draw):
    some = [0, 1, 2, 3, 255, 4096, BIG - 1, BIG, 2 * BIG]
    cases = [case_to_fixed24(some, e, ints.LOG2E) for e in (-16384, -90, -52, -40, -25, -23, -20, -18, -1, 0, 3, 4, 5)]
    cases += [case_to_fixed24(some, e, ints.LOG2E) for e in (6, 30, 31, 60, 63, 64, 5000)]
    cases += [case_to_fixed24(some, e, scale) for e in (-40, -20, 0, 4, 40) for scale in (0, 1, 1 << 28, (1 << 32) - 1)]
    return cases + [case_to_fixed24(draw.list(12, 0, BIG), e, draw.between(1, (1 << 32) - 1)) for e in range(-24, -16)]


def case_kv_quantise(m, e):
    q, exponents = kv_quantise(m, e)
    return {"m": m, "e": e, "q": q, "exponents": exponents}


def cases_kv_quantise(draw):
    cases = [case_kv_quantise(draw.spread(96, 23), e) for e in (-40, -23, 0)]
    cases += [
        case_kv_quantise(draw.spread(64, 23), e)
        for e in (-16384, -300, -192, -160, -152, -151, -150, -145, -128, 100, 111, 112, 120, 127, 128, 134, 150, 189)
    ]
    cases += [
        case_kv_quantise([0] * 64, -16384), case_kv_quantise([-1] * 32 + [1] * 32, -20),
        case_kv_quantise([-1] * 32 + [1] * 32, -122), case_kv_quantise([0] * 32 + [BIG, -BIG] * 16, -24),
        case_kv_quantise([-1, 0] * 16, 190), case_kv_quantise([1, 0] * 16, 1000),
        case_kv_quantise([127, -128, 128, -127, 255, -256] + [0] * 26, 0),
    ]
    return cases


CASES = {
    "normalise": cases_normalise, "quantise": cases_quantise, "weighted_sum": cases_weighted_sum, "exp2": cases_exp2,
    "recip": cases_recip, "rsqrt": cases_rsqrt, "to_fixed24": cases_to_fixed24, "kv_quantise": cases_kv_quantise,
}
