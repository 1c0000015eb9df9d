"""Solutions of distances.py."""

import torch


def relative_offsets(length):
    place = torch.arange(length)
    return place - place[:, None]  # a row of keys minus a column of queries


def alibi_scores(scores, slopes):
    place = torch.arange(scores.size(-1))
    return scores - slopes[:, None, None] * (place - place[:, None]).abs()


def plan_length():
    return [
        dict(positions=kind, n_layers=2, seed=seed, trained_on="short", scored_on="long")
        for kind in ("sinusoidal", "alibi")
        for seed in (0, 1, 2)
    ]
