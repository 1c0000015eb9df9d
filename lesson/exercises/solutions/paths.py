"""Solutions of paths.py."""

import math


def pre_norm(x, norm, sublayer):
    return x + sublayer(norm(x))


def feed_forward(x, w1, b1, w2, b2):
    return (x @ w1 + b1).relu() @ w2 + b2


def residual_gradient(slopes):
    return math.prod(1 + slope for slope in slopes)
