"""Sections 2 (vectors), 3 (quantised activations), 6.1 (weighted sum) and 6.7 (KV cache entries)."""

from typing import NamedTuple

from .integers import BLOCK, E0, align, clamp, fits, rshift_round, scaled, width

MANTISSA_LIMIT = 8388607
WIDTH = {"q8": 7, "q16": 14}
LIMIT = {"q8": 127, "q16": 16384}


class Vector(NamedTuple):
    """Element i is m[i] * 2^e."""

    m: list
    e: int


class Quantised(NamedTuple):
    """Element i is q[i] * 2^(A - delta[i // 32]) where delta is below 63."""

    q: list
    delta: list
    A: int


def zero_vector(n):
    return Vector([0] * n, E0)


def normalise(s, exponent):
    """The vector for exact integers s that stand for s * 2^exponent."""
    if not any(s):
        return zero_vector(len(s))
    for x in s:
        fits(x, 62)
    sh = width(s) - 23
    return Vector([scaled(x, sh, MANTISSA_LIMIT) for x in s], exponent + sh)


def blocks(values):
    """Blocks of 32 elements, the last filled with zeros."""
    padded = list(values) + [0] * (-len(values) % BLOCK)
    return [padded[i : i + BLOCK] for i in range(0, len(padded), BLOCK)]


def quantise_block(m, e, form):
    """(q, a_b) of one block; a_b is None for an empty one."""
    if not any(m):
        return [0] * len(m), None
    sh = width(m) - WIDTH[form]
    return [scaled(x, sh, LIMIT[form]) for x in m], e + sh


def quantise(vector, form, offset=0, count=None):
    """The quantised slice [offset, offset + count) of a vector; the last block is filled with zeros."""
    end = len(vector.m) if count is None else offset + count
    quantised = [quantise_block(b, vector.e, form) for b in blocks(vector.m[offset:end])]
    A = max((a for _, a in quantised if a is not None), default=E0)
    delta = [63 if a is None else min(A - a, 63) for _, a in quantised]
    return Quantised([x for q, _ in quantised for x in q], delta, A)


def planes(q):
    """(high, low) int8 planes of 16-bit integers."""
    high = [(x + 128) >> 8 for x in q]
    return high, [x - 256 * h for x, h in zip(q, high)]


def weighted_sum(terms):
    """terms: (vector, weight in Q24) pairs of equal length, at most 32."""
    if not 1 <= len(terms) <= 32:
        raise AssertionError("1 to 32 terms")
    used = [(v, r) for v, r in terms if r != 0 and v.e != E0]
    n = len(terms[0][0].m)
    if not used:
        return zero_vector(n)
    X = max(v.e for v, _ in used)
    return normalise([sum(align(v.m[i] * r, X - v.e) for v, r in used) for i in range(n)], X - 24)


def add(a, b):
    return weighted_sum([(a, 1 << 24), (b, 1 << 24)])


def kv_quantise(m, e):
    """(q, exponents) of one vector of a cache entry, its blocks with absolute int8 exponents."""
    q, exponents = [], []
    for block in blocks(m):
        if not any(block):
            q += block
            exponents.append(-128)
            continue
        sh = min(max(width(block) - 7, -128 - e), 127 - e)
        q += [clamp(rshift_round(x, sh) if sh > 0 else x << -sh, 127) for x in block]
        exponents.append(e + sh)
    return q, exponents
