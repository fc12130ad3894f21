"""Properties of the reference that the page promises, the layout of weights, and the golden files.

How well each operation approximates its real-valued counterpart is test_accuracy.py.
"""

import unittest

import make_golden
from cases import attending, matrices
from cases.draw import Draw
from numerics import attention, integers, linear, routing, sampling, vectors
from numerics.integers import E0
from numerics.vectors import Vector

BIG = (1 << 23) - 1


class Notation(unittest.TestCase):
    def test_shifts_floor_and_rounding_goes_up_at_ties(self):
        self.assertEqual([integers.align(x, 1) for x in (3, -3, 1, -1)], [1, -2, 0, -1])
        self.assertEqual([integers.align(x, 5000) for x in (1 << 62, -1)], [0, -1])
        self.assertEqual([integers.rshift_round(x, 1) for x in (1, -1, 3, -3)], [1, 0, 2, -1])
        self.assertEqual(integers.rshift_round(-BIG, 63), 0)

    def test_width_is_that_of_the_ones_complement(self):
        self.assertEqual([integers.width([x]) for x in (0, -1, 1, -2, 127, -128, 128)], [0, 0, 1, 1, 7, 7, 8])

    def test_a_value_beyond_64_bits_is_noticed(self):
        with self.assertRaises(AssertionError):
            integers.fits(1 << 63)


class Vectors(unittest.TestCase):
    def setUp(self):
        self.draw = Draw(2)

    def test_a_vector_of_minus_ones_is_clamped_and_not_empty(self):
        self.assertEqual(vectors.normalise([-1, -1], 0), Vector([-BIG, -BIG], -23))
        self.assertEqual(vectors.quantise(Vector([-1] * 32, 0), "q8"), ([-127] * 32, [0], -7))

    def test_a_zero_vector_has_the_lowest_exponent(self):
        self.assertEqual(vectors.normalise([0, 0], 77), Vector([0, 0], E0))
        self.assertEqual(vectors.quantise(Vector([0] * 32, 5), "q16"), ([0] * 32, [63], E0))

    def test_planes_are_int8_and_give_the_element_back(self):
        q = list(range(-16384, 16385)) + [-32639, 32639]
        high, low = vectors.planes(q)
        self.assertEqual([256 * h + x for h, x in zip(high, low)], q)
        self.assertTrue(all(-128 <= x <= 127 for x in low) and all(-127 <= h <= 127 for h in high))

    def test_a_slice_is_the_vector_of_its_elements(self):
        v = Vector(self.draw.spread(160, 23), -7)
        for form in ("q8", "q16"):
            x = vectors.quantise(v, form, 64, 96)
            self.assertEqual(x, vectors.quantise(Vector(v.m[64:], v.e), form))
            whole = vectors.quantise(v, form)
            self.assertEqual(x.q, whole.q[64:])
            self.assertEqual([x.A - d for d in x.delta], [whole.A - d for d in whole.delta[2:]])

    def test_an_incomplete_block_is_filled_with_zeros(self):
        v = Vector(self.draw.signed(40, 23), -7)
        self.assertEqual(vectors.quantise(v, "q8"), vectors.quantise(Vector(v.m + [0] * 24, v.e), "q8"))

    def test_the_order_of_terms_does_not_matter(self):
        terms = [(Vector(self.draw.signed(9, 23), e), self.draw.between(0, 1 << 28)) for e in range(-40, 0, 5)]
        self.assertEqual(vectors.weighted_sum(terms), vectors.weighted_sum(terms[::-1]))

    def test_cache_exponents_stay_in_int8(self):
        for e in (E0, -200, -140, 0, 120, 127, 200, 9000):
            q, a = vectors.kv_quantise(self.draw.spread(64, 23), e)
            self.assertTrue(all(-127 <= x <= 127 for x in q) and all(-128 <= x <= 127 for x in a))


