"""Sections 4 (weights) and 5 (linear), the embedding row of section 6.9, and 'Weight layout' of docs/device.md."""

from typing import NamedTuple

from .integers import BLOCK, E0, fits
from .vectors import add, normalise, planes

TILE_ROWS = 32
GROUP_BLOCKS = 4
ELEMENT_CONSTANT = {"MXINT8": -133, "MXFP4": -128, "MXINT16": -141}
ELEMENT_RANGE = {"MXINT8": (-127, 127), "INT4": (-8, 7), "MXFP4": (-12, 12), "MXINT16": (-32639, 32639)}
INPUT_FORM = {"MXINT8": "q8", "INT4": "q8", "MXFP4": "q8", "MXINT16": "q16"}
E2M1_TWICE = (0, 1, 2, 3, 4, 6, 8, 12)


class Matrix(NamedTuple):
    """Elements w[row][column] and scale bytes S[row][block] of one group of a linear; c as in the table."""

    form: str
    w: list
    S: list
    c: int


def mantissa(form, S):
    return 8 + (S & 7) if form == "INT4" else 1


def exponent(form, S):
    return S >> 3 if form == "INT4" else S


def largest_exponent(matrices):
    return max(exponent(m.form, S) for m in matrices for row in m.S for S in row)


def linear(x, matrices, W, column_offset=0, input_stride=0, bias=None):
    """x: Quantised; matrices: one Matrix a group, all of one format, rows and columns multiples of 32."""
    form, c = matrices[0].form, matrices[0].c
    F = 0 if form == "MXINT16" else 16
    sums = []
    for g, matrix in enumerate(matrices):
        first = column_offset + g * input_stride
        for row, scales in zip(matrix.w, matrix.S):
            sums.append(sum(linear_term(x, form, W, F, row, scales, b, first) for b in range(len(scales))))
    for s in sums:
        fits(s, 47)
    if x.A == E0:
        sums = [0] * len(sums)
    y = normalise(sums, x.A + W + c - F)
    return y if bias is None else add(y, bias)


def linear_term(x, form, W, F, row, scales, b, first):
    q = x.q[first + b * BLOCK : first + (b + 1) * BLOCK]
    dot = sum(w * a for w, a in zip(row[b * BLOCK : (b + 1) * BLOCK], q, strict=True))
    d = min(x.delta[first // BLOCK + b] + W - exponent(form, scales[b]), 63)
    return (dot * mantissa(form, scales[b]) << F) >> d


def embedding(q, S):
    """The vector of an MXINT8 embedding row with one scale byte a block."""
    W = max(S)
    return normalise([(x << 15) >> min(W - S[i // BLOCK], 63) for i, x in enumerate(q)], W - 133 - 15)


def code(form, w):
    """The 4-bit code of an element."""
    if form == "INT4":
        return w & 15
    return (8 if w < 0 else 0) | E2M1_TWICE.index(abs(w))


def padded(matrix):
    """The matrix with rows and columns filled to multiples of 32 by zero weights and scale bytes 0."""
    columns = len(matrix.w[0])
    w = [row + [0] * (-columns % BLOCK) for row in matrix.w]
    extra = -len(w) % TILE_ROWS
    w += [[0] * len(w[0]) for _ in range(extra)]
    return matrix._replace(w=w, S=matrix.S + [[0] * len(matrix.S[0]) for _ in range(extra)])


def element_line(rows, k, encode):
    """128 bytes: byte 64 a + 4 r + b is encode(row r, column 8 k + 4 a + b)."""
    return bytes(encode(r, 8 * k + 4 * a + b) & 255 for a in range(2) for r in range(rows) for b in range(4))


def pack_block(form, w):
    """The element lines of one block; w[row][column], 32 by 32."""
    if form in ("INT4", "MXFP4"):
        nibbles = [[code(form, x) for x in row] for row in w]
        return b"".join(element_line(16, k, lambda r, i: nibbles[r][i] | nibbles[r + 16][i] << 4) for k in range(4))
    lines = b""
    for half in (w[:16], w[16:]):
        parts = [half] if form == "MXINT8" else zip(*([list(p) for p in planes(row)] for row in half))
        for plane in parts:
            lines += b"".join(element_line(16, k, lambda r, i, plane=plane: plane[r][i]) for k in range(4))
    return lines


def pack(matrix):
    """The bytes of one matrix (of one group of a grouped linear)."""
    matrix = padded(matrix)
    data = b""
    for top in range(0, len(matrix.w), TILE_ROWS):
        w, S = matrix.w[top : top + TILE_ROWS], matrix.S[top : top + TILE_ROWS]
        for first in range(0, len(S[0]), GROUP_BLOCKS):
            used = range(first, min(first + GROUP_BLOCKS, len(S[0])))
            scales = bytes(S[r][j] for j in used for r in range(TILE_ROWS))
            data += scales.ljust(TILE_ROWS * GROUP_BLOCKS, b"\0")
            for j in used:
                data += pack_block(matrix.form, [row[j * BLOCK : (j + 1) * BLOCK] for row in w])
    return data
