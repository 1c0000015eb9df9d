"""Solutions of nucleus.py."""

import torch


def top_p(logits, p):
    chances, order = logits.softmax(-1).sort(descending=True)
    kept = chances * (chances.cumsum(-1) - chances < p)  # what came before has not reached p
    return torch.zeros_like(logits).scatter(-1, order, kept / kept.sum())
