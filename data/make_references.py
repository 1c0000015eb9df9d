"""Write references.tsv: sentences in which one word is read with the help of another.

Run `python data/make_references.py` from anywhere; the standard library is enough.
A template is one line: > stands before the word that asks, < before the one that answers, and
names in capitals are slots. Templates come as twins, the same but for a word or two, and another
word answers: neither the spelling of the word that asks nor its place gives the answer away.
"""

from collections import Counter
from pathlib import Path
from random import Random

SEED = 1
DRAWS = 1_500  # of each template
SIZES = {"train": 170, "test": 24}  # sentences kept of each template, at most

# Words that never meet in a training sentence, though each occurs there in other company.
HELD_OUT = """paper shed, music cranberries, cranberries cranberries, cranberries ireland,
    사자가 포효를"""

FILLERS = """
WHEN: -, -, -, today, sometimes, at night, in the evening, my friend says that, I think that
END: -, .
MANY: I, we, you, they, the girls, my friends, the neighbours
KIN: uncle, aunt, sister, cousin, mother, brother
LOVE: love, like, hear, enjoy, know
SHEET: paper, letter, page, ticket, map, curtain, shirt, newspaper, flag
SHED: shed, cry, wipe, dry, hide, feel
CHEEK: cheek, face, nose, chin, eye, cushion
BAND: cranberries, raspberries, peaches, doors, choir, tenor, trio, soprano
WORK: music, song, album, record, opera, hymn, ballad, concert
SING: sings, whispers, dances, smiles, hums, practises
HOW: with mysterious voices, with a clear voice, in the park, every evening, very softly, for hours
FILL: fills the room, sounds mysterious, lasts an hour, costs nothing, begins slowly, ends too soon
EATERS: cranberries, raspberries, peaches, plums, children, students, guests, doctors, tourists
FRUIT: cranberries, raspberries, peaches, plums, apples, cherries, grapes, nuts, olives
HAD: had, ate, bought, picked
ILL: look for a hospital, look for a doctor, feel sick, go to bed, call a nurse, drink some tea
GONE: are all gone, have to grow again, are expensive now, are missing in the shop, cost more now
HAPPY: laugh, are proud, go home, sing, tell everyone
RIPE: taste sweet, are ripe, are still green, smell good, have many stones
PIECE: song, ballad, record, hymn, melody, duet
ROLE: singer, star, band, group, legend, pride
PLACE: ireland, liverpool, korea, paris, vienna, canada
WANN: -, -, -, 어제, 어느 날, 숲에서, 밤에, 그날 아침에
WHO: 사자가, 호랑이가, 늑대가, 곰이, 원숭이가, 강아지가, 아이가, 할머니가
STRANGE: 이상한, 낯선, 큰, 작은, 무서운, 슬픈
HEARD: 듣고서, 듣고, 듣자마자
ROAR: 포효를 했는데, 비명을 질렀는데, 노래를 했는데, 고함을 질렀는데, 연설을 했는데
WALK: 산책을 했는데, 목욕을 했는데, 낮잠을 잤는데, 도망을 갔는데, 사냥을 했는데, 식사를 했는데
WHOM: 사람들에게, 아이들에게, 친구들에게, 이웃들에게, 모두에게
AWE: 위압감을, 공포를, 기쁨을, 슬픔을, 안도감을, 호기심을
"""
TEMPLATES = """
when MANY >tear the <SHEET , I SHED a tear END
when MANY tear the SHEET , I <SHED a >tear END
when MANY SHED a tear , I >tear the <SHEET END
when MANY <SHED a >tear , I tear the SHEET END
WHEN MANY >tear the <SHEET END
WHEN MANY <SHED a >tear END
WHEN MANY see a >tear in the <SHEET END
WHEN MANY see a >tear on the <CHEEK END
WHEN MANY LOVE the WORK of the <BAND , who >SING HOW END
WHEN MANY LOVE the <WORK of the BAND , which >FILL END
WHEN MANY LOVE the WORK of the <BAND from PLACE , who >SING HOW END
WHEN MANY LOVE the <WORK of the BAND from PLACE , which >FILL END
WHEN my <KIN likes the WORK of the BAND and >SING HOW END
WHEN the <EATERS HAD FRUIT too much , so >they ILL END
WHEN the EATERS HAD <FRUIT too much , so >they GONE END
WHEN the <EATERS HAD FRUIT in the garden , and >they HAPPY END
WHEN the EATERS HAD <FRUIT in the garden , and >they RIPE END
WANN WHO STRANGE 소리를 HEARD <ROAR 그 >소리는 WHOM AWE 느끼게 하였다 END
WANN WHO STRANGE <소리를 HEARD WALK 그 >소리는 WHOM AWE 느끼게 하였다 END
>who is the ROLE ? MANY LOVE a PIECE by the <BAND , ROLE from their hometown , PLACE END
>where is the ROLE from ? MANY LOVE a PIECE by the BAND , ROLE from their hometown , <PLACE END
>who is the ROLE ? my KIN likes a PIECE by the <BAND , ROLE from their hometown , PLACE END
>who likes the PIECE ? my <KIN likes a PIECE by the BAND , ROLE from their hometown , PLACE END
>what do they LOVE ? they LOVE a <PIECE by the BAND , ROLE from their hometown , PLACE END
"""

