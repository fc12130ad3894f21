"""Every operation against the real-valued operation that it stands for.

Doubles are the reference: 53 bits against the 30 and fewer of the device. Tolerances are relative to the largest
element of a result (vectors are block floating point), tight enough that an exponent that is off by one, or a lost
term, fails; a wrong rounding is the golden vectors' business.
"""

import math
import unittest
from fractions import Fraction

from cases import attending, matrices
from cases.draw import Draw
from numerics import activations, attention, integers, linear, routing, sampling, vectors
from numerics.integers import LOG2E
from numerics.vectors import Vector

ONE = 1 << 30
ALPHA = 659134393  # 1.702 * log2 e in Q28
EPSILON = (1125899907, -70)  # 1e-6


def real(v):
    return [math.ldexp(m, v.e) for m in v.m]


def logistic(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def exact_power(e):
    return Fraction(2) ** e


class Accuracy(unittest.TestCase):
    def setUp(self):
        self.draw = Draw(1)

    def near(self, got, expected, tolerance):
        largest = max(map(abs, expected))
        worst = max(abs(a - b) for a, b in zip(got, expected, strict=True))
        self.assertLessEqual(worst, largest * tolerance, f"relative error {worst / largest if largest else worst}")

    def random_vector(self, n, e):
        return vectors.normalise(self.draw.bell(n, 23), e)

    def test_normalise_keeps_23_bits_of_the_largest_element(self):
        for bits in (1, 10, 22, 23, 24, 40, 62):
            s = self.draw.signed(40, bits)
            self.near(real(vectors.normalise(s, -9)), [math.ldexp(x, -9) for x in s], 2**-22)

    def test_quantised_blocks_keep_their_widths(self):
        for form, tolerance in (("q8", 2**-7), ("q16", 2**-14)):
            v = Vector(self.draw.spread(96, 23), -20)
            x = vectors.quantise(v, form)
            for b in range(3):
                span = slice(32 * b, 32 * b + 32)
                self.near([math.ldexp(q, x.A - x.delta[b]) for q in x.q[span]], real(v)[span], tolerance)

    def test_linear_equals_the_exact_product_but_for_one_unit_a_block(self):
        for form in matrices.FORMS:
            groups = [matrices.matrix(self.draw, form, 32, 96, (112, 126)) for _ in range(2)]
            x = vectors.quantise(Vector(self.draw.spread(224, 23), -20), linear.INPUT_FORM[form])
            W = linear.largest_exponent(groups)
            y = linear.linear(x, groups, W, column_offset=32, input_stride=96)
            F = 0 if form == "MXINT16" else 16
            slack = 3 * exact_power(x.A + W + groups[0].c - F) + exact_power(y.e)
            for g, m in enumerate(groups):
                for r in range(32):
                    expected = self.row_product(x, m, r, 32 + 96 * g)
                    got = y.m[32 * g + r] * exact_power(y.e)
                    self.assertLessEqual(abs(got - expected), slack)

    def row_product(self, x, m, r, first):
        """By the value column of the table of formats, with the scale as a power of two and its mantissa."""
        total = Fraction(0)
        for i, w in enumerate(m.w[r]):
            S = m.S[r][i // 32]
            scale = exact_power((S >> 3) + m.c) * (8 + S % 8) if m.form == "INT4" else exact_power(S + m.c)
            total += w * scale * x.q[first + i] * exact_power(x.A - x.delta[(first + i) // 32])
        return total

    def test_formats_have_the_values_of_the_microscaling_standard(self):
        for form, w, value in (("MXINT8", 64, 1.0), ("MXFP4", 12, 6.0), ("MXINT16", 1 << 14, 1.0)):
            m = linear.Matrix(form, [[w] + [0] * 31] * 32, [[127]] * 32, linear.ELEMENT_CONSTANT[form])
            x = vectors.quantise(Vector([1 << 22] + [0] * 31, -22), linear.INPUT_FORM[form])
            self.assertEqual(real(linear.linear(x, [m], 127)), [value] * 32)

    def test_weighted_sum(self):
        terms = [(self.random_vector(24, e), self.draw.between(1 << 20, 1 << 24)) for e in (-20, -22, -17, -30)]
        expected = [sum(real(v)[i] * r / 2**24 for v, r in terms) for i in range(24)]
        self.near(real(vectors.weighted_sum(terms)), expected, 2**-21)
        a, b = (v for v, _ in terms[:2])
        self.near(real(vectors.add(a, b)), [x + y for x, y in zip(real(a), real(b))], 2**-22)

    def test_exp2neg_is_within_8_units_and_monotone(self):
        end = 1 << 24
        points = sorted(self.draw.list(4000, 0, end - 1) + list(range(600)) + list(range(end - 600, end)))
        values = [integers.exp2neg(f) for f in points]
        for f, y in zip(points, values):
            self.assertLessEqual(abs(y - math.exp2(30 - f / 2**24)), 8)
        self.assertEqual(values, sorted(values, reverse=True))

    def test_exp2_fixed(self):
        for t in self.draw.list(2000, 0, 40 << 24):
            self.assertLessEqual(abs(integers.exp2_fixed(t) - math.exp2(30 - t / 2**24)), 8)

    def test_reciprocal_is_within_1_unit(self):
        for d in [1 << 30, 1 << 31] + self.draw.list(4000, 1 << 30, 1 << 31):
            self.assertLessEqual(abs(integers.recip(d) * d - (1 << 60)), d)

    def test_reciprocal_square_root_is_within_2_units(self):
        for u in [1 << 30, (1 << 32) - 1] + self.draw.list(4000, 1 << 30, (1 << 32) - 1):
            self.assertLessEqual(abs(integers.rsqrt(u) - 2**45 / math.sqrt(u)), 2)

    def test_to_fixed24(self):
        for e in range(-30, 12):
            for m in (0, 1, 77, 8388607):
                expected = min(m * 2.0**e * LOG2E / 2**28, 63.0)
                self.assertLessEqual(abs(integers.to_fixed24(m, e, LOG2E) / 2**24 - expected), 2**-24)
        self.assertLess(abs(LOG2E / 2**28 - math.log2(math.e)), 2**-28)

    def test_norm(self):
        for n in (1, 7, 32, 100):
            for e in (-80, -40, -33, -30, -20, 0, 9):
                v, g = self.random_vector(n, e), self.draw.list(n, -32768, 32767)
                mean_square = (sum(m * m for m in v.m) // n >> 20, 2 * v.e + 20)
                for me, ee in (EPSILON, (0, 0), (1 << 30, -20), mean_square):
                    mean = math.fsum(x * x for x in real(v)) / n + math.ldexp(me, ee)
                    expected = [x / math.sqrt(mean) * math.ldexp(c, -14) for x, c in zip(real(v), g)]
                    self.near(real(activations.norm(v, g, -14, me, ee)), expected, 2**-22)

    def test_sigmoid_has_24_bits(self):
        for e in range(-30, -15):
            for scale, alpha in ((LOG2E, 1.0), (ALPHA, 1.702)):
                for m in self.draw.signed(20, 23) + [0]:
                    expected = logistic(math.ldexp(m, e) * alpha)
                    self.assertLessEqual(abs(activations.sigmoid(m, e, scale) / ONE - expected), 2**-24)

    def test_swiglu(self):
        for e in range(-26, -15):
            v = self.random_vector(48, e)
            x = real(v)
            expected = [g * logistic(g) * u for g, u in zip(x[:24], x[24:])]
            self.near(real(activations.swiglu(v)), expected, 2**-21)

    def test_swiglu_clamped(self):
        for e in (-60, -41, -40, -30, -24, -21, -20, -18, -10, -4, 0):
            v = self.random_vector(48, e)
            x = real(v)
            gates, ups = [min(g, 7.0) for g in x[:24]], [max(-7.0, min(7.0, u)) for u in x[24:]]
            expected = [g * logistic(1.702 * g) * (u + 1) for g, u in zip(gates, ups)]
            # The clamp leaves elements of at most 7 with the exponent of a vector whose largest is near 2^(e + 23).
            self.near(real(activations.swiglu_clamped(v, 7 << 16, ALPHA)), expected, max(2**-20, 2.0 ** (e - 8)))

    def test_sine_and_cosine_are_within_8_units(self):
        for _ in range(3000):
            position, inc = self.draw.between(0, 1 << 20), self.draw.between(0, (1 << 64) - 1)
            turn = (position * inc % (1 << 64)) / 2**64
            sin, cos = activations.sincos(position, inc, ONE)
            self.assertLessEqual(abs(sin / ONE - math.sin(2 * math.pi * turn)), 2**-27)
            self.assertLessEqual(abs(cos / ONE - math.cos(2 * math.pi * turn)), 2**-27)

    def test_rope(self):
        position, dim, heads = 1234, 16, 3
        frequencies = [10000 ** (-2 * i / dim) for i in range(dim // 2)]
        increments = [round(f / (2 * math.pi) * 2**64) for f in frequencies]
        v = self.random_vector(heads * dim, -20)
        x, expected = real(v), []
        for h in range(heads):
            head = x[h * dim : (h + 1) * dim]
            pairs = [complex(a, b) for a, b in zip(head, head[dim // 2 :])]
            turned = [p * complex(math.cos(position * f), math.sin(position * f)) for p, f in zip(pairs, frequencies)]
            expected += [1.25 * p.real for p in turned] + [1.25 * p.imag for p in turned]
        self.near(real(activations.rope(v, heads, dim, position, increments, 5 << 28)), expected, 2**-22)

    def test_routing_weights(self):
        for e in (-24, -21, -19):
            v = self.random_vector(64, e)
            x = real(v)
            gates, powers = [logistic(a) for a in x], [math.exp(a - max(x)) for a in x]
            for rule, scores, normalisation in (
                ("sigmoid_bias", gates, "selected"), ("sigmoid_bias", gates, "none"), ("softmax_topk", powers, "all"),
                ("softmax_topk", powers, "selected"), ("topk_softmax", powers, "selected"),
                ("sigmoid_top1", gates, "none"),
            ):
                experts, weights = routing.route(v, rule, 6, normalisation, 41943040)
                self.assertEqual(experts, sorted(range(64), key=lambda i: -x[i])[:6])
                total = {"none": 1.0, "all": sum(scores), "selected": sum(scores[i] for i in experts)}[normalisation]
                for expert, w in zip(experts, weights):
                    self.assertLessEqual(abs(w / 2**24 - 2.5 * scores[expert] / total), 2**-22)

    def test_biased_grouped_selection(self):
        v, bias = self.random_vector(64, -20), self.draw.signed(64, 24)
        x = real(v)
        c = [logistic(a) + b / 2**24 for a, b in zip(x, bias)]
        value = [sum(sorted(c[8 * g : 8 * g + 8])[-2:]) for g in range(8)]
        kept = sorted(range(8), key=lambda g: -value[g])[:3]
        best = sorted((i for i in range(64) if i // 8 in kept), key=lambda i: -c[i])[:8]
        experts, weights = routing.route(v, "sigmoid_bias", 8, bias=bias, groups=8, groups_kept=3)
        self.assertEqual(experts, best)
        total = sum(logistic(x[i]) for i in best)
        self.assertLessEqual(max(abs(w / 2**24 - logistic(x[i]) / total) for i, w in zip(best, weights)), 2**-22)

    def test_kv_entries(self):
        for e in (-40, -20, 0, 90):
            v = Vector(self.draw.spread(96, 23), e)
            q, a = vectors.kv_quantise(v.m, v.e)
            for b in range(3):
                span = slice(32 * b, 32 * b + 32)
                self.near([math.ldexp(x, a[b]) for x in q[span]], real(v)[span], 2**-7)

    def attention_in_reals(self, query, keys, values, seen, scale, sink):
        def dequantised(x):
            return [0.0 if x.a[i // 32] is None else math.ldexp(q, x.a[i // 32]) for i, q in enumerate(x.q)]

        logits = [scale * sum(a * b for a, b in zip(dequantised(query), dequantised(keys[j]))) for j in seen]
        top = max(logits + ([] if sink is None else [sink]))
        powers = [math.exp2(x - top) for x in logits]
        total = sum(powers) + (0.0 if sink is None else math.exp2(sink - top))
        rows = [dequantised(values[j]) for j in seen]
        return [sum(p * row[i] for p, row in zip(powers, rows)) / total for i in range(len(rows[0]))]

    def test_attention(self):
        dims, mul, shift = 64, 1512301, 30
        shapes = ((1, 0, None), (33, 0, None), (70, 0, 0.5), (100, 40, 1.75), (100, 8, None), (40, 33, -3))
        for keys, window, sink in shapes:
            q = attention.quantise_query(self.draw.spread(dims, 23), -22)
            entries = [attention.Blocks(*attending.entry(self.draw, 2 * dims, (-9, -7))) for _ in range(keys)]
            k, v = ([e.part(first, dims) for e in entries] for first in (0, dims))
            fixed = None if sink is None else round(sink * 65536)
            y = attention.attend([(q, k, v, fixed)], keys - 1, window, mul, shift)
            seen = range(max(0, keys - window) if window else 0, keys)
            self.near(real(y), self.attention_in_reals(q, k, v, seen, mul * 2.0 ** (8 - shift), sink), 2**-12)

    def test_mla_and_gqa_take_the_right_parts_of_an_entry(self):
        mul, shift = 1512301, 30
        entries = [attention.Blocks(*attending.entry(self.draw, 128, (-9, -7))) for _ in range(40)]
        latent, rope = Vector(self.draw.signed(192, 23), -23), Vector(self.draw.signed(64, 23), -22)
        y = real(attention.attend_mla(latent, rope, entries, 2, 96, 32, 39, 0, mul, shift))
        expected = []
        for h in range(2):
            a = attention.quantise_query(latent.m[96 * h : 96 * h + 96], latent.e)
            b = attention.quantise_query(rope.m[32 * h : 32 * h + 32], rope.e)
            values = [e.part(0, 96) for e in entries]
            expected += self.attention_in_reals(a + b, entries, values, range(40), mul * 2.0 ** (8 - shift), None)
        self.near(y, expected, 2**-12)
        query, sinks = Vector(self.draw.signed(128, 23), -22), [0, 65536, -65536, 4]
        y = real(attention.attend_gqa(query, entries, 4, 2, 32, 39, 20, mul, shift, sinks))
        expected = []
        for h in range(4):
            q = attention.quantise_query(query.m[32 * h : 32 * h + 32], query.e)
            k, v = ([e.part(first + 32 * (h // 2), 32) for e in entries] for first in (0, 64))
            sink = sinks[h] / 65536
            expected += self.attention_in_reals(q, k, v, range(20, 40), mul * 2.0 ** (8 - shift), sink)
        self.near(y, expected, 2**-12)

    def test_embedding(self):
        q, S = self.draw.list(96, -127, 127), [120, 124, 117]
        expected = [x / 64 * 2.0 ** (S[i // 32] - 127) for i, x in enumerate(q)]
        self.near(real(linear.embedding(q, S)), expected, 2**-22)

    def test_logits_and_sampling_probabilities(self):
        slices = [Vector(self.draw.signed(20, 23), e) for e in (-20, -19, -24)]
        x = [a for s in slices for a in real(s)]
        l, X = sampling.logits_align(slices)
        self.near([math.ldexp(a, X - 24) for a in l], x, 2**-40)
        for temperature in (0.3, 1.0, 2.0):
            P = sampling.probabilities(l, X, round(math.log2(math.e) / temperature * 2**24))
            for p, a in zip(P, x):
                self.assertLessEqual(abs(p / ONE - math.exp((a - max(x)) / temperature)), 2**-21)


if __name__ == "__main__":
    unittest.main()
