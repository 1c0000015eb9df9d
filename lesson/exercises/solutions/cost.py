"""Solutions of cost.py."""


def attention_flops(length, d_model):
    return 2 * (2 * length**2 * d_model)  # two products, each a multiplication and an addition


def score_memory():
    return 8 * 4096 * 4096 * 4 / 2**20
