"""Write english_french.tsv: a small grammar that speaks English and French at once.

Run `python data/make_translation.py` from anywhere; the standard library is enough.
Every sentence is built in both languages together, so that an English sentence has exactly
one translation: "you" is always tu, "they" always ils, and I, you, we and they are masculine.

    grammar/words.py    the words
    grammar/forms.py    plurals, agreement, conjugation; de le → du, le arbre → l'arbre
    grammar/phrases.py  the small black cat / le petit chat noir
    grammar/clauses.py  statements and their questions
    this file           sentences, and which split each belongs to
"""

from pathlib import Path

from grammar.clauses import (
    Clause,
    act,
    be_adjective,
    be_profession,
    be_somewhere,
    go_somewhere,
    have_feeling,
    have_something,
    there_is,
)
from grammar.forms import ALL_VERBS, english_finite, number, spell, table
from grammar.phrases import Speaker
from grammar.words import LINKS

SIZES = {"train": 12_000, "random": 1_000, "compositional": 1_000, "longer": 1_000}
SEED = 1
TRAINED_LENGTH = 12  # tokens on either side; both sides of a `longer` sentence have more

# Pairs that never meet in a training sentence, though each word occurs there in other company.
HELD_OUT = """red car, green shirt, old dog, white horse, small house, heavy bag, blue door,
    yellow flower, black hat, broken lamp, big garden, new bicycle, happy nurse, sad king,
    sick cousin, young doctor, beautiful bird, dirty plate, long book, cold milk, hot soup,
    expensive boat, buy cake, wash cup, find key, draw cow, see museum, invite neighbor,
    hide box, bring bottle, sell book, take umbrella, love aunt, wear coat, help farmer,
    look-for turtle"""

FIXED = """I am a student|je suis étudiant
the cat is black|le chat est noir
the black cat|le chat noir
how was your day|comment se passe ta journée
how was your day ?|comment se passe ta journée ?
the chef who knows the girls was tired|le chef qui connaît les filles était fatigué
this is my car|c'est ma voiture"""

CLAUSES = [
    *[be_adjective] * 5, *[act] * 8, *[have_something] * 2,
    be_profession, be_somewhere, have_feeling, there_is, go_somewhere,
]  # fmt: skip


def sentence(say: Speaker) -> tuple[str, str]:
    """One sentence: a statement, a question, or two clauses with a link between them."""
    clause, way = say.pick(CLAUSES)(say), say.random()
    english, french = clause.english, clause.french
    if way < 0.14 and clause.question:
        english, french = ask(say, clause)
    elif way < 0.2:
        english, french = ["I", "think", "that", *english], ["je", "pense", "que", *french]
    elif way < 0.36:
        link, other = say.pick(list(LINKS)), say.pick(CLAUSES)(say)
        english = [*english, link, *other.english]
        french = [*french, *LINKS[link].split(), *other.french]
    return " ".join(english), spell(french)


def ask(say: Speaker, clause: Clause) -> tuple[list[str], list[str]]:
    """ "does she see the cat ?" / est-ce qu'elle voit le chat ?"""
    why, pourquoi = (["why"], ["pourquoi"]) if say.chance(0.25) else ([], [])
    return [*why, *clause.question, "?"], [*pourquoi, "est-ce", "que", *clause.french, "?"]


def n_tokens(text: str) -> int:
    """How many tokens `tokenize` makes of it: l' counts for itself."""
    return len(text.replace("'", "' ").split())


def forms(word: str) -> set[str]:
    """Every English form of an adjective, noun or verb of this grammar, first words only."""
    verb = next((v for v in ALL_VERBS if v.english == word), None)
    if verb:
        both_forms = {word, verb.past, english_finite(word, 2)}
        return {form.split("-")[0] for form in both_forms}
    return {word, number(word, True)}


HELD_OUT_FORMS = [(forms(one), forms(other)) for one, other in table(HELD_OUT)]


def nearest(words: list[str], one: set[str], other: set[str]) -> float:
    """How many words apart the closest forms of two words stand; inf when one is missing."""
    if one.isdisjoint(words) or other.isdisjoint(words):
        return float("inf")
    here = [i for i, word in enumerate(words) if word in one]
    there = [i for i, word in enumerate(words) if word in other]
    return min(abs(i - j) for i in here for j in there)


def pile(english: str, french: str) -> str:
    """Where a sentence belongs; "" for those that would blur the difference between splits."""
    words, lengths = english.split(), (n_tokens(english), n_tokens(french))
    gap = min(nearest(words, *pair) for pair in HELD_OUT_FORMS)
    if min(lengths) > TRAINED_LENGTH and gap == float("inf"):
        return "longer"
    if max(lengths) > TRAINED_LENGTH or 3 < gap < float("inf"):
        return ""
    return "compositional" if gap <= 3 else "ordinary"


def corpus(seed: int = SEED) -> list[tuple[str, str, str]]:
    """(English, French, split) rows, all English sentences different."""
    say = Speaker(seed)
    room = {**SIZES, "ordinary": SIZES["train"] + SIZES["random"], "": 0}
    piles = {"ordinary": dict(line.split("|") for line in FIXED.splitlines())}
    piles |= {"compositional": {}, "longer": {}, "": {}}
    while any(len(pairs) < room[name] for name, pairs in piles.items()):
        english, french = sentence(say)
        name = pile(english, french)
        if len(piles[name]) < room[name]:
            piles[name].setdefault(english, french)
    return assign(piles)


def assign(piles: dict[str, dict[str, str]]) -> list[tuple[str, str, str]]:
    """Every thirteenth ordinary sentence is kept for the `random` split."""
    every = 1 + SIZES["train"] // SIZES["random"]
    rows = [
        (*pair, "train" if (i + 1) % every else "random")
        for i, pair in enumerate(piles["ordinary"].items())
    ]
    return rows + [(*p, name) for name in ("compositional", "longer") for p in piles[name].items()]


def file_text() -> str:
    """english_french.tsv, line by line."""
    return "".join("\t".join(row) + "\n" for row in corpus())


if __name__ == "__main__":
    path = Path(__file__).with_name("english_french.tsv")
    path.write_text(file_text(), encoding="utf-8", newline="\n")
