"""Statements and their questions, built in both languages at once."""

from typing import NamedTuple

from grammar.forms import (
    ALL_ADJECTIVES,
    ALL_VERBS,
    Verb,
    agree,
    be,
    conjugate,
    english_finite,
    pluralise,
    table,
)
from grammar.phrases import (
    PRONOUNS,
    Phrase,
    Speaker,
    noun_phrase,
    nouns,
    place,
    someone,
    something,
    the,
)
from grammar.words import (
    CLASHES,
    CLITIC_VERBS,
    FEELINGS,
    OBJECTS,
    ONLY_WITH_NOUN,
    PEOPLE,
    PROFESSIONS,
    STATIVE,
    SUITS,
    TENSES,
    WHEN,
)


class Clause(NamedTuple):
    """A statement in both languages, and its English question ("" where there is none)."""

    english: list[str]
    french: list[str]
    question: list[str]


def being(say: Speaker, subject: Phrase, english: list[str], french: list[str]) -> Clause:
    """subject + to be + the rest, in the present or the past, affirmed or denied"""
    past, how = say.chance(0.25), say.random()
    is_, est = be(subject.person, past), conjugate("était" if past else "être", subject.person)
    english_how, french_words = [], [est]
    if how < 0.2:
        english_how, french_words = ["not"], ["ne", est, "pas"]
    elif how < 0.3 and subject.kind in PEOPLE:
        english_how, french_words = ["never"], ["ne", est, "jamais"]
    elif how < 0.4 and subject.kind in PEOPLE:
        english_how, french_words = ["often"], [est, "souvent"]
    statement = [*subject.english, is_, *english_how, *english]
    question = [] if "ne" in french_words else [is_, *subject.english, *english_how, *english]
    return Clause(statement, [*subject.french, *french_words, *french], question)


def clashes(adjective: str, words: list[str]) -> bool:
    """Whether a "white" would follow a "black" """
    groups = [group.split() for group in CLASHES]
    return any(adjective in group and set(group) & set(words) for group in groups)


def be_adjective(say: Speaker) -> Clause:
    """ "the cat is black" / le chat est noir"""
    subject = someone(say) if say.chance(0.5) else something(say)
    fitting = [
        adjective
        for adjective in ALL_ADJECTIVES
        if adjective.english in SUITS[subject.kind].split()
        and adjective.english not in (*ONLY_WITH_NOUN, *subject.english)
        and not clashes(adjective.english, subject.english)
    ]
    adjective = say.pick(fitting)
    french = [agree(adjective, subject.feminine, subject.person > 2)]
    very = say.chance(0.15)
    very_english, very_french = (["very"], ["très"]) if very else ([], [])
    return being(say, subject, [*very_english, adjective.english], [*very_french, *french])


def be_profession(say: Speaker) -> Clause:
    """ "she is a singer" / elle est chanteuse: no article in French"""
    subject = say.pick(list(PRONOUNS.values()))._replace(kind="profession")
    english, masculine, feminine = say.pick(table(PROFESSIONS))
    french = feminine if subject.feminine else masculine
    if subject.person > 2:
        return being(say, subject, [english + "s"], [pluralise(french)])
    return being(say, subject, ["a", english], [french])


def be_somewhere(say: Speaker) -> Clause:
    """ "the cat is under the table" """
    thing = say.pick(nouns(("animal", "dish", "thing", "clothes", "text")))
    subject = noun_phrase(say, thing) if say.chance(0.6) else someone(say)
    return being(say, subject, *place(say, subject.kind))


def have_feeling(say: Speaker) -> Clause:
    """ "she is hungry" / elle a faim: English is it, French has it"""
    subject, (english, french) = someone(say), say.pick(list(FEELINGS.items()))
    is_, has = be(subject.person), conjugate("avoir", subject.person)
    question = [is_, *subject.english, english]
    if say.chance(0.3):
        denied = [*subject.french, "ne", has, "pas", french]
        return Clause([*subject.english, is_, "not", english], denied, [])
    return Clause([*subject.english, is_, english], [*subject.french, has, french], question)


def there_is(say: Speaker) -> Clause:
    """ "there is a black cat in the garden" / il y a un chat noir dans le jardin"""
    kinds = ("animal", "dish", "thing", "text", "child")
    phrase = noun_phrase(say, say.pick(nouns(kinds)))
    while phrase.french[0] not in ("un", "une", "des", "de", "deux", "trois"):
        phrase = noun_phrase(say, say.pick(nouns(kinds)))
    english, french = place(say, phrase.kind)
    is_ = be(phrase.person)
    statement = ["there", is_, *phrase.english, *english]
    question = [is_, "there", *phrase.english, *english]
    return Clause(statement, ["il", "y", "a", *phrase.french, *french], question)


