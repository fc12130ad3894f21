"""The number formats of docs/numerics.md on torch tensors: what a value becomes when it is quantised and read back.

Weights follow the importer's rules (host/quant/formats.cpp) in double precision, so they are equal to its weights to
the bit; test_formats.py checks both against the importer and the golden vectors. Every function takes tensors whose
last dimension is the reduction axis, in whole blocks of 32, and returns the same shape and type.
"""

import torch

BLOCK = 32
INT4_FACTORS = (1.15, 1.05, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)
INT4_MAX_EXPONENT = 31
# Largest element, its bits, least exponent of the step (the constant c of section 4).
INTEGER_FORMATS = {"mxint8": (127, 7, -133), "mxint16": (127 * 256 + 127, 15, -141)}
MXFP4_LEAST_EXPONENT = -128
BITS_A_WEIGHT = {"mxint8": 8.25, "int4": 4.25, "mxfp4": 4.25, "mxint16": 16.25}  # scale bytes included


def power_of_two(exponent, dtype=torch.float64):
    """2^exponent, exactly: torch.ldexp goes through a power in fp32. Limited to the type's normal numbers."""
    bits, bias, integer = {torch.float64: (52, 1023, torch.int64), torch.float32: (23, 127, torch.int32)}[dtype]
    return ((exponent.to(integer).clamp(1 - bias, bias) + bias) << bits).view(dtype)


def _binary_exponent(values):
    """The k with 2^(k-1) <= value < 2^k; 0 for 0."""
    return torch.frexp(values).exponent


def _squared_error(approximation, blocks):
    """Over the last dimension, added in the importer's order."""
    squares = (approximation - blocks).square().unflatten(-1, (BLOCK // 4, 4))
    lanes = squares[..., 0, :]
    for step in range(1, BLOCK // 4):
        lanes = lanes + squares[..., step, :]
    return (lanes[..., 0] + lanes[..., 1]) + (lanes[..., 2] + lanes[..., 3])


def _integers(blocks, limit, bits, least):
    largest = blocks.abs().amax(-1, keepdim=True)
    exponent = _binary_exponent(largest) - bits
    exponent = exponent + (torch.round(largest * power_of_two(-exponent)) > limit)
    exponent = exponent.clamp(min=least)
    return torch.round(blocks * power_of_two(-exponent)) * power_of_two(exponent)


def _e2m1_doubled(x):
    """Twice the E2M1 value nearest to x / 2; on a tie the one whose mantissa bit is 0."""
    size = x.abs()
    nearest = torch.where(size <= 4, torch.round(size), 2 * torch.round(size / 2))
    nearest = torch.where(size > 8, torch.where(size <= 10, 8.0, 12.0).to(size.dtype), nearest)
    return torch.where(x < 0, -nearest, nearest)


def _mxfp4(blocks):
    first = _binary_exponent(blocks.abs().amax(-1, keepdim=True)) - 4
    best, least = None, None
    for step in (0, 1, -1):
        exponent = (first + step).clamp(min=MXFP4_LEAST_EXPONENT)
        candidate = _e2m1_doubled(blocks * power_of_two(-exponent)) * power_of_two(exponent)
        error = _squared_error(candidate, blocks)[..., None]
        better = error < least if step else torch.ones_like(error, dtype=torch.bool)
        best = torch.where(better, candidate, best) if step else candidate
        least = torch.where(better, error, least) if step else error
    return best


def _int4_elements(blocks, scale):
    return torch.clamp(torch.round(blocks / scale), -8, 7)


def _int4(blocks):
    largest = blocks.abs().amax(-1, keepdim=True)
    empty = largest == 0
    best, least = torch.zeros_like(largest), torch.full_like(largest, float("inf"))
    for factor in INT4_FACTORS:
        fraction, exponent = torch.frexp(torch.where(empty, 1.0, largest / 7.0 * factor))
        scale = torch.round(fraction * 16) * power_of_two(exponent - 4)  # a mantissa of 16 is 8 of the next exponent
        error = _squared_error(_int4_elements(blocks, scale) * scale, blocks)[..., None]
        best, least = torch.where(error < least, scale, best), torch.minimum(error, least)
    best = torch.where(empty, 1.0, best)
    # A matrix's exponents (of mantissas 8 to 15) reach from that of its largest scale down by 31.
    exponent = torch.where(empty, -(1 << 20), _binary_exponent(best) - 4)
    floor = exponent.amax((-3, -2), keepdim=True) - INT4_MAX_EXPONENT
    best = torch.where(exponent < floor, 8 * power_of_two(floor), best)
    return torch.where(empty, 0.0, _int4_elements(blocks, best) * best)


def quantise_weights(weights, form):
    """Matrices [..., rows, columns] in one of BITS_A_WEIGHT's formats, blocks along columns."""
    blocks = weights.double().unflatten(-1, (-1, BLOCK))
    if form in INTEGER_FORMATS:
        quantised = _integers(blocks, *INTEGER_FORMATS[form])
    else:
        quantised = {"int4": _int4, "mxfp4": _mxfp4}[form](blocks)
    return quantised.flatten(-2).to(weights.dtype)


def _width_exponent(blocks):
    """Section 1's width of a block in value form: the least L with -2^L <= x < 2^L for all elements."""
    low, high = torch.aminmax(blocks, dim=-1, keepdim=True)
    below = torch.nextafter(low.clamp(max=0), torch.zeros_like(low)).abs()
    width = _binary_exponent(torch.maximum(below, high.clamp(min=0)))
    return width, (low == 0) & (high == 0)


def _round(blocks, exponent, limit):
    scaled = (blocks * power_of_two(-exponent, blocks.dtype)).add_(0.5).floor_().clamp_(-limit, limit)
    return scaled.mul_(power_of_two(exponent, blocks.dtype))


def quantise_activations(x, bits=7, limit=127):
    """Section 3's q8 in value form."""
    blocks = x.unflatten(-1, (-1, BLOCK))
    return _round(blocks, _width_exponent(blocks)[0] - bits, limit).flatten(-2)


def quantise_router_input(x):
    """Section 3's q16 in value form."""
    return quantise_activations(x, 14, 16384)


def quantise_kv(x):
    """Section 6.7 in value form: as q8, with exponents from -128 to 127."""
    blocks = x.unflatten(-1, (-1, BLOCK))
    return _round(blocks, (_width_exponent(blocks)[0] - 7).clamp(-128, 127), 127).flatten(-2)
