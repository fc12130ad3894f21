"""route, logits_align, sample."""

from numerics import routing, sampling
from numerics.integers import BLOCK
from numerics.vectors import Vector

BIG = (1 << 23) - 1
ONE = 1 << 24


def case_route(m, e, rule, top_k, **options):
    experts, weights = routing.route(Vector(m, e), rule, top_k, **options)
    return {
        "m": m, "e": e, "rule": rule, "top_k": top_k,
        "normalisation": options.get("normalisation", routing.default_normalisation(rule)),
        "scale": options.get("scale", ONE), "bias": options.get("bias"),
        "groups": options.get("groups", 1), "groups_kept": options.get("groups_kept", 1),
        "experts": experts, "weights": weights,
    }


def cases_route(draw):
    cases = []
    for rule in routing.RULES:
        top_k = 1 if rule == "sigmoid_top1" else 4
        grouped = {"groups": 4, "groups_kept": 2}
        cases += [
            case_route(draw.bell(32, 23), -20, rule, top_k),
            case_route(draw.bell(32, 23), -18, rule, top_k, **grouped),
            case_route([5] * 16, -3, rule, top_k, **grouped),
            case_route([0] * 16, -16384, rule, top_k),
            case_route([BIG, -BIG] * 8, 0, rule, top_k, scale=1 << 28),
            case_route([-BIG] * 15 + [BIG], 30, rule, top_k, scale=1),
            case_route(draw.list(24, -3, 3), -1, rule, top_k, scale=0),
        ]
    m = draw.bell(32, 23)
    for rule in ("sigmoid_bias", "softmax_topk"):
        for normalisation in (routing.SELECTED, routing.NONE if rule == "sigmoid_bias" else routing.ALL):
            cases += [
                case_route(m, e, rule, top_k, normalisation=normalisation, scale=s)
                for e, top_k, s in ((-20, 8, 41943040), (-24, 16, ONE), (-16, 1, 1 << 28))
            ]
    bias = draw.list(32, -(1 << 24), 1 << 24)
    options = {"bias": bias, "groups": 8, "groups_kept": 4, "scale": 41943040}
    cases += [
        case_route(m, -20, "sigmoid_bias", 8, **options),
        case_route(m, -20, "sigmoid_bias", 8, bias=[(1 << 31) - 1, -(1 << 31)] * 16),
        case_route([-BIG] * 32, 0, "sigmoid_bias", 4, bias=bias),
        case_route([-BIG] * 32, -18, "sigmoid_bias", 4, bias=[0] * 16 + bias[:16]),
        case_route([0] * 16, -16384, "sigmoid_bias", 4, bias=[0] * 6 + [1, 1, 1, 0, 0, -1, 2, 0, 0, 0]),
        case_route([8, 0, 8, 0, 7, 7, 0, 9, 0, 16, 0, 0, 8, 8, -9, -9], -2, "topk_softmax", 4, groups=4, groups_kept=2),
        case_route([3] * 512, -2, "softmax_topk", 16, scale=1 << 28),
    ]
    return cases


def cases_logits_align(draw):
    inputs = [[(draw.signed(6, 23), draw.between(-30, -10)) for _ in range(n)] for n in (1, 2, 3, 5, 8)]
    inputs += [
        [([0] * 4, -16384), ([1, -1, 2, -2], -20)], [([0] * 4, -16384)] * 2, [([0] * 4, 300), ([1, -1, 2, -2], -20)],
        [([BIG, -BIG, 1, -1], 20), ([BIG, -BIG, 1, -1], -43)], [([BIG, -BIG, 1, -1], 20), ([BIG, -1], -44)],
        [([BIG, -BIG, 1, -1], 20), ([BIG, -BIG, 1, -1], -4)], [([5, -5], -3), ([20, -20], -5)],
    ]
    cases = []
    for slices in inputs:
        l, X = sampling.logits_align([Vector(m, e) for m, e in slices])
        cases.append({"slices": [{"m": m, "e": e} for m, e in slices], "l": l, "X": X})
    return cases


