"""Section 6.6: which experts a token takes, with which weights."""

from .activations import sigmoid
from .integers import LOG2E, exp2_fixed, fits, reciprocal_of, to_fixed24

RULES = ("sigmoid_bias", "softmax_topk", "topk_softmax", "sigmoid_top1")
NONE, SELECTED, ALL = "none", "selected", "all"


def largest(values, count, among=None):
    """Indices of the `count` largest values, larger first, ties to the lower index."""
    among = range(len(values)) if among is None else among
    return sorted(among, key=lambda i: (-values[i], i))[:count]


def candidates(c, groups, groups_kept):
    """The experts that may be selected, after groups were selected by the sum of their two largest values."""
    if groups <= 1:
        return range(len(c))
    size = len(c) // groups
    values = [sum(sorted(c[g * size : (g + 1) * size])[-2:]) for g in range(groups)]
    kept = largest(values, groups_kept)
    return [i for g in sorted(kept) for i in range(g * size, (g + 1) * size)]


def default_normalisation(rule):
    return {"sigmoid_bias": SELECTED, "softmax_topk": ALL, "topk_softmax": SELECTED, "sigmoid_top1": NONE}[rule]


def route(logits, rule, top_k, normalisation=None, scale=1 << 24, bias=None, groups=1, groups_kept=1):
    """(experts, weights in Q24) in selection order."""
    m, e = logits
    normalisation = normalisation or default_normalisation(rule)
    scores = c = m
    if rule.startswith("sigmoid"):
        scores = c = [sigmoid(x, e, LOG2E) for x in m]
    if rule == "sigmoid_bias":
        c = [s + (b << 6) for s, b in zip(scores, bias or [0] * len(m), strict=True)]
    selected = largest(c, top_k, candidates(c, groups, groups_kept))
    if not rule.startswith("sigmoid"):
        top = max(m) if rule == "softmax_topk" else max(m[i] for i in selected)
        scores = [exp2_fixed(to_fixed24(max(top - x, 0), e, LOG2E)) for x in m]
    total = sum(scores) if normalisation == ALL else sum(scores[i] for i in selected)
    return selected, [weight(scores[i], total, normalisation, scale) for i in selected]


def weight(score, total, normalisation, scale):
    if normalisation == NONE:
        return fits(score * scale) >> 30
    if total == 0:
        return 0
    k, r = reciprocal_of(total)
    ratio = fits(score * r) >> (30 + k)
    return fits(ratio * scale) >> 30
