"""Subjects and objects, built in both languages at once."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from grammar.forms import (
    ALL_ADJECTIVES,
    ALL_NOUNS,
    ALL_VERBS,
    Adjective,
    Noun,
    agree,
    conjugate,
    english_finite,
    number,
    number_french,
    starts_with_vowel,
)
from grammar.words import (
    BEFORE_A_VOWEL,
    MASS,
    ONE,
    PEOPLE,
    POSSESSIVES,
    SEVERAL,
    SUITS,
    WHERE,
    WHERE_THINGS_ARE,
)


class Phrase(NamedTuple):
    """A subject or object: words in both languages and what must agree with it."""

    english: list[str]
    french: list[str]
    person: int  # column in IRREGULAR: 0 je, 1 tu, 2 il or elle, 3 nous, 4 ils or elles
    feminine: bool
    kind: str = "adult"


PRONOUNS = {
    english: Phrase([english], [french], person, english == "she")
    for english, french, person in [
        ("I", "je", 0), ("you", "tu", 1), ("he", "il", 2), ("she", "elle", 2),
        ("we", "nous", 3), ("they", "ils", 4),
    ]
}  # fmt: skip


class Speaker(Random):
    """A source of choices that makes the same ones in every version of Python."""

    def pick(self, options: Sequence):
        """One of the options; only `random()` is promised never to change."""
        return options[int(self.random() * len(options))]

    def chance(self, share: float) -> bool:
        """True in this share of the calls."""
        return self.random() < share


def determiner(say: Speaker, noun: Noun, plural: bool, negated: bool) -> tuple[str, str, str]:
    """English, French for a masculine and for a feminine noun."""
    possessive = say.pick(list(POSSESSIVES))
    masculine, feminine, several = POSSESSIVES[possessive].split()
    mass = noun.kind in MASS
    if say.chance(0.45) and not (mass or noun.kind == "family"):
        return ("the", "les", "les") if plural else ("the", "le", "la")
    if noun.kind == "family" or (noun.kind not in "adult child place" and say.chance(0.35)):
        return (possessive, several, several) if plural else (possessive, masculine, feminine)
    if negated:  # il n'a pas de chat
        return ("any" if plural or mass else "a", "de", "de")
    if mass:
        return ("", "de le", "de la")
    if plural:
        return say.pick(SEVERAL)
    return say.pick(ONE)


def pick_adjectives(say: Speaker, noun: Noun) -> list[Adjective]:
    """None, one, or one before and one after the French noun."""
    fitting = [a for a in ALL_ADJECTIVES if a.english in SUITS[noun.kind].split()]
    chosen = [a for a in (say.pick(fitting), say.pick(fitting)) if say.chance(0.3)]
    if len(chosen) == 2 and chosen[0].before == chosen[1].before:
        return chosen[:1]
    return sorted(chosen, key=lambda adjective: not adjective.before)


def noun_phrase(say: Speaker, noun: Noun, negated: bool = False, bare: bool = False) -> Phrase:
    """ "the small black cat" / le petit chat noir; `bare` leaves the adjectives out"""
    plural = noun.kind not in MASS and say.chance(0.3)
    english, *articles = determiner(say, noun, plural, negated)
    feminine = noun.gender == "f"
    adjectives = [] if bare else pick_adjectives(say, noun)
    one = [english, *(a.english for a in adjectives), number(noun.english, plural)]
    before = [agree(a, feminine, plural) for a in adjectives if a.before]
    after = [agree(a, feminine, plural) for a in adjectives if not a.before]
    french = number_french(noun.french, plural)
    if not plural and not feminine and starts_with_vowel(french):
        before = [BEFORE_A_VOWEL.get(word, word) for word in before]
    words = [*before, french, *after]
    article = before_vowel(articles[feminine], words[0])
    if article == "des" and before:
        article = "de"  # de grandes maisons
    return Phrase(with_an(one), [*article.split(), *words], 4 if plural else 2, feminine, noun.kind)


def before_vowel(article: str, word: str) -> str:
    """ma → mon and ce → cet where the next word starts with a vowel."""
    swap = {"ma": "mon", "ta": "ton", "sa": "son", "ce": "cet"}
    return swap.get(article, article) if starts_with_vowel(word) else article


def with_an(words: list[str]) -> list[str]:
    """a → an before a vowel; an empty article disappears."""
    if words[0] == "a" and words[1][0] in "aeiou":
        words = ["an", *words[1:]]
    return [word for word in words if word]


def nouns(kinds: Sequence[str]) -> list[Noun]:
    """All nouns of these kinds."""
    return [noun for noun in ALL_NOUNS if noun.kind in kinds]


def someone(say: Speaker) -> Phrase:
    """A subject: a pronoun, a person, two people, or a person with a clause between it and
    its verb."""
    if say.chance(0.45):
        return say.pick(list(PRONOUNS.values()))
    person = noun_phrase(say, say.pick(nouns(PEOPLE)))
    way = say.random()
    if way < 0.12:
        other = noun_phrase(say, say.pick(nouns(PEOPLE)), bare=True)
        return person if other.english[-1] == person.english[-1] else both(person, other)
    if way < 0.36:
        return with_relative(say, person)
    return with_place(say, person) if way < 0.44 else person


def something(say: Speaker) -> Phrase:
    """A subject that is no person, sometimes with a place or a clause after it."""
    noun = say.pick([n for n in ALL_NOUNS if n.kind not in PEOPLE])
    phrase = noun_phrase(say, noun)
    if noun.kind in MASS:
        phrase = the(noun)
    way = say.random()
    if way < 0.15 and noun.kind not in ("place", "outdoors", "opening", *MASS):
        return with_place(say, phrase)
    return with_object_relative(say, phrase, noun) if way < 0.3 else phrase


def the(noun: Noun) -> Phrase:
    """ "the water" / l'eau"""
    article = "la" if noun.gender == "f" else "le"
    return Phrase(["the", noun.english], [article, noun.french], 2, noun.gender == "f", noun.kind)


