"""Deterministic random inputs, made of getrandbits alone so that every Python version draws the same."""

import random


class Draw:
    def __init__(self, seed):
        self.source = random.Random(seed)

    def between(self, low, high):
        """An integer of [low, high]."""
        return low + self.source.getrandbits(96) % (high - low + 1)

    def pick(self, values):
        return values[self.between(0, len(values) - 1)]

    def list(self, n, low, high):
        return [self.between(low, high) for _ in range(n)]

    def signed(self, n, bits):
        """Elements of [-(2^bits - 1), 2^bits - 1]."""
        return self.list(n, -(1 << bits) + 1, (1 << bits) - 1)

    def bell(self, n, bits):
        """Roughly normal mantissas below 2^bits: most are far below the largest, as in real vectors."""
        limit = (1 << bits) - 1
        return [sum(self.list(6, -limit, limit)) // 6 for _ in range(n)]

    def spread(self, n, bits):
        """Mantissas whose widths differ from block to block of 32."""
        m = []
        while len(m) < n:
            m += self.signed(32, self.between(1, bits))
        return m[:n]
