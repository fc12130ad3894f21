"""Logits of section 6.9 and sampling, section 7."""

from .integers import E0, align, bl, exp2_fixed, fits, shift_limited

MASK = 0xFFFFFFFF


def logits_align(slices):
    """(l, X): all slices' logits in units of 2^(X - 24)."""
    X = max((s.e for s in slices if any(s.m)), default=E0)
    return [align(m << 24, X - s.e) if any(s.m) else 0 for s in slices for m in s.m], X


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


def kept_candidates(P, top_p):
    """Ids kept by top-p (Q16), best first."""
    order = sorted(range(len(P)), key=lambda i: (-P[i], i))
    least = (sum(P) * top_p) >> 16
    kept, total = [], 0
    for i in order:
        kept.append(i)
        total += P[i]
        if total >= least:
            break
    return kept


def draw(P, kept, U):
    target = (U * sum(P[i] for i in kept)) >> 64
    cumulative = 0
    for i in kept:
        cumulative += P[i]
        if cumulative > target:
            return i
    raise AssertionError("target is below the sum of what was kept")