def both(one: Phrase, other: Phrase) -> Phrase:
    """ "the boy and the girl": plural, and masculine unless both are feminine"""
    english = [*one.english, "and", *other.english]
    feminine = one.feminine and other.feminine
    return Phrase(english, [*one.french, "et", *other.french], 4, feminine)


def with_relative(say: Speaker, person: Phrase) -> Phrase:
    """ "the chef who knows the girls": the noun nearest to the coming verb is the wrong one"""
    verb = say.pick(ALL_VERBS)
    thing = noun_phrase(say, say.pick(nouns(verb.objects)), bare=True)
    seen = english_finite(verb.english, person.person).replace("-", " ").split()
    english = [*person.english, "who", *seen, *thing.english]
    french = [*person.french, "qui", conjugate(verb.infinitive, person.person), *thing.french]
    return person._replace(english=english, french=french)


def with_object_relative(say: Speaker, phrase: Phrase, noun: Noun) -> Phrase:
    """ "the book that she reads" / le livre qu'elle lit"""
    verb = say.pick([v for v in ALL_VERBS if noun.kind in v.objects and "-" not in v.english])
    who = say.pick(list(PRONOUNS.values()))
    english = [*phrase.english, "that", *who.english, english_finite(verb.english, who.person)]
    french = [*phrase.french, "que", *who.french, conjugate(verb.infinitive, who.person)]
    return phrase._replace(english=english, french=french)


def place(say: Speaker, kind: str) -> tuple[list[str], list[str]]:
    """ "near the church" / près de l'église: where something of this kind can be"""
    places = WHERE if kind in PEOPLE else WHERE_THINGS_ARE
    preposition = say.pick(list(places))
    english, *french = preposition.split()
    name = say.pick(places[preposition].split())
    where = the(next(noun for noun in ALL_NOUNS if noun.english == name))
    return [english, *where.english], [*french, *where.french]


def with_place(say: Speaker, phrase: Phrase) -> Phrase:
    """ "the cat under the table" """
    english, french = place(say, phrase.kind)
    return phrase._replace(english=phrase.english + english, french=phrase.french + french)