class Weights(unittest.TestCase):
    def unpacked(self, form, data, row, column, columns):
        """The element and scale byte of (row, column) of packed weights, read as docs/device.md describes them."""
        blocks, lines_a_block = columns // 32, {"INT4": 4, "MXFP4": 4, "MXINT8": 8, "MXINT16": 16}[form]
        tile, r = divmod(row, 32)
        group, j = divmod(column // 32, 4)
        tile_lines = -(-blocks // 4) + blocks * lines_a_block
        first = tile * tile_lines + group * (1 + 4 * lines_a_block)
        scale = data[128 * first + 32 * j + r]
        k, rest = divmod(column % 32, 8)
        a, b = divmod(rest, 4)
        at = 128 * (first + 1 + j * lines_a_block) + 64 * a + 4 * (r % 16) + b

        def byte(line):
            return data[at + 128 * line]

        def signed(x, bits):
            return x - (1 << bits) if x >> (bits - 1) else x

        if form in ("INT4", "MXFP4"):
            nibble = byte(k) >> 4 if r >= 16 else byte(k) & 15
            twice = (0, 1, 2, 3, 4, 6, 8, 12)[nibble & 7]
            return (signed(nibble, 4) if form == "INT4" else -twice if nibble & 8 else twice), scale
        if form == "MXINT8":
            return signed(byte(4 * (r // 16) + k), 8), scale
        return 256 * signed(byte(8 * (r // 16) + k), 8) + signed(byte(8 * (r // 16) + 4 + k), 8), scale

    def test_packed_weights_are_where_the_page_says(self):
        draw = Draw(3)
        for form in matrices.FORMS:
            m = matrices.matrix(draw, form, 60, 160, (0, 254))
            m = m._replace(w=[row[:150] for row in m.w])
            data = linear.pack(m)
            lines = 2 * (2 + 5 * {"INT4": 4, "MXFP4": 4, "MXINT8": 8, "MXINT16": 16}[form])
            self.assertEqual(len(data), 128 * lines)
            for row in range(64):
                for column in range(160):
                    w = m.w[row][column] if row < 60 and column < 150 else 0
                    S = m.S[row][column // 32] if row < 60 else 0
                    self.assertEqual(self.unpacked(form, data, row, column, 160), (w, S))

    def test_a_blocks_sum_has_no_order_but_for_the_columns_it_belongs_to(self):
        draw = Draw(4)
        x = vectors.quantise(Vector(draw.spread(96, 23), -20), "q8")
        m = matrices.matrix(draw, "INT4", 32, 96, (40, 90))
        order = (2, 0, 1)

        def permuted(values):
            return [v for b in order for v in values[32 * b : 32 * b + 32][::-1]]

        turned = m._replace(w=[permuted(row) for row in m.w], S=[[S[b] for b in order] for S in m.S])
        other = vectors.Quantised(permuted(x.q), [x.delta[b] for b in order], x.A)
        W = linear.largest_exponent([m])
        self.assertEqual(linear.linear(x, [m], W), linear.linear(other, [turned], W))

    def test_the_result_fits_at_the_limit_of_columns(self):
        w = linear.Matrix("MXINT8", [[-127] * 32], [[254]], -133)
        x = vectors.Quantised([127] * 32, [0], 0)
        self.assertLess(abs(linear.linear_term(x, "MXINT8", 254, 16, w.w[0], w.S[0], 0, 0)) * 4096, 1 << 47)


class Attention(unittest.TestCase):
    def setUp(self):
        self.draw = Draw(5)

    def head(self, keys):
        query = attention.quantise_query(self.draw.signed(32, 23), -22)
        entries = [attention.Blocks(*attending.entry(self.draw, 64, (-9, -6))) for _ in range(keys)]
        return query, [e.part(0, 32) for e in entries], [e.part(32, 32) for e in entries]

    def test_a_canonical_blocks_sum_has_no_order(self):
        query, keys, values = self.head(32)
        scores = [attention.score(query, k, 1512301, 30) for k in keys]
        other = attention.block_state(scores[::-1], values[::-1])
        self.assertEqual(attention.block_state(scores, values), other)

    def test_keys_outside_the_window_do_not_matter(self):
        query, keys, values = self.head(70)
        other = self.head(70)
        mixed_keys, mixed_values = other[1][:30] + keys[30:], other[2][:30] + values[30:]
        for window in (40, 39, 7, 1):
            a = attention.attend([(query, keys, values, 9)], 69, window, 1512301, 30)
            self.assertEqual(a, attention.attend([(query, mixed_keys, mixed_values, 9)], 69, window, 1512301, 30))
        a = attention.attend([(query, keys, values, 9)], 69, 41, 1512301, 30)
        self.assertNotEqual(a, attention.attend([(query, mixed_keys, mixed_values, 9)], 69, 41, 1512301, 30))

    def test_an_empty_query_block_is_not_a_block_of_zeros_with_an_exponent(self):
        self.assertEqual(attention.quantise_query([0] * 32, 5).a, [None])

    def test_an_equal_value_at_every_key_is_the_result(self):
        query, keys, _ = self.head(50)
        values = [attention.Blocks([96] * 32, [-3])] * 50
        y = attention.attend([(query, keys, values, None)], 49, 0, 1512301, 30)
        for m in y.m:
            self.assertLess(abs(m * 2.0**y.e - 12.0), 12 * 2**-13)


class Routing(unittest.TestCase):
    def test_ties_go_to_the_lower_index(self):
        for rule in routing.RULES:
            self.assertEqual(routing.route(Vector([5, 7, 5, 7, 5], -3), rule, 4)[0], [1, 3, 0, 2])

    def test_weights_never_exceed_what_combine_takes(self):
        for m in ([0], [BIG, -BIG], [3] * 7):
            for rule in ("sigmoid_bias", "softmax_topk", "topk_softmax"):
                _, weights = routing.route(Vector(m, 0), rule, 1, "selected", 1 << 28)
                self.assertLessEqual(max(weights), 1 << 28)


class Sampling(unittest.TestCase):
    def test_philox_equals_the_published_vectors(self):
        word = 0xFFFFFFFF
        pi = [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344]
        for key, counter, words in (
            ([0, 0], [0] * 4, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
            ([word] * 2, [word] * 4, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
            ([0xA4093822, 0x299F31D0], pi, [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
        ):
            self.assertEqual(sampling.philox(key, counter), words)

    def test_the_counter_is_position_then_sequence(self):
        words = sampling.philox([2, 1], [4, 3, 6, 5])
        random = sampling.random_number((1 << 32) + 2, (3 << 32) + 4, (5 << 32) + 6)
        self.assertEqual(random, words[0] + (words[1] << 32))

    def test_draws_follow_the_probabilities(self):
        P = [1 << 29, 1 << 30, 1 << 28]
        kept = sampling.kept_candidates(P, P)
        self.assertEqual(kept, [1, 0, 2])
        counts = [0, 0, 0]
        for position in range(7000):
            counts[sampling.draw(P, kept, sampling.random_number(1, position, 0))] += 1
        for count, expected in zip(counts, (2000, 4000, 1000)):
            self.assertLess(abs(count - expected), 150)

    def test_top_p_keeps_the_shortest_sufficient_prefix(self):
        P = [1 << 28, 1 << 29, 1 << 28]
        self.assertEqual([sampling.kept_candidates(P, P, top_p=p) for p in (1, 32768, 32769, 49152, 49153)],
                         [[1], [1], [1, 0], [1, 0], [1, 0, 2]])

    def test_top_k_keeps_the_largest_logits_and_of_equal_ones_the_lower_ids(self):
        l, P = [5, 9, 9, 7, 9], [2, 8, 8, 8, 8]  # the logits 9 and 7 have one P
        self.assertEqual([sampling.kept_candidates(l, P, k) for k in (1, 2, 3, 4, 5, 6, 0)],
                         [[1], [1, 2], [1, 2, 4], [1, 2, 3, 4]] + [[1, 2, 3, 4, 0]] * 3)

    def test_min_p_is_relative_to_the_largest_and_keeps_one(self):
        P = [1 << 28, 1 << 30, 1 << 29]
        self.assertEqual([sampling.kept_candidates(P, P, min_p=p) for p in (0, 1 << 28, (1 << 28) + 1, 1 << 30)],
                         [[1, 2, 0], [1, 2, 0], [1, 2], [1]])

    def test_top_p_counts_what_top_k_left_and_min_p_comes_last(self):
        P = [1 << 30, 1 << 29, 1 << 29, 1 << 29]
        self.assertEqual(sampling.kept_candidates(P, P, top_p=3 << 14), [0, 1, 2])  # 0.75 of 2.5
        self.assertEqual(sampling.kept_candidates(P, P, top_k=2, top_p=3 << 14), [0, 1])  # 0.75 of 1.5
        # 0.64 needs two of all (1.12 of 1.75), but one of what min-p would leave if it came first (0.96 of 1.5).
        P = [1 << 30, 1 << 29, 1 << 28]
        self.assertEqual(sampling.kept_candidates(P, P, top_p=41943, min_p=1 << 29), [0, 1])

    def test_the_penalty_divides_what_is_positive_and_multiplies_what_is_negative(self):
        slices = [Vector([8, -8, 0, 8, -8], -3), Vector([0], -16384), Vector([16, -16], -4)]
        l, X = sampling.logits_align(slices, {0, 1, 2, 5, 6, 99}, 1 << 25)
        one = 1 << (24 - X)
        self.assertEqual(l, [one // 2, -2 * one, 0, one, -one, 0, one // 2, -one])

    def test_a_penalty_of_one_changes_nothing_and_the_limits_are_each_others_inverses(self):
        slices = [Vector([BIG, -BIG, 3, -7, 0], -20)]
        self.assertEqual(sampling.logits_align(slices, range(5), 1 << 24), sampling.logits_align(slices))
        for penalty, inverse in ((1 << 20, 1 << 28), (1 << 28, 1 << 20)):
            self.assertEqual(sampling.factors([1, -1], {0, 1}, penalty), [inverse, penalty])


class Golden(unittest.TestCase):
    def test_the_committed_golden_files_are_those_of_the_reference(self):
        self.assertEqual(make_golden.differences(make_golden.contents()), [])


if __name__ == "__main__":
    unittest.main()
