"""Section 1 (notation) and section 6.2 (exp2, reciprocal, reciprocal square root) of docs/numerics.md.

Python's integers never wrap around. `fits` therefore checks, where the page promises it, that 64 bits would do.
"""

import math

E0 = -16384
BLOCK = 32
TMAX = 63 << 24
LOG2E = 387270501


def fits(x, bits=63):
    """x itself, after checking |x| < 2^bits (63: a signed 64-bit register holds it)."""
    if not -(1 << bits) < x < (1 << bits):
        raise AssertionError(f"{x} exceeds {bits} bits")
    return x


def bl(x):
    if x < 0:
        raise AssertionError("bl is defined for x >= 0")
    return x.bit_length()


def ones(x):
    return x if x >= 0 else -x - 1


def width(values):
    """max of bl(ones(x)): the largest width without sign bits."""
    return max(bl(ones(x)) for x in values)


def rshift_round(x, n):
    if n == 0:
        return x
    if n > 62:
        return 0
    return fits(x + (1 << (n - 1))) >> n


def clamp(x, a):
    return max(-a, min(a, x))


def align(x, d):
    if d < 0:
        raise AssertionError("align is defined for d >= 0")
    return x >> min(d, 63)


def shift(x, k):
    return fits(x << k) if k >= 0 and x else align(x, max(-k, 0))


def scaled(x, sh, limit):
    """Mantissa of x * 2^-sh within [-limit, limit]: rounded for a right shift, exact for a left one."""
    return clamp(rshift_round(x, sh) if sh > 0 else x << -sh, limit)


isqrt = math.isqrt


def horner(y, coefficients, f, bits):
    for k in coefficients:
        y = k + (fits(y * f) >> bits)
    return y


def exp2neg(f):
    """2^-f in Q30 for f in Q24, 0 <= f < 2^24."""
    return horner(117391, (-1369601, 10286296, -59582935, 257938912, -744260973, 1073741824), f, 24)


def exp2_fixed(t):
    """2^-t in Q30 for t >= 0 in Q24."""
    return 0 if t >> 24 > 31 else exp2neg(t % (1 << 24)) >> (t >> 24)


def recip(d):
    """1/d in Q30 for d in Q30, 2^30 <= d <= 2^31."""
    if not 1 << 30 <= d <= 1 << 31:
        raise AssertionError(f"recip of {d}")
    r = 1564549212 - (d >> 1)
    for _ in range(4):
        t = fits(d * r) >> 30
        r = fits(r * ((1 << 31) - t)) >> 30
    return r


def rsqrt(u):
    """u^-1/2 in Q30 for u in Q30, 2^30 <= u < 2^32."""
    if not 1 << 30 <= u < 1 << 32:
        raise AssertionError(f"rsqrt of {u}")
    r = 1159641170 - ((u * 10486) >> 16)
    for _ in range(4):
        r2 = fits(r * r) >> 30
        t = fits(u * r2) >> 30
        r = fits(r * (3 * (1 << 30) - t)) >> 31
    return r


def shift_limited(a, sh):
    """a * 2^sh for a >= 0, at most TMAX; truncated for sh < 0."""
    if sh >= 0:
        return TMAX if a != 0 and bl(a) + sh > 31 else min(a << sh if a else 0, TMAX)
    return min(align(a, -sh), TMAX)


def to_fixed24(m, e, scale):
    """m * 2^e * scale in Q24 for m >= 0 and scale unsigned 32-bit in Q28; at most TMAX."""
    return shift_limited(fits(m * scale), e - 4)


def reciprocal_of(x):
    """(k, r) with 1/x = r * 2^(-60 - k) for x > 0: the normalisation that sections 6.6 and 6.8 share."""
    k = bl(x) - 31
    d = x >> k if k >= 0 else x << -k
    return k, recip(d)