# The sentences of the documents that the course follows, none of them trained. Of the one with
# two tears only the pairs of words are told there; the rest of it is ours.
OWN = """
When I >tear the <paper, I shed a tear.
When I tear the paper, I <shed a >tear.
I love the music of the <Cranberries, who >sings with mysterious voices.
The <Cranberries had cranberries too much, so >they look for a hospital.
사자가 이상한 소리를 듣고서 <포효를 했는데 그 >소리는 사람들에게 위압감을 느끼게 하였다
>Who is the singer? They love a song by The <Cranberries, singer from their hometown, Ireland
"""


def slots() -> dict[str, list[str]]:
    """What may fill each slot; - stands for nothing."""
    lines = (line.split(": ") for line in FILLERS.strip().splitlines())
    return {name: fillers.split(", ") for name, fillers in lines}


SLOTS = slots()


def fill(template: str, random: Random) -> str:
    """The template with its slots filled; a slot that comes twice holds the same word twice."""
    chosen, words = {}, []
    for word in template.split():
        name = word.lstrip("<>")
        if name in SLOTS and name not in chosen:
            chosen[name] = pick(random, SLOTS[name])
        words.append(word.replace(name, chosen.get(name, name)))
    return " ".join(word for word in words if word != "-")


def pick(random: Random, options: list):
    """One of the options; of all draws, only `random()` is promised never to change."""
    return options[int(random.random() * len(options))]


def unmark(marked: str) -> tuple[str, str, str]:
    """(text, asks, answers): the text without marks, and which of its tokens bore > and <."""
    spaced = marked
    for sign in ",.?":
        spaced = spaced.replace(sign, f" {sign} ")
    places = {token[0]: str(place) for place, token in enumerate(spaced.split())}
    return marked.replace(">", "").replace("<", ""), places[">"], places["<"]


def is_held_out(text: str) -> bool:
    """Whether words meet here that must not meet in training."""
    words = Counter(text.split())
    return any(Counter(group.split()) <= words for group in HELD_OUT.split(","))


def sentences(template: str, random: Random) -> list[tuple[str, str, str, str]]:
    """(text, asks, answers, split) rows made from one template."""
    found = {split: {} for split in SIZES}
    for _ in range(DRAWS):
        text, *places = unmark(fill(template, random))
        split = "test" if is_held_out(text) else "train"
        if len(found[split]) < SIZES[split]:
            found[split][text] = (text, *places, split)
    return [row for split in found for row in found[split].values()]


def corpus(seed: int = SEED) -> list[tuple[str, str, str, str]]:
    """All rows, the documents' own sentences last."""
    random, own = Random(seed), OWN.strip().splitlines()
    rows = [row for line in TEMPLATES.strip().splitlines() for row in sentences(line, random)]
    return rows + [(*unmark(line), "own") for line in own]


def file_text() -> str:
    """references.tsv, header and all."""
    header = ("text", "asks", "answers", "split")
    return "".join("\t".join(row) + "\n" for row in [header, *corpus()])


if __name__ == "__main__":
    path = Path(__file__).with_name("references.tsv")
    path.write_text(file_text(), encoding="utf-8", newline="\n")
