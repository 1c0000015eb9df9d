"""Solutions of rotation.py."""

import torch


def shift_by(row, steps):
    angle = steps / 10_000 ** (torch.arange(0, len(row), 2) / len(row))
    sine, cosine = row[0::2], row[1::2]
    new_sine = sine * angle.cos() + cosine * angle.sin()
    new_cosine = cosine * angle.cos() - sine * angle.sin()
    return torch.stack([new_sine, new_cosine], dim=-1).flatten()


def alibi_slopes(n_heads):
    return 2.0 ** (-8 * torch.arange(1, n_heads + 1) / n_heads)
