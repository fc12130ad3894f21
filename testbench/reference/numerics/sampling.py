"""Logits of section 6.9 and sampling, section 7."""

from .integers import E0, align, bl, exp2_fixed, fits, shift_limited

MASK = 0xFFFFFFFF
NO_PENALTY = 1 << 24
ALL = 1 << 16  # a top_p that keeps every candidate


def factors(mantissas, seen, penalty):
    """w of every logit: the repetition penalty (Q24) or its inverse where `seen` has the id, else 2^24."""
    if not 1 << 20 <= penalty <= 1 << 28:
        raise AssertionError(f"penalty {penalty}")
    inverse = ((1 << 48) + (penalty >> 1)) // penalty
    return [(inverse if m >= 0 else penalty) if i in seen else 1 << 24 for i, m in enumerate(mantissas)]


def logits_align(slices, seen=frozenset(), penalty=NO_PENALTY):
    """(l, X): all slices' logits in units of 2^(X - 24), those of the ids `seen` penalised."""
    X = max((s.e for s in slices if any(s.m)), default=E0)
    exponents = [s.e if any(s.m) else None for s in slices for _ in s.m]
    mantissas = [m for s in slices for m in s.m]
    w = factors(mantissas, seen, penalty)
    l = [0 if e is None else align(fits(m * f, 51), X - e) for m, f, e in zip(mantissas, w, exponents)]
    return l, X


def greedy(l):
    return l.index(max(l))


def probabilities(l, X, mul):
    """P in Q30, the largest logit's being 2^30; mul = log2 e / temperature in Q24."""
    top = max(l)
    P = []
    for x in l:
        D = top - x
        z = max(bl(D) - 22, 0)
        P.append(exp2_fixed(shift_limited(fits((D >> z) * mul), X - 24 + z)))
    return P


def philox(key, counter):
    """Philox4x32-10: key of 2 words, counter of 4; 4 words."""
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        a, b = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & MASK, (a >> 32) ^ c3 ^ k1, a & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return [c0, c1, c2, c3]


def random_words(seed, position, sequence):
    return philox((seed & MASK, seed >> 32), (position & MASK, position >> 32, sequence & MASK, sequence >> 32))


def random_number(seed, position, sequence):
    words = random_words(seed, position, sequence)
    return words[0] + (words[1] << 32)


def top_k_ids(l, top_k):
    """Ids that top-k leaves, ascending; 0 leaves all."""
    best = sorted(range(len(l)), key=lambda i: (-l[i], i))
    return sorted(best[:top_k] if 0 < top_k < len(l) else best)


def kept_candidates(l, P, top_k=0, top_p=ALL, min_p=0):
    """Ids kept by top-k, then top-p (Q16), then min-p (Q30), by (P descending, id ascending)."""
    order = sorted(top_k_ids(l, top_k), key=lambda i: (-P[i], i))
    least = (fits(sum(P[i] for i in order), 62) * top_p) >> 16
    kept, total = [], 0
    for i in order:
        kept.append(i)
        total += P[i]
        if total >= least:
            break
    return [i for i in kept if P[i] >= min_p]


def draw(P, kept, U):
    target = (U * sum(P[i] for i in kept)) >> 64
    cumulative = 0
    for i in kept:
        cumulative += P[i]
        if cumulative > target:
            return i
    raise AssertionError("target is below the sum of what was kept")
