"""Solutions of scores.py."""

import math


def scaled_scores(q, k):
    return q @ k.mT / math.sqrt(q.size(-1))  # k.mT turns the last two axes of k round


def repair_scale(q, k, d_model):
    return q @ k.mT / math.sqrt(q.size(-1))  # the width of one head, not of the model
