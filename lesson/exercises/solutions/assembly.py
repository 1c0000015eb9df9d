"""Solutions of assembly.py."""

import math


def masked_attention(q, k, v, mask):
    scores = q @ k.mT / math.sqrt(q.size(-1))
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1)
    return weights.nan_to_num() @ v  # zeros for a query that sees nothing
