"""One vector for a whole sentence, whatever its length."""

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

bottleneck_shape_statement = """
A recurrent encoder reads a batch: its states are (2, 41, 64), that is batch, length, d_model. The
decoder has no attention. What shape is all that it gets? Had it attention, the answer would be
`(2, 41, 64)`.
"""


def bottleneck_shape():
    """What a decoder without attention gets of states (2, 41, 64): one for each sentence."""
    return (2, 64)


bottleneck_shape_solution = (2, 64)  # the last state of each sentence


BOTTLENECK_SHAPE = Exercise(
    bottleneck_shape,
    bottleneck_shape_solution,
    bottleneck_shape_statement,
    stars=1,
    minutes=1,
    hints=(
        "The axes of the states are (batch, length, d_model). Which state is handed on?",
        "Only the last one, and it is one vector for each sentence.",
    ),
    mistakes=(
        Mistake(
            "all the states",
            lambda: (2, 41, 64),
            "A decoder with attention gets all of them. One without gets the last one alone.",
        ),
        Mistake("one number a word", lambda: (2, 41), "A state is 64 numbers wide, not 1."),
        Mistake("the sentences forgotten", lambda: (64,), "Each of the two sentences has its own."),
        Mistake(
            "a matrix for each", lambda: (2, 64, 64), "A state is a vector of 64, not a matrix."
        ),
        Mistake(
            "the words added up",
            lambda: (41, 64),
            "The sentences stay; it is the words of which only the last state is left.",
        ),
    ),
)


repair_last_state_statement = """
A batch is a rectangle, so short sentences are filled up with `pad`. This function takes the state
at the last place of each row; wanted is the state after the last *word*. `states` (batch, length,
width), `tokens` (batch, length) → (batch, width). For a row [7, 9, pad] that is the state at
place 1.
"""


def repair_last_state(states, tokens, pad):
    """For each sentence the state after its last real word, not after the pads."""
    last = []
    for sentence, words in zip(states, tokens):
        real = [place for place in range(len(words)) if words[place] != pad]
        last.append(sentence[real[-1]])
    return torch.stack(last)


def repair_last_state_solution(states, tokens, pad):
    last = (tokens != pad).sum(dim=1) - 1  # places count from 0
    return states[torch.arange(len(states)), last]


def repair_last_state_given(states, tokens, pad):
    return states[:, -1]


def padded_states():
    """Sentences of different length; in the second batch 0 is a word and 9 the pad."""
    short = torch.tensor([[5, 8, 0], [7, 0, 0]])
    long = torch.tensor([[3, 0, 6, 2, 9], [4, 1, 0, 9, 9], [7, 6, 5, 4, 3]])
    return [(*draw(2, (2, 3, 2)), short, 0), (*draw(3, (3, 5, 7)), long, 9)]


def lengths(tokens, pad):
    """How many words of each sentence are no pads."""
    return (tokens != pad).sum(-1)


REPAIR_LAST_STATE = Exercise(
    repair_last_state,
    repair_last_state_solution,
    repair_last_state_statement,
    stars=2,
    minutes=5,
    cases=padded_states,
    given=repair_last_state_given,
    hints=(
        "Where does a sentence of two words end when it fills five places?",
        "`(tokens != pad).sum(-1)` counts the real words of each sentence.",
        "Row i of the answer is `states[i, length of i - 1]`; `torch.arange` gives the i.",
    ),
    mistakes=(
        Mistake(
            "one place too far",
            lambda states, tokens, pad: states[
                torch.arange(len(states)), lengths(tokens, pad).clamp(max=states.size(1) - 1)
            ],
            "Places count from 0: the last of 2 words stands at place 1.",
        ),
        Mistake(
            "the first state",
            lambda states, tokens, pad: states[:, 0],
            "The first state has heard one word only.",
        ),
        Mistake(
            "a mean over everything",
            lambda states, tokens, pad: states.mean(1),
            "That mixes all the states, those after the pads too. One of them is asked for.",
        ),
        Mistake(
            "the shortest sentence for all",
            lambda states, tokens, pad: states[:, lengths(tokens, pad).min() - 1],
            "All sentences are cut where the shortest ends. Each ends at a place of its own.",
        ),
        Mistake(
            "the longest sentence for all",
            lambda states, tokens, pad: states[:, lengths(tokens, pad).max() - 1],
            "All sentences are read where the longest ends. Each ends at a place of its own.",
        ),
        Mistake(
            "every sentence with every length",
            lambda states, tokens, pad: states[:, lengths(tokens, pad) - 1],
            "`:` takes all sentences for each length. Pair them: `torch.arange(len(states))`.",
        ),
        Mistake(
            "pads set to zero",
            lambda states, tokens, pad: (states * (tokens != pad)[..., None])[:, -1],
            "The states after pads are zeros now, and you still read the last place.",
        ),
    ),
)

EXERCISES = (BOTTLENECK_SHAPE, REPAIR_LAST_STATE)
