"""Write reviews.tsv: short reviews in which the order of the words decides.

Run `python data/make_reviews.py` from anywhere; the standard library is enough.
A template is one line: what a pleased guest writes | what a displeased one writes, with T for
the topic, G for a good word and B for a bad one. Most lines are twins, the same words in
another order: whoever only counts words is right about one twin and wrong about the other.
The templates of the test split are never seen in training, though all their words are.
"""

from pathlib import Path
from random import Random

SEED = 1
PER_TEMPLATE = 40  # reviews of each label

LABELS = ("positive", "negative")
TOPICS = """food service soup coffee room hotel breakfast music concert film story acting book
    ending song lesson teacher museum tour game weather trip view beach""".split()
OPINIONS = """good bad, great terrible, excellent awful, lovely horrible, nice nasty,
    wonderful dreadful, pleasant unpleasant, brilliant poor"""

OPENERS = ["", "", "", "honestly ,", "well ,", "all in all ,", "to be fair ,"]
DETAILS = ["", "", "", "here", "we had", "in town", "by the sea"]  # the food by the sea

TRAIN = """
the T was G , not B | the T was B , not G
the T was not B , it was G | the T was not G , it was B
the T was not B but G | the T was not G but B
the T was G , it was not B at all | the T was B , it was not G at all
I thought it would be B , but the T was G | I thought it would be G , but the T was B
the T was G , but I thought it would be B | the T was B , but I thought it would be G
the T was G and I did not find it B | the T was B and I did not find it G
I did not find the T B , I found it G | I did not find the T G , I found it B
everyone told me the T was B , but it was G | everyone told me the T was G , but it was B
the T was G , but everyone told me it was B | the T was B , but everyone told me it was G
the T is never B , it is always G | the T is never G , it is always B
the T is always G , it is never B | the T is always B , it is never G
nobody can call this T B , it is G | nobody can call this T G , it is B
this T is G , nobody can call it B | this T is B , nobody can call it G
it is not true that the T was B , it was G | it is not true that the T was G , it was B
I say the T was G , I can not say it was B | I say the T was B , I can not say it was G
the T was B last year , now it is G | the T was G last year , now it is B
now the T is G , last year it was B | now the T is B , last year it was G
they promised it would be B , I found the T G | they promised it would be G , I found the T B
the T , which I found here , was G , not B | the T , which I found here , was B , not G
I do not think it was B , I think the T was G | I do not think it was G , I think the T was B
nothing was B , everything was G , the T too | nothing was G , everything was B , the T too
although the T was not G , I would come back | although the T was G , I would not come back
the T was worth the money , even if it was not G | the T was not worth the money , even if it was G
what they promised was B , but the T was G | what they promised was G , but the T was B
not B but G , this T | not G but B , this T
it was not B , this T , it was G | it was not G , this T , it was B
the T was not B , everyone found it G | the T was not G , everyone found it B
everything was G and nothing was B , the T too | everything was B and nothing was G , the T too
nothing in this T was B , I found it G | nothing in this T was G , I found it B
all I found was G , nothing in the T was B | all I found was B , nothing in the T was G
a year ago the T was B , now it is G | a year ago the T was G , now it is B
a year ago I found the T B , now I find it G | a year ago I found the T G , now I find it B
I thought it was B , but now I find the T G | I thought it was G , but now I find the T B
they say it is B , I say the T is G | they say it is G , I say the T is B
the T , which they promised would be B , was G | the T , which they promised would be G , was B
this T , which everyone thought was B , is G | this T , which everyone thought was G , is B
the T , which is never B , was G | the T , which is never G , was B
although the T was not G , it was worth it | although the T was G , it was not worth it
even if it was not G , the T was worth it | even if it was G , the T was not worth it
I would come back , although the T was not G | I would not come back , although the T was G
the T was G | the T was B
the T is always G | the T is always B
the T was never B | the T was never G
nothing in the T was B | nothing in the T was G
G , this T , and not B | B , this T , and not G
I can not call this T B | I can not call this T G
they can not say the T was B | they can not say the T was G
I did not find the T B | I did not find the T G
the T was not B | the T was not G
I found the T G | I found the T B
I do not think that the T was B | I do not think that the T was G
nobody can say that the T was B | nobody can say that the T was G
everything about the T was G | everything about the T was B
I can say that the T was G | I can say that the T was B
it is not true that the T was B | it is not true that the T was G
"""
TEST = """
G , not B , this T | B , not G , this T
not B , this T , but G | not G , this T , but B
I can not say that the T was B , it was G | I can not say that the T was G , it was B
nothing about the T was B , everything was G | nothing about the T was G , everything was B
everything was G , nothing about the T was B | everything was B , nothing about the T was G
they told me it was B , but I found the T G | they told me it was G , but I found the T B
I found it B last year , but now the T is G | I found it G last year , but now the T is B
I found it G , nobody can call the T B | I found it B , nobody can call the T G
the T is not what they promised , not B but G | the T is not what they promised , not G but B
this T , which they told me was B , is G | this T , which they told me was G , is B
even if the T was not G , I would come back | even if the T was G , I would not come back
although it was not G , the T was worth it | although it was G , the T was not worth it
I can not say that the T was B | I can not say that the T was G
nothing about the T was B | nothing about the T was G
"""


def templates(lines: str) -> list[tuple[str, str]]:
    """(positive, negative), one pair a line."""
    return [tuple(line.split(" | ")) for line in lines.strip().splitlines()]


def fill(template: str, topic: str, good: str, bad: str) -> str:
    """T, G and B replaced by a topic, a good word and a bad one."""
    words = {"T": topic, "G": good, "B": bad}
    return " ".join(words.get(word, word) for word in template.split())


def pick(random: Random, options: list):
    """One of the options; of all draws, only `random()` is promised never to change."""
    return options[int(random.random() * len(options))]


def review(random: Random, positive: str, negative: str) -> tuple[str, str]:
    """Both reviews of a template, with the same topic, opinions and trimmings."""
    opinions = pick(random, OPINIONS.split(",")).split()
    topic = f"{pick(random, TOPICS)} {pick(random, DETAILS)}".strip()
    opener = pick(random, OPENERS)
    both = (fill(template, topic, *opinions) for template in (positive, negative))
    return tuple(f"{opener} {text}".strip() for text in both)


def corpus(seed: int = SEED) -> list[tuple[str, str, str, str]]:
    """(text, label, split, template) rows; a positive review is followed by its negative one."""
    random, rows = Random(seed), {}
    for split, lines in {"train": TRAIN, "test": TEST}.items():
        for number, template in enumerate(templates(lines), 1):
            for _ in range(PER_TEMPLATE):
                for text, label in zip(review(random, *template), LABELS, strict=True):
                    rows[text] = (text, label, split, f"{split}-{number}")
    return list(rows.values())


def file_text() -> str:
    """reviews.tsv, header and all."""
    header = ("text", "label", "split", "template")
    return "".join("\t".join(row) + "\n" for row in [header, *corpus()])


if __name__ == "__main__":
    path = Path(__file__).with_name("reviews.tsv")
    path.write_text(file_text(), encoding="utf-8", newline="\n")