def case_philox(key, counter):
    return {"kind": "philox", "key": key, "counter": counter, "words": sampling.philox(key, counter)}


def case_random(seed, position, sequence):
    names = {"kind": "random", "seed": str(seed), "position": str(position), "sequence": str(sequence)}
    return names | {"random": str(sampling.random_number(seed, position, sequence))}


def case_temperature(l, X, mul, top_p, U):
    P = sampling.probabilities(l, X, mul)
    kept = sampling.kept_candidates(l, P, top_p=top_p)
    return {
        "kind": "temperature", "l": l, "X": X, "mul": mul, "top_p": top_p, "random": str(U),
        "P": P, "kept": kept, "token": sampling.draw(P, kept, U),
    }


def case_next(m, e, U, seen=(), penalty=sampling.NO_PENALTY, mul=0, **truncation):
    """Everything of section 7 but the random number; mul = 0 is greedy."""
    l, X = sampling.logits_align([Vector(m, e)], frozenset(seen), penalty)
    options = {"top_k": 0, "top_p": sampling.ALL, "min_p": 0} | truncation
    case = {"kind": "next", "m": m, "e": e, "seen": list(seen), "penalty": penalty, "mul": mul} | options
    case |= {"random": str(U), "l": l, "X": X}
    if mul == 0:
        return case | {"P": None, "kept": None, "token": sampling.greedy(l)}
    P = sampling.probabilities(l, X, mul)
    kept = sampling.kept_candidates(l, P, **options)
    return case | {"P": P, "kept": kept, "token": sampling.draw(P, kept, U)}


