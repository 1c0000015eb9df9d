"""How far apart: positions that are added to the scores."""

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw
from lesson.exercises.judging.plans import Question, flawed, runs

relative_offsets_statement = """
What Shaw's scores and ALiBi start from: a (length, length) table of whole numbers, place of the key
− place of the query. For length 2: [[0, 1], [−1, 0]]. (DeBERTa's paper counts the other way round,
query − key. Here the key comes first.)
"""


def relative_offsets(length):
    """Place of the key - place of the query: -1 is the word before, 0 the word itself."""
    table = torch.zeros(length, length, dtype=torch.long)
    for query in range(length):
        for key in range(length):
            table[query, key] = key - query
    return table


def relative_offsets_solution(length):
    place = torch.arange(length)
    return place - place[:, None]  # a row of keys minus a column of queries


RELATIVE_OFFSETS = Exercise(
    relative_offsets,
    relative_offsets_solution,
    relative_offsets_statement,
    stars=2,
    minutes=4,
    cases=lambda: [(2,), (3,), (5,)],
    hints=(
        "The diagonal is 0: a word is no distance from itself.",
        "Row i belongs to query i: it starts at -i and grows by 1 from key to key.",
        "`place = torch.arange(length)`; a row of keys minus a column of queries broadcasts.",
    ),
    mistakes=(
        Mistake(
            "query minus key",
            lambda length: torch.arange(length)[:, None] - torch.arange(length),
            "That is DeBERTa's way to count, query - key. Here the word before must be -1.",
        ),
        Mistake(
            "without a sign",
            lambda length: (torch.arange(length)[:, None] - torch.arange(length)).abs(),
            "Before and after look the same now. Keep the sign.",
        ),
        Mistake(
            "the keys' places",
            lambda length: torch.arange(length).repeat(length, 1),
            "That is where the key stands, whoever asks. Subtract the place of the query.",
        ),
        Mistake(
            "the past only",
            lambda length: (torch.arange(length) - torch.arange(length)[:, None]).clamp(max=0),
            "Words that come later have distances too: +1, +2, …",
        ),
        Mistake(
            "a row only",
            lambda length: torch.arange(length) - (length - 1),
            "That is the row of the last word. Each word has a row of its own.",
        ),
        Mistake(
            "counted from 1",
            lambda length: torch.arange(1, length + 1) - torch.arange(length)[:, None],
            "A word is at distance 0 from itself.",
        ),
    ),
)


alibi_scores_statement = """
ALiBi's scores: from each of the `scores` (heads, query, key) take the head's slope times the
distance of the two words; `slopes` is (heads). One head of slope 1/2, three words, all scores 0:
its rows become [0, −0.5, −1], [−0.5, 0, −0.5] and [−1, −0.5, 0].
"""


def alibi_scores(scores, slopes):
    """scores (heads, query, key): from each, the head's slope times the distance is taken."""
    lowered = scores.clone()
    heads, queries, keys = scores.shape
    for head in range(heads):
        for query in range(queries):
            for key in range(keys):
                lowered[head, query, key] -= slopes[head] * abs(key - query)
    return lowered


def alibi_scores_solution(scores, slopes):
    place = torch.arange(scores.size(-1))
    return scores - slopes[:, None, None] * (place - place[:, None]).abs()


def far(scores):
    """How many words lie between query and key, (query, key)."""
    return relative_offsets(scores.size(-1)).abs()


