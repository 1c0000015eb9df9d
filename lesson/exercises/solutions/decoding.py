"""Solutions of decoding.py."""

import math


def soften(logits, temperature):
    return (logits / temperature).softmax(-1)


def top_k(logits, k):
    smallest = logits.topk(k).values[-1]
    return logits.masked_fill(logits < smallest, -math.inf).softmax(-1)