def edges(m, e, **options):
    """Two cases a candidate: the last random number that draws it, and the first that draws the next."""
    first = case_next(m, e, 0, **options)
    P, kept = first["P"], first["kept"]
    total, cumulative, cases = sum(P[i] for i in kept), 0, [first]
    for i in kept:
        cumulative += P[i]
        next_one = -(-(cumulative << 64) // total)
        cases += [case_next(m, e, U, **options) for U in (next_one - 1, next_one) if U < 1 << 64]
    return cases


def cases_next(draw, log2e):
    """Top-k, top-p, min-p and the repetition penalty, alone and together."""
    m, e = draw.bell(24, 23), -20
    U = [draw.between(0, (1 << 64) - 1) for _ in range(4)] + [(1 << 64) - 1]
    last, half, one, everything = U[-1], 1 << 29, 1 << 30, range(24)
    warm = 3 * log2e // 4
    cases = [case_next(m, e, u, mul=warm, top_k=k) for k in (1, 2, 5, 23, 24, 25, (1 << 32) - 1) for u in U[2:]]
    cases += [case_next(m, e, u, mul=warm, min_p=p) for p in (0, 1, 1 << 20, half // 4, half, one) for u in U[2:]]
    cases += [
        case_next(m, e, u, mul=warm, top_k=k, top_p=p, min_p=q)
        for k, p, q in ((8, 58982, 1 << 27), (3, 30000, 0), (6, 65535, half), (1, 1, one), (12, 40000, one))
        for u in U[2:]
    ]
    # Penalties of every sign of logit, of every id, of ids without a logit, and at the limits.
    signs = [5 << 18, -(5 << 18), 0, 1, -1, (5 << 18) - 1, BIG, -BIG]
    for penalty in (1 << 20, (1 << 24) - 1, 1 << 24, (1 << 24) + 1, 18454938, 21810381, 1 << 28):
        cases += [
            case_next(signs, -20, U[0], seen, penalty, mul)
            for seen in ((), (0, 1, 2, 3, 4, 6, 7), tuple(range(8)), (5, 900, 1 << 20)) for mul in (0, log2e // 4)
        ]
    cases += [case_next(m, e, u, everything[::3], 22 * (1 << 24) // 20, warm) for u in U]
    cases += [case_next(m, e, u, everything[::2], 21810381, warm, top_k=9, top_p=62259, min_p=1 << 25) for u in U]
    # Equal logits, and a logit whose P is that of a larger one: top-k looks at the logits, the draw at P and the id.
    equal = [7] * 9
    cases += [case_next(equal, -18, last, mul=log2e, top_k=k, top_p=p) for k, p in ((0, 65536), (4, 65536), (4, 32768))]
    cases += [case_next(equal, -18, last, (0, 1, 4), 1 << 25, log2e, top_k=k) for k in (0, 4, 7)]
    close = [BIG - 2, BIG - 1, BIG, BIG - 1]
    cases += [case_next(close, -40, u, mul=log2e, top_k=k) for k in (0, 1, 2, 3) for u in (0, last)]
    # All zero, and exponents and multipliers at their extremes.
    cases += [case_next([0] * 6, -16384, last, (2,), 1 << 28, mul, top_k=3, min_p=one) for mul in (0, 1, log2e)]
    for e in (-16383, -64, -23, 40, 16384):
        cases += [case_next(signs, e, U[1], (0, 7), 1 << 28, mul, top_k=7) for mul in (0, 1, log2e, (1 << 40) - 1)]
    # P of exactly min_p: powers of two, since the logits are a power of two apart.
    cases += [case_next([2 << 20, 1 << 20, 0], -20, last, mul=1 << 24, min_p=half + d) for d in (-1, 0, 1)]
    small = [3 << 17, 9 << 17, 5 << 17, 9 << 17, -(1 << 17), 1 << 17]
    cases += edges(small, -20, mul=log2e)
    cases += edges(small, -20, seen=(1, 4), penalty=5 << 22, mul=log2e, top_k=5, top_p=65000, min_p=1 << 27)
    return cases


def cases_sample(draw):
    word, log2e = 0xFFFFFFFF, 24204406
    cases = [
        case_philox([0, 0], [0] * 4), case_philox([word] * 2, [word] * 4),
        case_philox([0xA4093822, 0x299F31D0], [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344]),
        case_random(0, 0, 0), case_random((1 << 64) - 1, 5, (1 << 64) - 1), case_random(42, 1 << 32, 7),
    ]
    cases += [
        {"kind": "greedy", "l": l, "token": sampling.greedy(l)}
        for l in ([3, 9, 9, 1], [0, 0, 0], [-5, -4, -4], [-(1 << 47), (1 << 47) - 1, 1 << 46], draw.signed(BLOCK, 47))
    ]
    U = [draw.between(0, (1 << 64) - 1) for _ in range(6)] + [0, (1 << 64) - 1]
    logits = draw.bell(24, 47)
    cases += [case_temperature(logits, -20, mul, 65536, u) for mul in (log2e, 2 * log2e, log2e // 2) for u in U[:3]]
    cases += [case_temperature(logits, -20, log2e, p, u) for p in (1, 6000, 30000, 58982, 65535) for u in U[-3:]]
    cases += [
        case_temperature([7] * 8, -20, log2e, 65536, U[0]), case_temperature([7] * 8, -20, log2e, 32768, U[7]),
        case_temperature([0] * 8, -16384, log2e, 65536, U[1]), case_temperature(logits, 60, 1, 65536, U[2]),
        case_temperature(logits, -20, (1 << 40) - 1, 65536, U[3]), case_temperature(logits, -20, 1, 65536, U[4]),
        case_temperature([1 << 46, -(1 << 46), (1 << 46) - 5, 3], -16, log2e, 65536, U[5]),
        case_temperature([9, 8, 9, 7, 9], 23, log2e // 16, 40000, U[0]),
    ]
    return cases + cases_next(draw, log2e)


CASES = {"route": cases_route, "logits_align": cases_logits_align, "sample": cases_sample}
