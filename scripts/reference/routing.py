"""Watches the routers of a DeepSeek-V3 model: which experts each token gets, and how near the choice was.

DeepSeek-V3 adds a bias to each expert's sigmoid score, for selection only. A group's score is the sum of its two best
biased scores; the best groups are kept, and the top k biased scores among their experts are chosen. So:

  expert_gap = worst chosen biased score - best biased score not chosen among the kept groups
  group_gap  = worst kept group's score - best dropped group's score
  margin     = min(expert_gap, group_gap / 2)

A group's score is a sum of two, so it moves at most twice as far as one expert's. Hence what the margin promises: if
no biased score moves by as much as margin / 2, the chosen set stays the same. The converse doesn't hold: an exchange
of groups need not change the set.
"""

import torch

import common


def select(scores, num_groups, kept_groups, top_k):
    """The rule above on biased scores [n, experts]; ties go to the lower index.

    Returns (experts [n, top_k] ascending, expert_gap [n], group_gap [n]); group_gap is infinite if none is dropped.
    """
    grouped = scores.view(len(scores), num_groups, -1)
    group_scores = grouped.topk(2, dim=-1).values.sum(-1)
    ranked_groups, group_order = group_scores.sort(dim=-1, descending=True, stable=True)
    group_gap = torch.full((len(scores),), float("inf"))
    if kept_groups < num_groups:
        group_gap = ranked_groups[:, kept_groups - 1] - ranked_groups[:, kept_groups]
    dropped = torch.ones_like(group_scores, dtype=torch.bool).scatter(1, group_order[:, :kept_groups], False)
    allowed = grouped.masked_fill(dropped[..., None], float("-inf")).flatten(1)
    ranked, order = allowed.sort(dim=-1, descending=True, stable=True)
    return order[:, :top_k].sort(dim=-1).values, ranked[:, top_k - 1] - ranked[:, top_k], group_gap


class RouterWatch:
    """Collects, for one forward pass at a time, every router's choice. Not for use from several threads."""

    def __init__(self, model):
        self.routers = [(index, layer.mlp.gate) for index, layer in enumerate(model.model.layers)
                        if hasattr(layer.mlp, "gate")]
        if model.config.model_type != "deepseek_v3" or not self.routers:
            raise common.UsageError("routing is only defined here for deepseek_v3 models with experts")
        self.layers = [index for index, _ in self.routers]
        self._seen = {}
        for index, router in self.routers:
            router.register_forward_hook(lambda gate, _inputs, output, index=index: self._see(index, gate, output))

    def _see(self, index, gate, output):
        logits, _weights, chosen = output
        experts, expert_gap, group_gap = select(logits.sigmoid() + gate.e_score_correction_bias, gate.num_group,
                                                gate.topk_group, gate.top_k)
        # transformers computes the choice; this file only explains it, so the two must agree.
        if not torch.equal(experts, chosen.sort(dim=-1).values):
            raise common.UsageError(f"layer {index}: transformers chose other experts than the documented rule")
        self._seen[index] = (experts, expert_gap, group_gap)

    def take(self):
        """(experts [layers, n, k] int32, expert_gap [layers, n], group_gap [layers, n]) of the last pass."""
        experts, expert_gap, group_gap = (torch.stack(parts) for parts in
                                          zip(*(self._seen.pop(index) for index in self.layers)))
        return experts.int().numpy(), expert_gap.numpy(), group_gap.numpy()
