"""Solutions of training.py."""

import torch.nn.functional as F


def mean_loss(logits, expected, pad):
    log_chances = logits.log_softmax(-1).gather(-1, expected[..., None])[..., 0]
    return -log_chances[expected != pad].mean()


def smoothed(expected, vocab_size, smoothing):
    return (1 - smoothing) * F.one_hot(expected, vocab_size) + smoothing / vocab_size
