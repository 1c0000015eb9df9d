"""Solutions of retrieval.py."""


def mixed_value():
    return 0.25 * 8 + 0.25 * 4 + 0.5 * 0


def soft_lookup(query, keys, values):
    weights = (-((query - keys) ** 2)).softmax(-1)  # e^match, divided by the sum
    return weights @ values


def query_shape():
    return (2, 5, 3)  # the words stay, the 11 features become 3
