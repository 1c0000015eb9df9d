"""What came before attention: one word after the other, or a window at a time."""

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

rnn_states_statement = r"""
From words `x` (length, d_model), `w` (d_model, width) and `u` (width, width) make all states
(length, width): $h_t = \tanh(x_t W + h_{t-1} U)$, beginning with zeros. For `x` [[1], [0]], and
`w` and `u` [[1]]: [[0.762], [0.642]].
"""


def rnn_states(x, w, u):
    """All the states, one row a word: h = tanh(x W + h U), from a first h of zeros."""
    states, h = [], torch.zeros(w.size(1))
    for word in x:
        h = torch.tanh(word @ w + h @ u)
        states.append(h)
    return torch.stack(states)


def rnn_states_solution(x, w, u):
    state, states = torch.zeros(w.size(1)), []
    for word in x:
        state = torch.tanh(word @ w + state @ u)
        states.append(state)
    return torch.stack(states)


RNN_STATES = Exercise(
    rnn_states,
    rnn_states_solution,
    rnn_states_statement,
    stars=3,
    minutes=8,
    cases=lambda: [draw(0, (2, 3), (3, 2), (2, 2)), draw(1, (7, 3), (3, 5), (5, 5))],
    hints=(
        "A loop cannot be avoided: each state needs the one before it. That is the point.",
        "Start with `h = torch.zeros(w.size(1))`; inside the loop make a new h and keep it.",
        "`torch.stack(states)` turns the list of states into (length, d_model).",
    ),
    mistakes=(
        Mistake(
            "no memory",
            lambda x, w, u: torch.tanh(x @ w),
            "Each word is read by itself. The state before it goes in too: + h @ u.",
        ),
        Mistake(
            "the last state only",
            lambda x, w, u: rnn_states(x, w, u)[-1],
            "That is the one vector a plain decoder gets. All the states are asked for.",
        ),
        Mistake(
            "no tanh",
            lambda x, w, u: run(x, w, u, lambda new: new),
            "Nothing keeps the state between -1 and 1. Put tanh round the sum.",
        ),
        Mistake(
            "tanh of the word only",
            lambda x, w, u: torch.stack(list(accumulate(x, w, u))),
            "tanh goes round the whole sum, word and state together.",
        ),
        Mistake(
            "u transposed",
            lambda x, w, u: rnn_states(x, w, u.T),
            "The state stands on the left of U as the word stands on the left of W: h @ u.",
        ),
        Mistake(
            "read backwards",
            lambda x, w, u: rnn_states(x.flip(0), w, u).flip(0),
            "You start at the last word. Walk over x from its first row.",
        ),
    ),
)


def run(x, w, u, bend):
    """A recurrent network with another function in the place of tanh."""
    states, h = [], torch.zeros(w.size(1))
    for word in x:
        h = bend(word @ w + h @ u)
        states.append(h)
    return torch.stack(states)


def accumulate(x, w, u):
    """States whose tanh hears the word alone."""
    h = torch.zeros(w.size(1))
    for word in x:
        h = torch.tanh(word @ w) + h @ u
        yield h


steps_in_a_row_statement = """
Three recurrent layers read 41 words. A state needs the state before it and the one below it.
How many steps have to follow one another, when all that can run at once does? (With one layer it
is 41.)
"""


def steps_in_a_row():
    """41 words, 3 recurrent layers: each state waits for the word before it and the layer below."""
    ready = {}
    for layer in range(3):
        for word in range(41):
            before, below = ready.get((layer, word - 1), 0), ready.get((layer - 1, word), 0)
            ready[layer, word] = 1 + max(before, below)
    return ready[2, 40]


steps_in_a_row_solution = 41 + 2  # the third layer starts two steps after the first


STEPS_IN_A_ROW = Exercise(
    steps_in_a_row,
    steps_in_a_row_solution,
    steps_in_a_row_statement,
    stars=1,
    minutes=2,
    tolerance=0,
    hints=(
        "Which states can be computed in the very first step? Which in the second?",
        "Draw 3 rows of 5 cells. While layer 1 reads word 3, layer 2 may read word 2.",
        "The last layer starts two steps late and then needs one step a word.",
    ),
    mistakes=(
        Mistake(
            "nothing at the same time",
            lambda: 123,
            "41 · 3 states there are, but layer 2 need not wait until layer 1 has read everything.",
        ),
        Mistake("one layer", lambda: 41, "That is one layer. The others end a little later."),
        Mistake(
            "one step too many", lambda: 44, "Layers 2 and 3 start one step late each: two in all."
        ),
        Mistake("the layers", lambda: 3, "That is what attention needs: a step for each layer."),
        Mistake(
            "all at once",
            lambda: 1,
            "A state needs the state before it, so 41 words cannot be read in one step.",
        ),
    ),
)


receptive_field_statement = """
Return how many words, itself included, a word in the middle of a long sentence hears through
`n_layers` layers of windows of `width` words (odd): for 1 and 5 it is 5.
"""


def receptive_field(n_layers, width):
    """How many words one word hears of; for 2 layers of width 5 it is 9."""
    heard = {0}
    for _ in range(n_layers):
        heard = {place + step for place in heard for step in range(-(width // 2), width // 2 + 1)}
    return len(heard)


def receptive_field_solution(n_layers, width):
    return 1 + n_layers * (width - 1)


RECEPTIVE_FIELD = Exercise(
    receptive_field,
    receptive_field_solution,
    receptive_field_statement,
    stars=2,
    minutes=4,
    cases=lambda: [(1, 5), (2, 5), (3, 3), (7, 11)],
    hints=(
        "One layer of width 5: two words on the left, two on the right and the word itself.",
        "The second layer hears neighbours who have heard their own neighbours. How many are new?",
        "Each layer adds width - 1 words to the 1 you start with.",
    ),
    mistakes=(
        Mistake(
            "width times layers",
            lambda n_layers, width: n_layers * width,
            "The windows overlap: the words in the middle are counted twice.",
        ),
        Mistake(
            "width to the power of the layers",
            lambda n_layers, width: width**n_layers,
            "The neighbours' windows overlap nearly everywhere. Only the rims are new.",
        ),
        Mistake(
            "deeper does not help",
            lambda n_layers, width: width,
            "Right for one layer. The next one hears words that have heard further already.",
        ),
        Mistake(
            "itself forgotten",
            lambda n_layers, width: n_layers * (width - 1),
            "These are the others. The word hears itself too.",
        ),
        Mistake(
            "one side only",
            lambda n_layers, width: 1 + n_layers * (width // 2),
            "The window reaches to both sides.",
        ),
        Mistake(
            "doubled layer by layer",
            lambda n_layers, width: 1 + (width - 1) * (2**n_layers - 1),
            "The reach grows by the same number of words at each layer; it does not double.",
        ),
    ),
)

EXERCISES = (RNN_STATES, STEPS_IN_A_ROW, RECEPTIVE_FIELD)
