"""Solutions of looking_back.py."""


def context_vector(state, states):
    return (states @ state).softmax(0) @ states


def additive_scores(q, k, w, u, match):
    return ((q @ w)[:, None] + k @ u).tanh() @ match  # from (query, key, width)


def teacher_forcing(target, start, end):
    return [start, *target], [*target, end]
