"""attend: queries as vectors, cache entries as int8 elements and exponents."""

from numerics import attention as att
from numerics.integers import BLOCK
from numerics.vectors import Vector

BIG = (1 << 23) - 1
SCORE = (1512301, 30)  # softmax scale * log2 e = 1512301 * 2^-22 = 0.3606, that of dimension 16


def entry(draw, dims, exponents):
    return draw.list(dims, -127, 127), draw.list(dims // BLOCK, *exponents)


def case_attend(shape, vectors, entries, position, window, score=SCORE, sinks=None):
    """Shape and vectors: (heads, kv_lora, rope), (latent, rope) for MLA; (heads, kv_heads, dim), (query,) for GQA."""
    blocks = [att.Blocks(*e) for e in entries]
    queries = [Vector(*v) for v in vectors]
    case = {"kind": "mla" if len(vectors) == 2 else "gqa", "heads": shape[0]}
    if len(vectors) == 2:
        case |= {"kv_lora": shape[1], "rope": shape[2]}
        y = att.attend_mla(*queries, blocks, *shape, position, window, *score, sinks)
    else:
        case |= {"kv_heads": shape[1], "dim": shape[2]}
        y = att.attend_gqa(*queries, blocks, *shape, position, window, *score, sinks)
    return case | {
        "position": position, "window": window, "score_mul": score[0], "score_shift": score[1], "sinks": sinks,
        "queries": [{"m": m, "e": e} for m, e in vectors],
        "entries_q": [q for q, _ in entries], "entries_exponents": [a for _, a in entries],
        "y": y.m, "y_exponent": y.e,
    }


def mla(draw, keys, window=0, heads=2, exponents=(-9, -6), e=-21, position=None, **more):
    vectors = [(draw.spread(heads * 32, 23), e), (draw.spread(heads * 32, 23), e - 1)]
    entries = [entry(draw, 64, exponents) for _ in range(keys)]
    return case_attend((heads, 32, 32), vectors, entries, keys - 1 if position is None else position, window, **more)


def gqa(draw, keys, window=0, heads=2, kv_heads=1, dim=32, exponents=(-9, -6), e=-21, **more):
    entries = [entry(draw, 2 * kv_heads * dim, exponents) for _ in range(keys)]
    return case_attend((heads, kv_heads, dim), [(draw.spread(heads * dim, 23), e)], entries, keys - 1, window, **more)


def cases_plain(draw):
    cases = [mla(draw, keys) for keys in (1, 31, 32, 33, 100)] + [gqa(draw, keys) for keys in (1, 31, 32, 33, 100)]
    sinks = [draw.between(-(1 << 18), 1 << 18) for _ in range(2)]
    cases += [gqa(draw, 100, window=40, sinks=sinks), gqa(draw, 40, window=8), gqa(draw, 33, window=1, sinks=sinks)]
    cases += [gqa(draw, 40, window=33, sinks=[1, 0]), mla(draw, 40, window=7), mla(draw, 34, sinks=sinks)]
    cases += [gqa(draw, 12, heads=4, kv_heads=2, dim=64), gqa(draw, 5, window=5), gqa(draw, 6, window=5)]
    cases += [mla(draw, 10, position=3), mla(draw, 40, exponents=(-30, 10), e=-38)]
    vectors = [(draw.spread(128, 23), -21), (draw.spread(64, 23), -20)]
    return cases + [case_attend((2, 64, 32), vectors, [entry(draw, 96, (-9, -6)) for _ in range(9)], 8, 0)]


def cases_corner(draw):
    zero = ([0] * 64, [-128] * 2)
    some = [entry(draw, 64, (-9, -6)) for _ in range(34)]
    query = [(draw.signed(32, 23), -21)]
    none = [([0] * 32, -16384)]
    half = [(draw.signed(32, 23), -21), ([0] * 32, -16384)]
    one = (1, 1, 32)
    full = [([127] * 64, [127] * 2), ([-127] * 64, [127] * 2)]
    bottom = [(q, [-128] * 2) for q, _ in some[:3]]
    values_apart = [(q, [a[0], va]) for (q, a), va in zip(some, [0, -128, 127, -62, -63, -64] * 6)]
    values_zero = [(q[:32] + [0] * 32, [a[0], -128]) for q, a in some[:5]]
    minus = [(q[:32] + [-1] * 32, [a[0], -40]) for q, a in some[:3]] + [(some[3][0], [some[3][1][0], 20])]
    loud, least = (4194303, 22), (4194303, 16)
    return [
        case_attend(one, query, [zero] * 3, 2, 0), case_attend(one, none, some[:5], 4, 0),
        case_attend(one, none, [zero] * 33, 32, 0, sinks=[0]), case_attend((1, 32, 32), half, some[:5], 4, 0),
        case_attend(one, query, full, 1, 0), case_attend(one, query, full, 1, 0, score=least),
        case_attend(one, [([BIG] * 32, 100)], full, 1, 0, score=least), case_attend(one, query, bottom, 2, 0),
        case_attend(one, query, values_apart, 33, 0), case_attend(one, query, values_zero, 4, 0),
        case_attend(one, query, minus, 3, 0), case_attend(one, query, some, 33, 0, score=loud),
        case_attend(one, query, some, 33, 0, score=(0, 16)), case_attend(one, query, some, 33, 0, score=(4194303, 62)),
        case_attend(one, query, some[:33], 32, 0, sinks=[(1 << 31) - 1]),
        case_attend(one, query, some[:33], 32, 0, sinks=[-(1 << 31)]),
        case_attend(one, query, some[:33], 32, 2, score=loud, sinks=[65536]),
        case_attend(one, query, [zero] * 32 + some[:2], 33, 0), case_attend(one, query, some[:32] + [zero] * 2, 33, 0),
    ]


def cases_attend(draw):
    return cases_plain(draw) + cases_corner(draw)


CASES = {"attend": cases_attend}