def go_somewhere(say: Speaker) -> Clause:
    """ "she goes to the market" / elle va au marché"""
    subject, where = someone(say), the(say.pick(nouns(("place",))))
    french = [*subject.french, conjugate("aller", subject.person), "à", *where.french]
    do, goes = ("does", "goes") if subject.person == 2 else ("do", "go")
    question = [do, *subject.english, "go", "to", *where.english]
    return Clause([*subject.english, goes, "to", *where.english], french, question)


def have_something(say: Speaker) -> Clause:
    """ "I do not have a cat" / je n'ai pas de chat"""
    kinds = ("animal", "clothes", "dish", "text", "thing", "fruit")
    subject, negated = someone(say), say.chance(0.3)
    phrase = noun_phrase(say, say.pick(nouns(kinds)), negated)
    do, has = ("does", "has") if subject.person == 2 else ("do", "have")
    verb = conjugate("avoir", subject.person)
    question = [] if negated else [do, *subject.english, "have", *phrase.english]
    english = [*subject.english, *([do, "not", "have"] if negated else [has]), *phrase.english]
    french = [*subject.french, *(["ne", verb, "pas"] if negated else [verb]), *phrase.french]
    return Clause(english, french, question)


def auxiliary(tense: str, verb: Verb, person: int) -> tuple[str, list[str], str, list[str]]:
    """English helper and what follows it; French finite verb and what follows it."""
    does, base = "does" if person == 2 else "do", verb.english.split("-")
    other = {
        "going": (be(person), ["going", "to", *base], "aller"),
        "can": ("can", base, "pouvoir"),
        "must": ("must", base, "devoir"),
        "want": (does, ["want", "to", *base], "vouloir"),
    }
    if tense == "present":
        return does, base, conjugate(verb.infinitive, person), []
    if tense == "past":
        return "did", base, conjugate("avoir", person), [verb.participle]
    helper, rest, french = other[tense]
    return helper, rest, conjugate(french, person), [verb.infinitive]


def affirm(helper: str, rest: list[str], verb: Verb) -> list[str]:
    """does see → sees, did see → saw; other helpers stay"""
    if helper == "did":
        return verb.past.split("-")
    if helper == "does":
        return [*english_finite(rest[0], 2).split("-"), *rest[1:]]
    return rest if helper == "do" else [helper, *rest]


def act(say: Speaker) -> Clause:
    """subject + verb + object: a noun phrase, or a pronoun that French puts before the verb"""
    subject, verb = someone(say), say.pick(ALL_VERBS)
    tense, how = say.pick(TENSES), say.pick(["", "", "", "", "not", "not", "never", "often"])
    if verb.english in STATIVE or (tense == "past" and verb.past == "-"):
        tense = "present"
    if how in ("never", "often") and (tense != "present" or verb.english in STATIVE):
        how = ""
    if verb.english in CLITIC_VERBS and tense != "past" and say.chance(0.5):
        thing = clitic_for(say, subject)
    else:
        thing = noun_phrase(say, say.pick(nouns(verb.objects)), negated=how in ("not", "never"))
    return assemble(say, subject, verb, tense, how, thing)


def clitic_for(say: Speaker, subject: Phrase) -> Phrase:
    """An object pronoun that is not the subject itself: "they see them", but not "I see me"."""
    own = {"I": ("me", "us"), "you": ("you",), "we": ("us", "me")}.get(subject.english[0], ())
    english = say.pick([word for word in OBJECTS if word not in own])
    return Phrase([english], [OBJECTS[english]], 2, False, "pronoun")


def assemble(
    say: Speaker, subject: Phrase, verb: Verb, tense: str, how: str, thing: Phrase
) -> Clause:
    """Put the parts in each language's own order."""
    helper, rest, finite, tail = auxiliary(tense, verb, subject.person)
    when, quand = ([], []) if how or verb.english in STATIVE else time_for(say, tense)
    english_how = [how] if how in ("never", "often") else []
    predicate = [helper, "not", *rest] if how == "not" else affirm(helper, rest, verb)
    english = [*subject.english, *english_how, *predicate, *thing.english, *when]
    question = [helper, *subject.english, *english_how, *rest, *thing.english, *when]

    pronoun, phrase = (thing.french, []) if thing.kind == "pronoun" else ([], thing.french)
    outer, inner = ([], pronoun) if tail else (pronoun, [])  # il le voit, il va le voir
    french_how = {"": [], "not": ["pas"], "never": ["jamais"], "often": ["souvent"]}[how]
    ne = ["ne"] if how in ("not", "never") else []
    verbs = [*ne, *outer, finite, *french_how, *inner, *tail]
    return Clause(english, [*subject.french, *verbs, *phrase, *quand], [] if ne else question)


def time_for(say: Speaker, tense: str) -> tuple[list[str], list[str]]:
    """ "yesterday" / hier, where the tense allows one"""
    if tense not in WHEN or say.chance(0.75):
        return [], []
    english, french = say.pick(table(WHEN[tense]))
    return english.split("-"), french.split("-")
