"""What several heads cost, and how to find out what they bring."""

from lesson.exercises.judging.exercise import Exercise, Mistake
from lesson.exercises.judging.plans import Question, flawed, runs

head_parameters_statement = """
How many numbers does multi-head attention learn? It has projections for queries, keys and values
and one after the heads, each with a bias; `n_heads` divides `d_model`. With `d_model` 4 and 2
heads there are 80.
"""


def head_parameters(d_model, n_heads):
    """All learned numbers of multi-head attention, biases included.

    For each head its columns of the three projections and their biases, then one output projection
    with its bias.
    """
    d_head = d_model // n_heads
    total = d_model * d_model + d_model
    for _ in range(n_heads):
        total += 3 * (d_model * d_head + d_head)
    return total


def head_parameters_solution(d_model, n_heads):
    return 4 * (d_model**2 + d_model)  # whatever the number of heads


HEAD_PARAMETERS = Exercise(
    head_parameters,
    head_parameters_solution,
    head_parameters_statement,
    stars=2,
    minutes=4,
    cases=lambda: [(6, 1), (6, 3), (35, 7)],
    tolerance=0,
    hints=(
        "Four projections, q, k, v and the output, each with a bias.",
        "All heads of a projection together are d_model columns, however many they are.",
        "4 · (d_model² + d_model): the number of heads does not appear.",
    ),
    mistakes=(
        Mistake(
            "each head as large as one",
            lambda d_model, n_heads: (3 * n_heads + 1) * (d_model**2 + d_model),
            "A head is only d_model / n_heads wide: more heads, narrower heads, same sum.",
        ),
        Mistake(
            "biases forgotten",
            lambda d_model, n_heads: 4 * d_model**2,
            "The matrices are right. Each projection also has a bias of d_model numbers.",
        ),
        Mistake(
            "output projection forgotten",
            lambda d_model, n_heads: 3 * (d_model**2 + d_model),
            "q, k and v are there; the projection after the heads is missing.",
        ),
        Mistake(
            "one head only",
            lambda d_model, n_heads: 4 * (d_model + 1) * (d_model // n_heads),
            "That is one head. All n_heads of them have to be counted.",
        ),
        Mistake(
            "an output for each head",
            lambda d_model, n_heads: (3 + n_heads) * (d_model**2 + d_model),
            "There is one output projection for all heads, after they are concatenated.",
        ),
        Mistake(
            "heads squared away",
            lambda d_model, n_heads: 4 * (d_model // n_heads) ** 2 * n_heads + 4 * d_model,
            "A head reads all d_model features, not only its own slice: d_model × d_head each.",
        ),
    ),
)

QUESTION = Question(
    "n_heads",
    {"n_heads": (1, 2, 4, 8), "d_model": (32, 64, 128), "scored_on": ("train", "held-out")},
    needs={"scored_on": "held-out"},
    control=1,
)


plan_heads_statement = """
Do more heads help, at the same size of the model? Write the plan that decides it: a list of runs,
each a dict with `n_heads` (1, 2, 4 or 8), `d_model` (32, 64 or 128), `seed` (any whole number) and
`scored_on` ("train" or "held-out"). One run:
`dict(n_heads=4, d_model=32, seed=0, scored_on="train")`. Nothing is trained; the plan is read for
what it can tell.
"""


def plan_heads():
    """Do more heads help at the same size of the model? The runs that decide it."""
    return runs(n_heads=(1, 8), d_model=(64,), seed=(0, 1, 2), scored_on=("held-out",))


plan_heads_solution = [
    dict(n_heads=n_heads, d_model=64, seed=seed, scored_on="held-out")
    for n_heads in (1, 8)
    for seed in (0, 1, 2)
]


PLAN_HEADS = Exercise(
    plan_heads,
    plan_heads_solution,
    plan_heads_statement,
    stars=3,
    minutes=10,
    reads=QUESTION.read,
    hints=(
        "Write down all settings of one run. Which one is the question about? Only it may change.",
        "Each number of heads is trained with the same seeds, three at least.",
        "A list of dicts: one loop over the heads, one over the seeds.",
    ),
    mistakes=(
        flawed(
            "no control",
            runs(n_heads=(8,), d_model=(64,), seed=(0, 1, 2), scored_on=("held-out",)),
            "A result alone is neither good nor bad. What would one head have reached?",
        ),
        flawed(
            "two things varied at once",
            [
                *runs(n_heads=(1,), d_model=(64,), seed=(0, 1, 2), scored_on=("held-out",)),
                *runs(n_heads=(8,), d_model=(128,), seed=(0, 1, 2), scored_on=("held-out",)),
            ],
            "Eight heads *and* a wider model: which of the two made it better?",
        ),
        flawed(
            "one seed",
            runs(n_heads=(1, 8), d_model=(64,), seed=(0,), scored_on=("held-out",)),
            "Two runs differ even when nothing but the seed does. Three seeds each, at least.",
        ),
        flawed(
            "tested on the training data",
            runs(n_heads=(1, 8), d_model=(64,), seed=(0, 1, 2), scored_on=("train",)),
            "Sentences seen in training can be known by heart. Score on others.",
        ),
        flawed(
            "other seeds for each",
            [
                *runs(n_heads=(1,), d_model=(64,), seed=(0, 1, 2), scored_on=("held-out",)),
                *runs(n_heads=(8,), d_model=(64,), seed=(3, 4, 5), scored_on=("held-out",)),
            ],
            "With the same seeds both sides see the same batches, and only the heads differ.",
        ),
        flawed(
            "the wrong thing varied",
            runs(n_heads=(8,), d_model=(32, 64), seed=(0, 1, 2), scored_on=("held-out",)),
            "That compares widths. The question is about the number of heads.",
        ),
    ),
)

EXERCISES = (HEAD_PARAMETERS, PLAN_HEADS)
