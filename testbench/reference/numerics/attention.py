"""Section 6.8: attention over quantised cache entries, by canonical blocks of 32 keys."""

from typing import NamedTuple

from .integers import BLOCK, TMAX, align, clamp, exp2_fixed, fits, ones, bl, reciprocal_of
from .vectors import blocks, normalise, quantise_block, zero_vector


class Blocks(NamedTuple):
    """int8 elements and one absolute exponent for each 32 of them (None: empty, contributes nothing)."""

    q: list
    a: list

    def part(self, first, count):
        return Blocks(self.q[first : first + count], self.a[first // BLOCK : (first + count) // BLOCK])

    def __add__(self, other):
        return Blocks(self.q + other.q, self.a + other.a)


def quantise_query(m, e):
    pairs = [quantise_block(b, e, "q8") for b in blocks(m)]
    return Blocks([x for q, _ in pairs for x in q], [a for _, a in pairs])


def visible(position, window):
    first = max(0, position - window + 1) if window > 0 else 0
    return range(first, position + 1)


def score(query, key, score_mul, score_shift):
    """x in Q16, in powers of two."""
    raw = 0
    for b, (qa, ka) in enumerate(zip(query.a, key.a, strict=True)):
        if qa is None:
            continue
        span = slice(b * BLOCK, (b + 1) * BLOCK)
        dot = sum(x * y for x, y in zip(query.q[span], key.q[span], strict=True))
        sh = qa + ka + 24
        raw += dot << min(sh, 38) if sh >= 0 else align(dot, -sh)
    return fits(clamp(fits(raw, 62), 1 << 40) * score_mul) >> score_shift


def exp2_score(M, x):
    return exp2_fixed(min(((M << 16) - x) << 8, TMAX)) >> 14


class State(NamedTuple):
    """M, l, and for each value block Z (None: absent) and its 32 elements o."""

    M: int
    l: int
    Z: list
    o: list


def block_state(scores, values):
    """State of one canonical block: scores and values (Blocks) of its visible keys."""
    M = max((x + 65535) >> 16 for x in scores)
    P = [exp2_score(M, x) for x in scores]
    Z, o = [], []
    for b in range(len(values[0].a)):
        X = max(v.a[b] for v in values)
        Z.append(X + M)
        o.append([
            fits(sum((p * v.q[i] << 16) >> min(X - v.a[b], 63) for p, v in zip(P, values)), 56)
            for i in range(b * BLOCK, (b + 1) * BLOCK)
        ])
    return State(M, sum(P) << 14, Z, o)


def sink_state(sink, value_blocks):
    M = (sink + 65535) >> 16
    return State(M, exp2_score(M, sink) << 14, [None] * value_blocks, [[0] * BLOCK for _ in range(value_blocks)])


def fold(state, block):
    M = max(state.M, block.M)
    l = align(state.l, M - state.M) + align(block.l, M - block.M)
    Z = [b if a is None else max(a, b) for a, b in zip(state.Z, block.Z)]
    o = [
        [fits((0 if za is None else align(x, z - za)) + align(y, z - zb), 56) for x, y in zip(oa, ob)]
        for z, za, zb, oa, ob in zip(Z, state.Z, block.Z, state.o, block.o)
    ]
    return State(M, l, Z, o)


def head_state(query, keys, values, position, window, score_mul, score_shift, sink):
    """The state after all visible keys; keys[j] and values[j] are the Blocks of position j for this head."""
    state = None if sink is None else sink_state(sink, len(values[position].a))
    seen = visible(position, window)
    for first in range(seen.start // BLOCK * BLOCK, position + 1, BLOCK):
        inside = [j for j in range(first, first + BLOCK) if j in seen]
        if not inside:
            continue
        scores = [score(query, keys[j], score_mul, score_shift) for j in inside]
        block = block_state(scores, [values[j] for j in inside])
        state = block if state is None else fold(state, block)
    return state


def head_result(state):
    """[(v of 32 elements, exponent V)] of the value blocks; None for an all-zero one."""
    k, r = reciprocal_of(state.l)
    results = []
    for Z, o in zip(state.Z, state.o):
        if not any(o):
            results.append(None)
            continue
        sh = max(0, max(bl(ones(x)) for x in o) - 31)
        results.append(([fits((x >> sh) * r, 62) for x in o], Z + sh - k - state.M - 62))
    return results


def attend(heads, position, window, score_mul, score_shift):
    """heads: (query Blocks, keys, values, sink or None) for each head. The vector of all heads' results."""
    results = []
    for query, keys, values, sink in heads:
        results += head_result(head_state(query, keys, values, position, window, score_mul, score_shift, sink))
    X = max((r[1] for r in results if r is not None), default=None)
    if X is None:
        return zero_vector(len(results) * BLOCK)
    s = []
    for r in results:
        s += [0] * BLOCK if r is None else [align(v, X - r[1]) for v in r[0]]
    return normalise(s, X)


def attend_mla(latent, rope, entries, heads, kv_lora, rope_dim, position, window, score_mul, score_shift, sinks=None):
    """latent, rope: the query Vectors of all heads; entries: Blocks of kv_lora + rope_dim a position."""
    values = [entry.part(0, kv_lora) for entry in entries]
    queries = [
        quantise_query(latent.m[h * kv_lora : (h + 1) * kv_lora], latent.e)
        + quantise_query(rope.m[h * rope_dim : (h + 1) * rope_dim], rope.e)
        for h in range(heads)
    ]
    work = [(q, entries, values, None if sinks is None else sinks[h]) for h, q in enumerate(queries)]
    return attend(work, position, window, score_mul, score_shift)


def attend_gqa(query, entries, heads, kv_heads, dim, position, window, score_mul, score_shift, sinks=None):
    """query: Vector of heads * dim; entries: Blocks of K (kv_heads * dim), then V, a position."""
    work = []
    for h in range(heads):
        first = h // (heads // kv_heads) * dim
        keys = [entry.part(first, dim) for entry in entries]
        values = [entry.part(kv_heads * dim + first, dim) for entry in entries]
        head = quantise_query(query.m[h * dim : (h + 1) * dim], query.e)
        work.append((head, keys, values, None if sinks is None else sinks[h]))
    return attend(work, position, window, score_mul, score_shift)
