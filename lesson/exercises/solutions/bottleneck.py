"""Solutions of bottleneck.py."""

import torch


def bottleneck_shape():
    return (2, 64)  # the last state of each sentence


def repair_last_state(states, tokens, pad):
    last = (tokens != pad).sum(-1) - 1  # places count from 0
    return states[torch.arange(len(states)), last]
