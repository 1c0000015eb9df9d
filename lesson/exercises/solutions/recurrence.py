"""Solutions of recurrence.py."""

import torch


def rnn_states(x, w, u):
    states, h = [], torch.zeros(w.size(1))
    for word in x:
        h = torch.tanh(word @ w + h @ u)
        states.append(h)
    return torch.stack(states)


def steps_in_a_row():
    return 41 + 3 - 1  # the last layer starts two steps late, then one step a word


def receptive_field(n_layers, width):
    return 1 + n_layers * (width - 1)
