"""Write word by word, and choose among finished sentences."""

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake

START, END = 1, 2


def counts(tokens):
    """A model that counts up to 6 and then ends; ids 3, 4, 5, 6 follow each other."""
    following = END if tokens[-1] in (6, END) else max(tokens[-1], END) + 1
    return torch.arange(7).eq(following) * 3.0 - 1.0


def never_ends(tokens):
    """A model that says 4 and 5 in turn, by how long the sentence is."""
    return torch.arange(7).eq(4 + len(tokens) % 2) * 2.0


def remembers(tokens):
    """A model that ends when every id it wrote has come twice."""
    following = END if len(tokens) > 3 else 3 + len(tokens)
    return torch.arange(7).eq(following).float()


write_statement = """
`logits` is a function: the list of ids so far, start (1) first → scores of the next word. Write
greedily until the end (2) or until there are `max_len` words. Hand back the list with the end,
without the start: `[6, 4, 2]`, say, or, if `logits` always prefers word 5 and `max_len` is 3,
`[5, 5, 5]`.
"""


def write(logits, max_len):
    """Always the likeliest next word, from start on; without start, up to and with the end."""
    tokens = [START]
    for _ in range(max_len):
        likeliest = max(range(7), key=lambda word: logits(tokens)[word])
        tokens.append(likeliest)
        if likeliest == END:
            break
    return tokens[1:]


def write_solution(logits, max_len):
    tokens = [1]
    while len(tokens) <= max_len and tokens[-1] != 2:
        tokens.append(int(logits(tokens).argmax()))
    return tokens[1:]


def written(choose=torch.argmax, seen=lambda tokens: tokens, stop=True, first=1):
    """A wrong writer: another choice, another past, no stop, or the start left in."""

    def writer(logits, max_len):
        tokens = [START]
        while len(tokens) <= max_len and not (stop and tokens[-1] == END):
            tokens.append(int(choose(logits(seen(tokens)))))
        return tokens[first:]

    return writer


WRITE = Exercise(
    write,
    write_solution,
    write_statement,
    stars=2,
    minutes=6,
    cases=lambda: [(remembers, 5), (counts, 7), (never_ends, 3)],
    hints=(
        "Keep a list that begins with 1, the start; ask `logits(tokens)` for the next word.",
        "`int(logits(tokens).argmax())` is the likeliest; append it and ask again.",
        "Stop after the end, 2, or after max_len words; hand back the list without the start.",
    ),
    mistakes=(
        Mistake(
            "the start handed back",
            written(first=0),
            "The start is where you begin, not a word of the sentence: leave it out.",
        ),
        Mistake(
            "does not stop",
            written(stop=False),
            "After the end, 2, the sentence is over.",
        ),
        Mistake(
            "the end thrown away",
            lambda logits, max_len: [word for word in write(logits, max_len) if word != END],
            "The end is written too; without it nobody knows that the sentence is finished.",
        ),
        Mistake(
            "one word too few",
            lambda logits, max_len: write(logits, max_len - 1),
            "max_len words may be written; the start is not one of them.",
        ),
        Mistake(
            "the last word only",
            written(seen=lambda tokens: tokens[-1:]),
            "The model gets the last word alone. Give it everything written so far.",
        ),
        Mistake(
            "argmin",
            written(choose=torch.argmin),
            "That is the unlikeliest word: argmax.",
        ),
        Mistake(
            "nothing written yet",
            written(seen=lambda tokens: [START]),
            "The model always sees the start alone. Give it everything written so far.",
        ),
    ),
)


best_sentence_statement = r"""
`sentences` is a list; each sentence is the list of the log-probabilities of its words. Hand
back the place of the one whose sum, divided by $((5 + \text{words}) / 6)^{\text{penalty}}$, is
largest. For `[[-1, -1], [-1.8]]` it is 1 with penalty 0, and 0 with penalty 1.
"""


def best_sentence(sentences, penalty):
    """The place of the list of log-probabilities whose sum / ((5 + words) / 6)^penalty is best."""
    scores = [sum(words) / ((5 + len(words)) / 6) ** penalty for words in sentences]
    return scores.index(max(scores))


def best_sentence_solution(sentences, penalty):
    scores = [sum(words) / ((5 + len(words)) / 6) ** penalty for words in sentences]
    return scores.index(max(scores))


def best_by(score):
    """A choice by another score."""

    def choose(sentences, penalty):
        scores = [score(words, penalty) for words in sentences]
        return scores.index(max(scores))

    return choose


def finished():
    """Log-probabilities, word by word, of sentences of different length."""
    short, middle, long = [-1.0, -1.1], [-0.5] * 5, [-0.34] * 9
    return [
        ([short, middle], 0.5),
        ([long, short, middle], 0.0),
        ([middle, [-0.2] * 14, [-0.45] * 6, [-2.2]], 0.7),
        ([[-0.1] * 30, [-0.9], [-0.5, -0.35]], 1.0),
        ([[-0.9], [-0.3] * 5], 3.0),
        ([[-0.9], [-1.0] * 3], 1.0),
    ]


BEST_SENTENCE = Exercise(
    best_sentence,
    best_sentence_solution,
    best_sentence_statement,
    stars=2,
    minutes=5,
    cases=finished,
    tolerance=0,
    hints=(
        "Add up the log-probabilities of each sentence: all are below 0.",
        "Divide each sum by ((5 + number of words) / 6) to the power of the penalty.",
        "Hand back the place of the largest score, not the score.",
    ),
    mistakes=(
        Mistake(
            "no penalty",
            best_by(lambda words, penalty: sum(words)),
            "The sum alone prefers short sentences: every further word makes it smaller.",
        ),
        Mistake(
            "the mean",
            best_by(lambda words, penalty: sum(words) / len(words)),
            "A mean always divides by the length; here the penalty says how much it counts.",
        ),
        Mistake(
            "multiplied",
            best_by(lambda words, penalty: sum(words) * ((5 + len(words)) / 6) ** penalty),
            "Log-probabilities are below 0: multiplying punishes long sentences twice. Divide.",
        ),
        Mistake(
            "the smallest",
            best_by(lambda words, penalty: -sum(words) / ((5 + len(words)) / 6) ** penalty),
            "The best sentence has the largest score, the one nearest to 0.",
        ),
        Mistake(
            "the longest",
            best_by(lambda words, penalty: len(words)),
            "Length alone does not make a sentence good.",
        ),
        Mistake(
            "the score itself",
            lambda sentences, penalty: max(
                sum(words) / ((5 + len(words)) / 6) ** penalty for words in sentences
            ),
            "The score is right. Which sentence has it? Hand back its place in the list.",
        ),
    ),
)

EXERCISES = (WRITE, BEST_SENTENCE)
