"""Solutions of attention.py."""

import math


def weighted_values(weights, v):
    return weights @ v  # (query, key) @ (key, width): the keys are summed away


def attention(q, k, v):
    scores = q @ k.mT / math.sqrt(q.size(-1))
    return scores.softmax(-1) @ v
