"""Start slowly: the schedule of the paper, and whether it helps."""

from lesson.exercises.judging.exercise import Exercise, Mistake
from lesson.exercises.judging.plans import Question, flawed, runs

learning_rate_statement = """
The formula above, for one `step`; the first step is number 1. For step 4000, `d_model` 512 and
`warmup` 4000 it is 0.000699.
"""


def learning_rate(step, d_model, warmup):
    """A number: the paper's learning rate at one step; steps count from 1.

    d_model^-0.5 · (step · warmup^-1.5 up to `warmup`, step^-0.5 from there)
    """
    if step < warmup:
        return d_model**-0.5 * step * warmup**-1.5
    return d_model**-0.5 * step**-0.5


def learning_rate_solution(step, d_model, warmup):
    return d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)


LEARNING_RATE = Exercise(
    learning_rate,
    learning_rate_solution,
    learning_rate_statement,
    stars=2,
    minutes=4,
    cases=lambda: [(1, 16, 4), (4, 16, 4), (9, 16, 4), (50, 64, 100), (400, 64, 100)],
    tolerance=1e-6,
    hints=(
        "Two lines: one rises with the step, one falls with its root. Where do they meet?",
        "The smaller of the two counts: `min(step ** -0.5, step * warmup ** -1.5)`.",
        "Both are divided by √d_model.",
    ),
    mistakes=(
        Mistake(
            "the larger of the two",
            lambda step, d_model, warmup: d_model**-0.5 * max(step**-0.5, step * warmup**-1.5),
            "The rate starts at its highest and grows without end. Take the smaller: min.",
        ),
        Mistake(
            "no warm-up",
            lambda step, d_model, warmup: d_model**-0.5 * step**-0.5,
            "The first step is the largest of all: that is what warm-up prevents.",
        ),
        Mistake(
            "never falls",
            lambda step, d_model, warmup: d_model**-0.5 * step * warmup**-1.5,
            "The rate rises for ever. From `warmup` on it falls with the root of the step.",
        ),
        Mistake(
            "a jump at the top",
            lambda step, d_model, warmup: d_model**-0.5 * min(step**-0.5, step / warmup),
            "The two lines have to meet at `warmup`: step · warmup^-1.5.",
        ),
        Mistake(
            "d_model forgotten",
            lambda step, d_model, warmup: min(step**-0.5, step * warmup**-1.5),
            "The width of the model does not appear. Wider models take smaller steps.",
        ),
        Mistake(
            "divided by d_model",
            lambda step, d_model, warmup: min(step**-0.5, step * warmup**-1.5) / d_model,
            "The root of d_model divides, not d_model itself.",
        ),
        Mistake(
            "steps from 0",
            lambda step, d_model, warmup: (
                d_model**-0.5 * min((step + 1) ** -0.5, (step + 1) * warmup**-1.5)
            ),
            "Here the first step is number 1 already: no + 1.",
        ),
    ),
)

QUESTION = Question(
    "warmup",
    {
        "warmup": (0, 100, 400, 1000),
        "residual": ("pre-norm", "post-norm"),
        "rate": (0.0003, 0.001, 0.003),
        "scored_on": ("train", "held-out"),
    },
    needs={"residual": "post-norm", "scored_on": "held-out"},
    control=0,
)


def trained(*warmups, seed=(0, 1, 2), residual="post-norm", rate=0.001, scored_on="held-out"):
    """Runs with these lengths of warm-up, wrong in one of the other respects."""
    rest = {"residual": (residual,), "rate": (rate,), "scored_on": (scored_on,)}
    return runs(warmup=warmups, seed=seed, **rest)


plan_warmup_statement = """
Does warm-up help a post-norm model on sentences it has not seen? Write a list of runs that
decides it. A run is a dict with five settings:

| setting | values |
|---|---|
| `warmup` | 0, 100, 400, 1000 |
| `residual` | "pre-norm", "post-norm" |
| `rate` | 0.0003, 0.001, 0.003 |
| `scored_on` | "train", "held-out" |
| `seed` | any whole number |

One run: `dict(warmup=100, residual="pre-norm", rate=0.001, scored_on="train", seed=0)`.
"""


def plan_warmup():
    """Does warm-up help a post-norm model? The runs that decide it."""
    return trained(0, 400)


plan_warmup_solution = [
    dict(warmup=warmup, residual="post-norm", rate=0.001, scored_on="held-out", seed=seed)
    for warmup in (0, 400)
    for seed in (0, 1, 2)
]


PLAN_WARMUP = Exercise(
    plan_warmup,
    plan_warmup_solution,
    plan_warmup_statement,
    stars=3,
    minutes=8,
    reads=QUESTION.read,
    hints=(
        "Which setting does the question name? Only that one may change from run to run.",
        "Without warm-up is a run too: warmup=0 is the control.",
        "The same three seeds, at least, for each; scored on held-out sentences.",
    ),
    mistakes=(
        flawed(
            "no control",
            trained(100, 400),
            "All runs are warmed up. How good is the model without? warmup=0 belongs in the plan.",
        ),
        flawed(
            "two things varied at once",
            [*trained(0, rate=0.003), *trained(400)],
            "Without warm-up *and* with a higher rate: which of the two did the harm?",
        ),
        flawed(
            "one seed",
            trained(0, 400, seed=(0,)),
            "Two runs differ even when nothing but the seed does. Three seeds each, at least.",
        ),
        flawed(
            "tested on the training data",
            trained(0, 400, scored_on="train"),
            "A low loss on what was seen may be memory. Score on held-out sentences.",
        ),
        flawed(
            "the other norm",
            trained(0, 400, residual="pre-norm"),
            "That answers the question for pre-norm. It was asked for post-norm.",
        ),
        flawed(
            "the norms compared",
            [*trained(400), *trained(400, residual="pre-norm")],
            "That compares the norms. The question is about warm-up.",
        ),
        flawed(
            "other seeds for each",
            [*trained(0), *trained(400, seed=(3, 4, 5))],
            "With the same seeds both sides see the same batches, and only the warm-up differs.",
        ),
    ),
)

EXERCISES = (LEARNING_RATE, PLAN_WARMUP)
