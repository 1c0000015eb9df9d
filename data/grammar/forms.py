"""Words in their forms: plurals, agreement, conjugation, and what touching French words do."""

from typing import NamedTuple

from grammar.words import AFTER, ASPIRATED, BEFORE, ENGLISH_PLURALS, IRREGULAR, NOUNS, PEOPLE, VERBS


class Noun(NamedTuple):
    """One noun in both languages; plurals are made by `pluralise`."""

    english: str
    french: str
    gender: str
    kind: str


class Adjective(NamedTuple):
    """One adjective; `before` says on which side of a French noun it stands."""

    english: str
    masculine: str
    feminine: str
    before: bool


class Verb(NamedTuple):
    """One verb and the kinds of noun it takes as its object."""

    english: str
    past: str
    infinitive: str
    participle: str
    objects: list[str]


def table(text: str) -> list[list[str]]:
    """ "a b, c d" → [[a, b], [c, d]]"""
    return [entry.split() for entry in text.split(",")]


ALL_NOUNS = [Noun(*row, kind) for kind, text in NOUNS.items() for row in table(text)]
ALL_ADJECTIVES = [Adjective(*row, True) for row in table(BEFORE)]
ALL_ADJECTIVES += [Adjective(*row, False) for row in table(AFTER)]
ALL_VERBS = [
    Verb(*words.split(), objects.replace("people", " ".join(PEOPLE)).split())
    for words, objects in (line.split(":") for line in VERBS.strip().splitlines())
]


def starts_with_vowel(french: str) -> bool:
    """Whether a French word makes the one before it lose its vowel."""
    return french[0] in "aeiouyâéèêîôœh" and not french.startswith(ASPIRATED)


def pluralise(french: str) -> str:
    """chat → chats, gâteau → gâteaux, cheval → chevaux, souris → souris"""
    if french.endswith(("s", "x")):
        return french
    if french.endswith("al"):
        return french[:-1] + "ux"
    return french + ("x" if french.endswith("eau") else "s")


def agree(adjective: Adjective, feminine: bool, plural: bool) -> str:
    """The French adjective in the form its noun asks for."""
    word = adjective.feminine if feminine else adjective.masculine
    return pluralise(word) if plural else word


def conjugate(infinitive: str, person: int) -> str:
    """The French verb in the present."""
    if infinitive in IRREGULAR:
        return IRREGULAR[infinitive].split()[person]
    return infinitive[:-2] + ["e", "es", "e", "ons", "ent"][person]


def spell(words: list[str]) -> str:
    """Settle what happens between French words: du, des, au, and the lost vowel of l', j', qu'."""
    text = ""
    for word, after in zip(words, [*words[1:], "."], strict=True):
        shortens = word in ("je", "ne", "le", "la", "de", "que", "me", "te")
        elided = shortens and starts_with_vowel(after)
        text += word[:-1] + "'" if elided else word + " "
    for long, short in {"de le": "du", "de les": "des", "à le": "au"}.items():
        text = f" {text}".replace(f" {long} ", f" {short} ").lstrip()
    return text.strip()


def number(english: str, plural: bool) -> str:
    """The English noun, one or several."""
    return ENGLISH_PLURALS.get(english, english + "s") if plural else english


def number_french(french: str, plural: bool) -> str:
    """The French noun, one or several."""
    return pluralise(french) if plural else french


def english_finite(verb: str, person: int) -> str:
    """see → sees for he, she and it; "look-for" keeps its second word"""
    if person != 2:
        return verb
    head, *rest = verb.split("-")
    return "-".join([head + ("es" if head.endswith("ch") or head.endswith("sh") else "s"), *rest])


def be(person: int, past: bool = False) -> str:
    """am, are, is, was, were"""
    if past:
        return "was" if person in (0, 2) else "were"
    return ["am", "are", "is", "are", "are"][person]
