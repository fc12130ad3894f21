"""Watches the routers of a model: which experts each token gets, and how near the choice was.

The k experts with the largest selection values are chosen. What the values are depends on the architecture:

gpt_oss: the router's logits, all experts together.

  margin = worst chosen logit - best logit not chosen

deepseek_v3: sigmoid of the logit plus a bias ('biased score'). A group's score is the sum of its two best; the best
groups are kept, and the top k are chosen among their experts.

  expert_gap = worst chosen biased score - best biased score not chosen among the kept groups
  group_gap  = worst kept group's score - best dropped group's score
  margin     = min(expert_gap, group_gap / 2)

A group's score is a sum of two, so it moves at most twice as far as one expert's. Hence what the margin promises, for
both: if no selection value moves by as much as margin / 2, the chosen set stays the same. The converse doesn't hold: an
exchange of groups need not change the set.
"""

import torch

import common


def best(values, top_k):
    """(experts [n, top_k] ascending, gap [n]) of selection values [n, experts]; ties go to the lower index."""
    ranked, order = values.sort(dim=-1, descending=True, stable=True)
    return order[:, :top_k].sort(dim=-1).values, ranked[:, top_k - 1] - ranked[:, top_k]


def select_plain(router, logits):
    """gpt_oss's rule on logits [n, experts]: {experts, margin}."""
    experts, margin = best(logits, router.top_k)
    return {"experts": experts, "margin": margin}


def select_grouped(router, logits):
    """deepseek_v3's rule on logits [n, experts]; group_gap is infinite if no group is dropped."""
    grouped = (logits.sigmoid() + router.e_score_correction_bias).view(len(logits), router.num_group, -1)
    kept = router.topk_group
    group_scores = grouped.topk(2, dim=-1).values.sum(-1)
    ranked_groups, group_order = group_scores.sort(dim=-1, descending=True, stable=True)
    group_gap = torch.full((len(logits),), float("inf"))
    if kept < router.num_group:
        group_gap = ranked_groups[:, kept - 1] - ranked_groups[:, kept]
    dropped = torch.ones_like(group_scores, dtype=torch.bool).scatter(1, group_order[:, :kept], False)
    experts, expert_gap = best(grouped.masked_fill(dropped[..., None], float("-inf")).flatten(1), router.top_k)
    return {"experts": experts, "expert_gap": expert_gap, "group_gap": group_gap,
            "margin": torch.minimum(expert_gap, group_gap / 2)}


# The module of a layer's mlp that is its router, and the rule it follows, by the configuration's model_type.
RULES = {"deepseek_v3": ("gate", select_grouped), "gpt_oss": ("router", select_plain)}


class RouterWatch:
    """Collects, for one forward pass at a time, every router's choice. Not for use from several threads."""

    def __init__(self, model):
        if model.config.model_type not in RULES:
            raise common.UsageError(f"routing is only defined here for {', '.join(RULES)}")
        name, self._select = RULES[model.config.model_type]
        routers = [(index, getattr(layer.mlp, name)) for index, layer in enumerate(model.model.layers)
                   if hasattr(layer.mlp, name)]
        if not routers:
            raise common.UsageError("the model has no experts")
        self.layers = [index for index, _ in routers]
        self._seen = {}
        for index, router in routers:
            router.register_forward_hook(lambda router, _inputs, output, index=index: self._see(index, router, output))

    def _see(self, index, router, output):
        logits, _weights, chosen = output
        seen = self._select(router, logits)
        # transformers computes the choice; this file only explains it, so the two must agree.
        if not torch.equal(seen["experts"], chosen.sort(dim=-1).values):
            raise common.UsageError(f"layer {index}: transformers chose other experts than the documented rule")
        self._seen[index] = seen

    def take(self):
        """What the last pass chose, each stacked over layers: experts [layers, n, k] int32, margin [layers, n], ..."""
        seen = [self._seen.pop(index) for index in self.layers]
        stacked = {name: torch.stack([layer[name] for layer in seen]).numpy() for name in seen[0]}
        return {**stacked, "experts": stacked["experts"].astype("int32")}