ALIBI_SCORES = Exercise(
    alibi_scores,
    alibi_scores_solution,
    alibi_scores_statement,
    stars=2,
    minutes=6,
    cases=lambda: [
        (*draw(0, (2, 3, 3)), torch.tensor([0.5, 0.25])),
        (*draw(1, (3, 5, 5)), torch.tensor([0.5, 0.125, 0.25])),
    ],
    hints=(
        "The distances are (query, key), the slopes (heads). Which shape do the scores have?",
        "`slopes[:, None, None]` meets (query, key) in (heads, query, key).",
        "Scores minus slope times |key - query|.",
    ),
    mistakes=(
        Mistake(
            "added",
            lambda scores, slopes: scores + slopes[:, None, None] * far(scores),
            "Far words got higher scores. The distance lowers them: subtract.",
        ),
        Mistake(
            "with its sign",
            lambda scores, slopes: (
                scores - slopes[:, None, None] * relative_offsets(scores.size(-1))
            ),
            "The past is lifted, the future lowered. Take the size of the distance: abs().",
        ),
        Mistake(
            "one slope for all",
            lambda scores, slopes: scores - slopes[0] * far(scores),
            "Every head has a slope of its own.",
        ),
        Mistake(
            "no slope",
            lambda scores, slopes: scores - far(scores),
            "The slopes are not used: multiply the distances with them.",
        ),
        Mistake(
            "multiplied",
            lambda scores, slopes: scores * (1 - slopes[:, None, None] * far(scores)),
            "A negative score would grow with the distance. Subtract, do not multiply.",
        ),
        Mistake(
            "the penalty alone",
            lambda scores, slopes: -slopes[:, None, None] * far(scores),
            "That is what goes on top. The scores themselves have to stay.",
        ),
        Mistake(
            "weights already",
            lambda scores, slopes: (scores - slopes[:, None, None] * far(scores)).softmax(-1),
            "One step too far: scores are asked for, the softmax comes later.",
        ),
    ),
)

QUESTION = Question(
    "positions",
    {
        "positions": ("sinusoidal", "learned", "alibi"),
        "n_layers": (1, 2, 4),
        "trained_on": ("short", "long"),
        "scored_on": ("short", "long"),
    },
    needs={"trained_on": "short", "scored_on": "long"},
)


def kinds(*positions, seed=(0, 1, 2), n_layers=(2,), trained_on="short", scored_on="long"):
    """Runs with these kinds of positions, wrong in one of the other respects."""
    where = {"trained_on": (trained_on,), "scored_on": (scored_on,)}
    return runs(positions=positions, n_layers=n_layers, seed=seed, **where)


plan_length_statement = """
*Which positions carry over to sentences longer than any in training?* A plan is a list of runs.
A run is a dict of five settings: `positions` ("sinusoidal", "learned" or "alibi"), `n_layers`
(1, 2 or 4), `seed` (a whole number), `trained_on` and `scored_on` ("short" or "long"). Begin with
`[dict(positions="alibi", …), …]`; leave nothing to luck.
"""


def plan_length():
    """Which positions carry over to sentences longer than any in training? The runs for it."""
    return kinds("sinusoidal", "learned", "alibi")


plan_length_solution = [
    dict(positions=kind, n_layers=2, seed=seed, trained_on="short", scored_on="long")
    for kind in ("sinusoidal", "alibi")
    for seed in (0, 1, 2)
]


PLAN_LENGTH = Exercise(
    plan_length,
    plan_length_solution,
    plan_length_statement,
    stars=3,
    minutes=6,
    reads=QUESTION.read,
    hints=(
        "Longer than any in training: what has to be short, and what long?",
        "Compare two kinds of positions at least, everything else alike.",
        "Three seeds for each kind.",
    ),
    mistakes=(
        flawed(
            "scored at the trained length",
            kinds("sinusoidal", "alibi", scored_on="short"),
            "At the trained length all kinds do well. The question is about longer sentences.",
        ),
        flawed(
            "trained on long sentences",
            kinds("sinusoidal", "alibi", trained_on="long"),
            "Then long sentences are nothing new. Keep them out of the training.",
        ),
        flawed(
            "no control",
            kinds("alibi"),
            "One kind alone tells nothing: better than what?",
        ),
        flawed(
            "two things varied at once",
            [*kinds("sinusoidal"), *kinds("alibi", n_layers=(4,))],
            "Other positions *and* more layers: which of the two helped?",
        ),
        flawed(
            "one seed",
            kinds("sinusoidal", "alibi", seed=(7,)),
            "Two runs differ even when nothing but the seed does. Three seeds each, at least.",
        ),
        flawed(
            "other seeds for each",
            [*kinds("sinusoidal"), *kinds("alibi", seed=(3, 4, 5))],
            "With the same seeds both sides see the same batches, and only the positions differ.",
        ),
    ),
)

EXERCISES = (RELATIVE_OFFSETS, ALIBI_SCORES, PLAN_LENGTH)
