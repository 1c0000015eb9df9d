"""A recurrent writer that looks back at every state of the reader, and how it is taught."""

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw

context_vector_statement = """
From the writer's `state` (width) and the reader's `states` (length, width) make the context
vector (width): dot products, softmax, weighted mean. With the numbers above: [1.445, 0.472].
"""


def context_vector(state, states):
    """What the writer sees: the states' mean, softmax(states · state) as the weights."""
    match = [sum(each * state).exp() for each in states]
    context = torch.zeros(len(state))
    for each, weight in zip(states, match):
        context += weight / sum(match) * each
    return context


def context_vector_solution(state, states):
    return (states @ state).softmax(dim=0) @ states


CONTEXT_VECTOR = Exercise(
    context_vector,
    context_vector_solution,
    context_vector_statement,
    stars=2,
    minutes=5,
    cases=lambda: [draw(0, (2,), (3, 2)), draw(1, (5,), (7, 5))],
    hints=(
        "First one score for each state of the reader, then weights, then one vector.",
        "`states @ state` gives all scores at once: (length).",
        "The weights times the states: `weights @ states`, (length) @ (length, width).",
    ),
    mistakes=(
        Mistake(
            "scores in place of weights",
            lambda state, states: (states @ state) @ states,
            "Scores do not sum to 1. A softmax belongs between the two products.",
        ),
        Mistake(
            "the best state alone",
            lambda state, states: states[(states @ state).argmax()],
            "You take the one best state. Attention takes every one, weighted.",
        ),
        Mistake(
            "the last state",
            lambda state, states: states[-1],
            "That is the bottleneck again: only the last state is handed on.",
        ),
        Mistake(
            "plain mean",
            lambda state, states: states.mean(0),
            "All states count alike here. The scores say how much each should count.",
        ),
        Mistake(
            "the weights themselves",
            lambda state, states: (states @ state).softmax(0),
            "These are the weights, one for each state. The context is the states' weighted mean.",
        ),
        Mistake(
            "the state averaged",
            lambda state, states: (states @ state).softmax(0).sum() * state,
            "You average the writer's own state. What is averaged are the reader's states.",
        ),
        Mistake(
            "scaled",
            lambda state, states: (states @ state / len(state) ** 0.5).softmax(0) @ states,
            "There is no division here yet; it comes in notebook 05.",
        ),
    ),
)


additive_scores_statement = r"""
$\text{match} \cdot \tanh(qW + kU)$ for every query with every key. `q` (query, d), `k` (key, d),
`w` and `u` (d, width), `match` (width) → (query, key). For `q` [[1]], `k` [[2]], `w` and `u`
[[1]], `match` [2]: 2 tanh(3), which is [[1.990]].
"""


def additive_scores(q, k, w, u, match):
    """match · tanh(q W + k U), for each query with each key: (query, key)."""
    scores = torch.zeros(len(q), len(k))
    for query in range(len(q)):
        for key in range(len(k)):
            scores[query, key] = match @ torch.tanh(q[query] @ w + k[key] @ u)
    return scores


def additive_scores_solution(q, k, w, u, match):
    pairs = (q @ w)[:, None] + (k @ u)[None]  # (query, key, width)
    return pairs.tanh() @ match


ADDITIVE_SCORES = Exercise(
    additive_scores,
    additive_scores_solution,
    additive_scores_statement,
    stars=3,
    minutes=8,
    cases=lambda: [
        draw(2, (2, 3), (5, 3), (3, 2), (3, 2), (2,)),
        draw(3, (3, 5), (7, 5), (5, 11), (5, 11), (11,)),
    ],
    hints=(
        "Every query has to meet every key: make an axis for each.",
        "`(q @ w)[:, None] + (k @ u)[None]` is (query, key, width).",
        "tanh, then `@ match` removes the last axis.",
    ),
    mistakes=(
        Mistake(
            "without tanh",
            lambda q, k, w, u, match: ((q @ w)[:, None] + k @ u) @ match,
            "Without the tanh each key gets the same bonus from every query. Put it back.",
        ),
        Mistake(
            "tanh too early",
            lambda q, k, w, u, match: ((q @ w).tanh()[:, None] + (k @ u).tanh()) @ match,
            "Add first, then tanh: only then do query and key change each other's effect.",
        ),
        Mistake(
            "keys as rows",
            lambda q, k, w, u, match: ((k @ u)[:, None] + q @ w).tanh() @ match,
            "Row i belongs to query i: the new axis of the queries comes first.",
        ),
        Mistake(
            "matrices exchanged",
            lambda q, k, w, u, match: ((q @ u)[:, None] + k @ w).tanh() @ match,
            "W belongs to the queries, U to the keys.",
        ),
        Mistake(
            "product in place of sum",
            lambda q, k, w, u, match: ((q @ w)[:, None] * (k @ u)).tanh() @ match,
            "Additive scores *add* the two; the product is the other way to compare.",
        ),
        Mistake(
            "softmax too early",
            lambda q, k, w, u, match: (((q @ w)[:, None] + k @ u).tanh() @ match).softmax(-1),
            "These are weights already. Scores come before the softmax.",
        ),
    ),
)


teacher_forcing_statement = """
From the ids of a target sentence make `(target_in, target_out)`, two lists. For [7, 5] with start
1 and end 2: ([1, 7, 5], [7, 5, 2]).
"""


def teacher_forcing(target, start, end):
    """A row of ids → (target_in, target_out): at each place, in says what came before out."""
    target_in, target_out, before = [], [], start
    for word in [*target, end]:
        target_in.append(before)
        target_out.append(word)
        before = word
    return target_in, target_out


def teacher_forcing_solution(target, start, end):
    return [start, *target], [*target, end]


TEACHER_FORCING = Exercise(
    teacher_forcing,
    teacher_forcing_solution,
    teacher_forcing_statement,
    stars=2,
    minutes=4,
    cases=lambda: [([7, 5], 1, 2), ([9, 4, 9, 3, 8], 0, 6)],
    hints=(
        "Write the two rows below each other: below each word stands the word to predict.",
        "The first word to predict is the first of the target, and before it stands start.",
        "target_in is start and the target; target_out is the target and end.",
    ),
    mistakes=(
        Mistake(
            "not shifted",
            lambda target, start, end: (target, target),
            "Each word stands above itself: the model need only copy it. Shift one of the rows.",
        ),
        Mistake(
            "the same row twice",
            lambda target, start, end: ([start, *target, end],) * 2,
            "Both rows carry start and end. One starts a word earlier, the other ends one later.",
        ),
        Mistake(
            "turned round",
            lambda target, start, end: ([*target, end], [start, *target]),
            "You predict the word before. target_in has the start, target_out the end.",
        ),
        Mistake(
            "end forgotten",
            lambda target, start, end: ([start, *target[:-1]], target),
            "Without the end the model never learns to stop: both rows are one longer.",
        ),
        Mistake(
            "start forgotten",
            lambda target, start, end: (target, [*target[1:], end]),
            "The first word is never asked for: target_in begins with start.",
        ),
        Mistake(
            "end goes in too",
            lambda target, start, end: ([start, *target, end], [*target, end]),
            "After the end nothing is predicted, so it does not go in.",
        ),
    ),
)

EXERCISES = (TEACHER_FORCING, CONTEXT_VECTOR, ADDITIVE_SCORES)
