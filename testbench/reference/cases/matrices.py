"""linear and embedding."""

from numerics import linear as lin
from numerics.vectors import Vector, quantise

BIG = (1 << 23) - 1
FORMS = ("MXINT8", "INT4", "MXFP4", "MXINT16")


def element(draw, form):
    if form == "MXFP4":
        return draw.pick((-1, 1)) * draw.pick(lin.E2M1_TWICE)
    return draw.between(*lin.ELEMENT_RANGE[form])


def matrix(draw, form, rows, columns, scales, c=None):
    """scales: (low, high) of the scale bytes."""
    w = [[element(draw, form) for _ in range(columns)] for _ in range(rows)]
    S = [draw.list(columns // 32, *scales) for _ in range(rows)]
    return lin.Matrix(form, w, S, lin.ELEMENT_CONSTANT.get(form, -27) if c is None else c)


def case_linear(x, matrices, column_offset=0, input_stride=0, bias=None, W=None):
    form = matrices[0].form
    W = lin.largest_exponent(matrices) if W is None else W
    y = lin.linear(x, matrices, W, column_offset, input_stride, bias)
    case = {
        "format": form, "groups": len(matrices), "rows": len(matrices[0].w), "columns": len(matrices[0].w[0]),
        "column_offset": column_offset, "input_stride": input_stride, "c": matrices[0].c, "W": W,
        "weights": [row for m in matrices for row in m.w], "scales": [row for m in matrices for row in m.S],
        "packed": b"".join(lin.pack(m) for m in matrices).hex(),
        "q": x.q, "delta": x.delta, "A": x.A,
    }
    if bias is not None:
        case |= {"bias": bias.m, "bias_exponent": bias.e}
    return case | {"y": y.m, "y_exponent": y.e}


def extreme(form, rows, columns, S, w=None):
    w = lin.ELEMENT_RANGE[form][0] if w is None else w
    return lin.Matrix(form, [[w] * columns for _ in range(rows)], [S] * rows, lin.ELEMENT_CONSTANT.get(form, -27))


def padded_by_hand(m):
    """The matrix with its last 12 rows and 24 columns made padding: zero weights, and scale bytes 0 in those rows."""
    w = [row[:-24] + [0] * 24 for row in m.w[:-12]] + [[0] * len(m.w[0])] * 12
    return m._replace(w=w, S=m.S[:-12] + [[0] * len(m.S[0])] * 12)


def cases_of(draw, form):
    kind = lin.INPUT_FORM[form]
    usual = (40, 90) if form == "INT4" else (118, 126)

    def x(columns, e=-20):
        return quantise(Vector(draw.spread(columns, 23), e), kind)

    small = matrix(draw, form, 32, 32, usual)
    top = 255 if form == "INT4" else 254
    yield case_linear(x(32), [small])
    yield case_linear(x(160), [matrix(draw, form, 32, 160, usual)])
    yield case_linear(x(96), [matrix(draw, form, 64, 32, usual)], 64)
    yield case_linear(x(64), [padded_by_hand(matrix(draw, form, 32, 64, usual))])
    yield case_linear(x(128), [matrix(draw, form, 32, 32, usual) for _ in range(2)], 32, 64)
    yield case_linear(x(32), [matrix(draw, form, 32, 32, usual) for _ in range(2)], 0, 0)
    yield case_linear(x(64), [matrix(draw, form, 32, 64, (0, top))], W=top >> 3 if form == "INT4" else top)
    yield case_linear(x(32, -300), [small], W=140)
    yield case_linear(quantise(Vector([0] * 32, -16384), kind), [small])
    yield case_linear(x(32), [small], bias=Vector(draw.signed(32, 23), -14))
    yield case_linear(quantise(Vector([0] * 32, -16384), kind), [small], bias=Vector(draw.signed(32, 23), -30))
    yield case_linear(quantise(Vector([-BIG, BIG] * 16, 0), kind), [extreme(form, 32, 32, [top])])
    yield case_linear(quantise(Vector([-BIG] * 32, 0), kind), [extreme(form, 32, 32, [0])])
    far = quantise(Vector([0] * 32 + [BIG] * 32 + [1] * 32, 40), kind)
    yield case_linear(far, [extreme(form, 32, 96, [top, 0, top], 1)])
    yield case_linear(far, [extreme(form, 32, 32, [top], -1)], 64)


def cases_linear(draw):
    return [case for form in FORMS for case in cases_of(draw, form)]


def cases_embedding(draw):
    inputs = [(draw.list(96, -127, 127), draw.list(3, low, high)) for low, high in ((118, 124), (100, 130), (0, 254))]
    inputs += [(draw.list(64, -127, 127), list(S)) for S in ((0, 0), (254, 254), (0, 254), (120, 105), (120, 104))]
    inputs += [([0] * 64, [120, 130]), ([0] * 32 + [1] * 32, [130, 0]), ([0] * 32 + [-1] * 32, [130, 67])]
    inputs += [([-127] * 32, [125]), ([-1] * 32 + [0] * 32, [125, 125])]
    return [
        {"q": q, "scales": S, "y": (y := lin.embedding(q, S)).m, "y_exponent": y.e} for q, S in inputs
    ]


CASES = {"linear": cases_linear, "embedding": cases_embedding}
