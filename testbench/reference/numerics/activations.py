"""Sections 6.3 (RMS norm), 6.4 (sigmoid and gated activations) and 6.5 (rope)."""

from .integers import (
    LOG2E, align, bl, clamp, exp2_fixed, fits, horner, isqrt, recip, rsqrt, shift, to_fixed24,
)
from .vectors import normalise, zero_vector


def norm(x, gammas, eg, me, ee):
    """RMS norm of vector x with gammas g * 2^eg and epsilon me * 2^ee."""
    n = len(x.m)
    if not any(x.m):
        return zero_vector(n)
    e = x.e
    rho = isqrt(n << 40)
    S = fits(sum(m * m for m in x.m))
    N = fits(me * n)
    top = bl(S) + 2 * e
    if N > 0:
        top = max(top, bl(N) + ee)
    c = top - 62
    T = fits(shift(S, 2 * e - c) + shift(N, ee - c))
    if c % 2:
        T, c = T >> 1, c + 1
    if T >= 1 << 62:
        T, c = T >> 2, c + 2
    u = T >> 30
    R0 = fits(rsqrt(u) * rho)
    L = bl(R0)
    R = R0 >> (L - 30)
    t = [(fits(m * R) >> 23) * g for m, g in zip(x.m, gammas, strict=True)]
    return normalise(t, e + (L - 30) - 50 - (c + 60) // 2 + 23 + eg)


def sigmoid(m, e, scale):
    """Logistic function of m * 2^e * (scale * 2^-28 / log2 e), in Q30."""
    x = exp2_fixed(to_fixed24(abs(m), e, scale))
    r = recip((1 << 30) + x)
    return r if m >= 0 else (x * r) >> 30


def swiglu(x):
    """x: gates, then as many ups."""
    count = len(x.m) // 2
    a = [fits(g * sigmoid(g, x.e, LOG2E)) >> 22 for g in x.m[:count]]
    return normalise([p * u for p, u in zip(a, x.m[count:])], 2 * x.e - 8)


def swiglu_clamped(x, limit, scale):
    """gpt-oss: limit unsigned in Q16; scale = alpha * log2 e in Q28."""
    e, count = x.e, len(x.m) // 2
    k = -16 - e
    gates, ups = x.m[:count], x.m[count:]
    if k <= 24:
        B = limit << k if k >= 0 else align(limit, -k)
        gates = [min(g, B) for g in gates]
        ups = [clamp(u, B) for u in ups]
    eu = max(e, -24)
    one = 1 << -eu if eu <= 0 else 0
    ups = [align(u, eu - e) + one for u in ups]
    a = [fits(g * sigmoid(g, e, scale)) >> 22 for g in gates]
    return normalise([p * u for p, u in zip(a, ups)], e + eu - 8)


def sincos(position, increment, amplitude):
    """(sin, cos) in Q30 of the phase position * increment (turns times 2^64), times amplitude (Q30)."""
    phi = ((position * increment) % (1 << 64)) >> 32
    quadrant = ((phi + (1 << 29)) >> 30) % 4
    theta = (phi - (quadrant << 30) + (1 << 31)) % (1 << 32) - (1 << 31)
    w = (theta * theta) >> 28
    p = horner(332, (-39269, 2674039, -86699833, 843314857), w, 30)
    s = (theta * p) >> 29
    c = horner(-26, (3855, -350031, 17023472, -331168970, 1073741824), w, 30)
    sin, cos = ((s, c), (c, -s), (-s, -c), (-c, s))[quadrant]
    return fits(sin * amplitude) >> 30, fits(cos * amplitude) >> 30


def rope(x, heads, dim, position, increments, amplitude):
    """x: heads * dim elements; increments: dim / 2 of them."""
    half = dim // 2
    y = [0] * (heads * dim)
    for i, increment in enumerate(increments):
        sin, cos = sincos(position, increment, amplitude)
        for first in range(i, heads * dim, dim):
            a, b = x.m[first], x.m[first + half]
            y[first] = a * cos - b * sin
            y[first + half] = a * sin + b * cos
    return normalise(y, x.e - 30)
