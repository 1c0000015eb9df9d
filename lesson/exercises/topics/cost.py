"""What attention costs: operations and memory."""

from lesson.exercises.judging.exercise import Exercise, Mistake

attention_flops_statement = r"""
Count the multiplications *and* the additions of $q k^\top$ and of weights · $v$, for `length`
words of `d_model` numbers. Eight words of three numbers: 768.
"""


def attention_flops(length, d_model):
    """Multiplications and additions of q kᵀ and of weights · v, all heads together."""
    return sum(2 * length * d_model * length for product in ("q kᵀ", "weights v"))


def attention_flops_solution(length, d_model):
    return 2 * (2 * length**2 * d_model)  # two products, each a multiplication and an addition


ATTENTION_FLOPS = Exercise(
    attention_flops,
    attention_flops_solution,
    attention_flops_statement,
    stars=2,
    minutes=4,
    cases=lambda: [(2, 3), (7, 5), (4096, 512)],
    tolerance=0,
    hints=(
        "(n, m) @ (m, p) needs n · m · p multiplications and as many additions.",
        "q kᵀ is (length, d_model) @ (d_model, length); the heads share d_model among them.",
        "weights · v costs the same again.",
    ),
    mistakes=(
        Mistake(
            "half of it",
            lambda length, d_model: 2 * length**2 * d_model,
            "Half is missing: weights · v costs as much as q kᵀ, and additions count too.",
        ),
        Mistake(
            "the multiplications of q kᵀ",
            lambda length, d_model: length**2 * d_model,
            "Each product is added as well, and weights · v costs the same again.",
        ),
        Mistake(
            "linear in the length",
            lambda length, d_model: 4 * length * d_model,
            "Every word asks every word: length².",
        ),
        Mistake(
            "length and width mixed up",
            lambda length, d_model: 4 * length * d_model**2,
            "That is what two projections cost. Here the length is squared, not d_model.",
        ),
        Mistake(
            "the projections too",
            lambda length, d_model: 4 * length**2 * d_model + 8 * length * d_model**2,
            "The four projections are left out here: only the two products with length².",
        ),
        Mistake(
            "the number of scores",
            lambda length, d_model: length**2,
            "So many scores there are. What does one of them cost?",
        ),
    ),
)


score_memory_statement = """
One text of 4096 tokens, 8 heads, 4 bytes a number. How many MiB ($2^{20}$ bytes) do the scores of
one layer take? (For 1024 tokens it is 32.)
"""


def score_memory():
    """MiB that the scores of 1 sentence, 8 heads and 4096 tokens take, 4 bytes a number."""
    return sum(4096 * 4096 * 4 for head in range(8)) / 2**20


score_memory_solution = 8 * 4096 * 4096 * 4 / 2**20


SCORE_MEMORY = Exercise(
    score_memory,
    score_memory_solution,
    score_memory_statement,
    stars=2,
    minutes=4,
    tolerance=0,
    hints=(
        "4096 · 4096 is 2^24, about 16.8 million scores a head.",
        "Times 8 heads, times 4 bytes; a MiB is 2^20 bytes.",
    ),
    mistakes=(
        Mistake("one head", lambda: 64, "That is one head; each of the 8 has scores of its own."),
        Mistake(
            "a byte a number",
            lambda: 128,
            "A number takes 4 bytes; you counted numbers, not bytes.",
        ),
        Mistake("the queries", lambda: 8, "Scores are query by key: 4096 · 4096, not 4096 · 512."),
        Mistake(
            "half precision",
            lambda: 256,
            "With 2 bytes a number, yes. Here it is 4. (A mask saves nothing.)",
        ),
        Mistake(
            "millions of bytes",
            lambda: 536.870912,
            "A MiB is 2^20 bytes, 1 048 576, not a million.",
        ),
        Mistake("a row only", lambda: 0.125, "4096 scores a head? Every token asks every token."),
    ),
)

EXERCISES = (ATTENTION_FLOPS, SCORE_MEMORY)
