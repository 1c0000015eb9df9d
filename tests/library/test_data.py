"""The corpora are what data/README.md says, and batches lose nothing."""

import re
import runpy
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import torch

from helpers.errors import refused
from transformer_lib import data, decoding
from transformer_lib.data import (
    CAR,
    CAT,
    CORPORA,
    DAY,
    LABELS,
    REFERENCE_SPLITS,
    REVIEW_SPLITS,
    STUDENT,
    TRANSLATION_SPLITS,
    batches,
    buckets,
    everyday_pairs,
    labelled_batches,
    pad,
    references,
    reviews,
    translation_pairs,
)
from transformer_lib.masks import PAD
from transformer_lib.sentences import FOUR_READERS, WHO_WHOM, four_readers_task, who_whom_task
from transformer_lib.tasks import FIRST, copy_task, recall_task, reverse_task, sort_task
from transformer_lib.vocabulary import END, START, tokenize

SIZES = {"train": 12_000, "random": 1_000, "compositional": 1_000, "longer": 1_000}
PAIRS = {split: translation_pairs(split) for split in TRANSLATION_SPLITS}
ALL_PAIRS = [pair for split in PAIRS for pair in PAIRS[split]]
REVIEWS = {split: reviews(split) for split in REVIEW_SPLITS}
REFERENCES = {split: references(split) for split in REFERENCE_SPLITS}
MADE_BY = {
    "english_french.tsv": "make_translation.py",
    "reviews.tsv": "make_reviews.py",
    "references.tsv": "make_references.py",
}


def script(name, monkeypatch):
    """What a script in data/ defines, without letting it write."""
    monkeypatch.syspath_prepend(str(CORPORA))
    return runpy.run_path(str(CORPORA / name))


def words_of(texts):
    """All tokens of some texts."""
    return {token for text in texts for token in tokenize(text)}


def bag(text):
    """The words of a text without their order."""
    return tuple(sorted(tokenize(text)))


# --- the generated corpus ---------------------------------------------------------------------


@pytest.mark.parametrize("name", MADE_BY)
def test_the_script_writes_the_file_byte_for_byte(name, monkeypatch):
    made = script(MADE_BY[name], monkeypatch)
    assert made["file_text"]().encode() == (CORPORA / name).read_bytes()


def test_sizes_and_disjoint_splits():
    assert {split: len(pairs) for split, pairs in PAIRS.items()} == SIZES
    assert len({english for english, _ in ALL_PAIRS}) == len(ALL_PAIRS) == 15_000


def test_an_english_sentence_has_one_translation(monkeypatch):
    made = script("make_translation.py", monkeypatch)
    say, seen = made["Speaker"](2), dict(ALL_PAIRS)
    for _ in range(20_000):
        english, french = made["sentence"](say)
        assert seen.setdefault(english, french) == french, english


def test_every_word_occurs_in_training():
    for side in (0, 1):
        trained = words_of(pair[side] for pair in PAIRS["train"])
        assert words_of(pair[side] for pair in ALL_PAIRS) == trained
        assert 300 <= len(trained) <= 550


def test_held_out_pairs_never_meet_in_training(monkeypatch):
    pairs = script("make_translation.py", monkeypatch)["HELD_OUT_FORMS"]
    trained = [set(english.split()) for english, _ in PAIRS["train"] + PAIRS["random"]]
    new = [set(english.split()) for english, _ in PAIRS["compositional"]]
    assert len(pairs) == 36
    for one, other in pairs:
        assert any(words & one for words in trained) and any(words & other for words in trained)
        assert not any(words & one and words & other for words in trained), (one, other)
        assert sum(1 for words in new if words & one and words & other) >= 2, (one, other)
    assert all(any(words & one and words & other for one, other in pairs) for words in new)


def test_longer_sentences_are_longer_on_both_sides():
    for side in (0, 1):
        trained = max(len(tokenize(pair[side])) for pair in PAIRS["train"])
        assert trained == 12 < min(len(tokenize(pair[side])) for pair in PAIRS["longer"])
    short = [len(tokenize(english)) for english, _ in PAIRS["train"]]
    assert min(short) >= 3 and sum(short) / len(short) > 6


@pytest.mark.parametrize("pair", [STUDENT, CAT, DAY])
def test_the_courses_own_sentences_are_trained(pair):
    lower = [(english.lower(), french.lower()) for english, french in PAIRS["train"]]
    assert (pair[0].lower(), pair[1].lower()) in lower
    assert CAR.lower() in dict(lower)


def test_sentences_are_written_as_tokenize_cuts_them():
    for english, french in ALL_PAIRS:
        assert english.split() == tokenize(english)
        assert french.replace("'", "' ").split() == tokenize(french)


# --- French ------------------------------------------------------------------------------------

FRENCH = [french for _, french in ALL_PAIRS]


def nouns(monkeypatch, *, feminine):
    """Forms, singular and plural, of the nouns of one gender."""
    monkeypatch.syspath_prepend(str(CORPORA))
    forms = runpy.run_path(str(CORPORA / "grammar" / "forms.py"))
    chosen = [n.french for n in forms["ALL_NOUNS"] if (n.gender == "f") == feminine]
    return set(chosen), {forms["pluralise"](noun) for noun in chosen}


def words_before(adjective):
    """The words that stand right before an adjective, to be, très and souvent apart."""
    found = re.findall(rf"(\w+) {adjective}\b", "\n".join(FRENCH))
    return set(found) - set("est était sont étaient pas jamais souvent très suis es étais".split())


@pytest.mark.parametrize("masculine", ["noir", "vert", "blanc", "bleu", "fort"])
def test_colours_agree_with_the_noun_before_them(masculine, monkeypatch):
    feminine = {"blanc": "blanche"}.get(masculine, masculine + "e")
    he, hes = nouns(monkeypatch, feminine=False)
    she, shes = nouns(monkeypatch, feminine=True)
    for form, fitting in [
        (masculine, he), (masculine + "s", hes), (feminine, she), (feminine + "s", shes),
    ]:  # fmt: skip
        before = {word for word in words_before(form) if word in he | hes | she | shes}
        assert before and before <= fitting, form


@pytest.mark.parametrize(
    ("article", "feminine", "plural"),
    [("le", False, False), ("la", True, False), ("un", False, False), ("une", True, False),
     ("cette", True, False), ("mes", None, True), ("trois", None, True)],
)  # fmt: skip
def test_articles_agree_with_the_noun_after_them(article, feminine, plural, monkeypatch):
    he, hes = nouns(monkeypatch, feminine=False)
    she, shes = nouns(monkeypatch, feminine=True)
    after = set(re.findall(rf"(?<!\w){article} (\w+)", "\n".join(FRENCH)))
    met = after & (he | hes | she | shes)
    fitting = (hes | shes) if plural else she if feminine else he
    assert len(met) > 10 and met <= fitting


@pytest.mark.parametrize(
    "wrong",
    [
        r"(?<!\w)(je|ne|me|te|le|la|de|que) [aeiouâéêœ]",  # elision
        r"(?<!\w)(je|ne|me|te|le|la|de|que) h(omme|ôt|ôp)",
        r"'h[ée]riss",  # an aspirated h
        r"(?<!\w)((de|à) les? |du [aeiouéœ]|au [aeiouéœ])",  # contraction
        r"(?<!\w)(ma|ta|sa|ce|nouveau|(un|le|ce|mon) beau) [aeiouéœ]",
        r"(?<!\w)vieux (arbre|homme|hôtel|oncle|ami|oiseau|enfant)\b",
        r"(?<!\w)des (petit|grand|vieux|vieille|beaux|belle|nouve|jeune|bon|long)",
        r"  |^ | $",
    ],
)
def test_what_no_french_sentence_contains(wrong):
    found = [french for french in FRENCH if re.search(wrong, french)]
    assert not found, found[:3]


@pytest.mark.parametrize("negation", ["pas", "jamais"])
def test_ne_comes_with_pas(negation):
    for french in FRENCH:
        denials = len(re.findall(r"(?<!\w)(?:ne |n')", french))
        assert denials == len(re.findall(r"(?<!\w)(?:pas|jamais)(?!\w)", french)), french
    assert sum(negation in french.split() for french in FRENCH) > 100


def test_a_subject_agrees_across_a_clause():
    assert ("the chef who knows the girls was tired", "le chef qui connaît les filles était "
            "fatigué") in PAIRS["train"]  # fmt: skip
    women = "girl queen nurse woman aunt sister cousin singer".replace(" ", "|")
    far = rf".*\b({women}) who (?!.*\b(and|but|because)\b).* (is|was) (not |very |often |never )*"
    for english, feminine in {"tired": "fatiguée", "strong": "forte", "kind": "gentille"}.items():
        found = [pair[1] for pair in ALL_PAIRS if re.fullmatch(far + english, pair[0])]
        assert found and all(french.endswith(feminine) for french in found)
    seen = [french for english, french in ALL_PAIRS if english.endswith(" sees them")]
    assert seen and all(re.search(r" les voit( \w+)?$", french) for french in seen)


# --- everyday sentences and reviews ------------------------------------------------------------


def test_everyday_pairs():
    pairs = everyday_pairs()
    assert len(pairs) >= 400
    assert len({english for english, _ in pairs}) == len(pairs)
    assert not {" ".join(tokenize(english)) for english, _ in pairs} & {
        english for english, french in ALL_PAIRS if english.endswith("?")
    }
    for english, french in pairs:
        assert english[-1] in ".?!" and french[-1] in ".?!"
        assert french[-1] == "." or french[-2] == " ", "French puts a space before ? and !"


def test_reviews_are_many_distinct_and_balanced():
    texts = [text for split in REVIEW_SPLITS for text, _ in REVIEWS[split]]
    assert len(set(texts)) == len(texts) >= 2_000
    for split in REVIEW_SPLITS:
        assert set(Counter(label for _, label in REVIEWS[split]).values()) == {
            len(REVIEWS[split]) // 2
        }
    assert words_of(text for text, _ in REVIEWS["test"]) <= words_of(
        text for text, _ in REVIEWS["train"]
    )


def test_no_template_is_in_both_splits(monkeypatch):
    made = script("make_reviews.py", monkeypatch)
    train, test = (set(sum(made["templates"](made[name]), ())) for name in ("TRAIN", "TEST"))
    assert len(train) >= 100 and len(test) >= 28
    assert not train & test


@pytest.mark.parametrize("split", REVIEW_SPLITS)
def test_order_decides(split):
    labels = defaultdict(Counter)
    for text, label in REVIEWS[split]:
        labels[bag(text)][label] += 1
    twins = sum(min(count[0], count[1]) for count in labels.values())
    assert twins >= 200
    best = sum(max(count.values()) for count in labels.values())  # a perfect memory for bags
    assert twins / len(REVIEWS[split]) > 0.3 and best / len(REVIEWS[split]) < 0.7


def test_counting_words_does_not_help():
    scores = Counter()
    for text, label in REVIEWS["train"]:
        scores.update({word: 2 * label - 1 for word in tokenize(text)})
    right = [(sum(scores[word] for word in tokenize(text)) > 0) == bool(label)
             for text, label in REVIEWS["test"]]  # fmt: skip
    assert 0.4 < sum(right) / len(right) < 0.6


@pytest.mark.parametrize(
    ("text", "label"),
    [("the food was not good", "negative"), ("the food was not bad", "positive")],
)
def test_not_good_and_not_bad(text, label):
    known = {" ".join(t.split()): LABELS[c] for split in REVIEW_SPLITS for t, c in REVIEWS[split]}
    pattern = text.replace("food", r"\w+")
    found = {known[t] for t in known if re.fullmatch(pattern, t)}
    assert found == {label}


# --- references --------------------------------------------------------------------------------


def pointed(text, asks, answers):
    """The word that asks and the word that answers."""
    tokens = tokenize(text)
    return tokens[asks], tokens[answers]


def test_references_point_into_their_sentences():
    rows = sum(REFERENCES.values(), [])
    assert len({(text, asks) for text, asks, _ in rows}) == len(rows) > 4_000
    for text, asks, answers in rows:
        assert 0 <= min(asks, answers) < max(asks, answers) < len(tokenize(text)), text


def test_references_in_test_are_new_but_their_words_are_not(monkeypatch):
    groups = script("make_references.py", monkeypatch)["HELD_OUT"].split(",")
    trained, tested, own = ([text for text, _, _ in REFERENCES[s]] for s in REFERENCE_SPLITS)
    assert not set(tested + own) & set(trained)
    assert words_of(tested + own) <= words_of(trained)
    for group in groups:
        met = [Counter(group.split()) <= Counter(tokenize(text)) for text in trained + tested]
        assert not any(met[: len(trained)]) and sum(met[len(trained) :]) > 10, group


def test_the_courses_sentences_point_at_what_the_documents_say():
    assert [pointed(*reference) for reference in REFERENCES["own"]] == [
        ("tear", "paper"), ("tear", "shed"), ("sings", "cranberries"), ("they", "cranberries"),
        ("소리는", "포효를"), ("who", "cranberries"),
    ]  # fmt: skip
    text, _, answers = REFERENCES["own"][3]
    assert tokenize(text)[answers - 1 : answers + 3] == ["the", "cranberries", "had", "cranberries"]


@pytest.mark.parametrize("word", ["tear", "they", "sings", "who", "소리는"])
def test_neither_the_word_that_asks_nor_its_place_tells_the_answer(word):
    asked = [r for r in REFERENCES["train"] if pointed(*r)[0] == word]
    for guess in (Counter(answers - asks for _, asks, answers in asked),
                  Counter(pointed(*r)[1] for r in asked)):  # fmt: skip
        assert guess.most_common(1)[0][1] / len(asked) < 0.6, guess


def test_the_readme_names_the_sizes():
    readme = (CORPORA / "README.md").read_text(encoding="utf-8")
    counts = [*SIZES.values(), len(ALL_PAIRS), len(everyday_pairs())]
    counts += [len(rows) for rows in [*REVIEWS.values(), *REFERENCES.values()]]
    counts += [sum(map(len, REFERENCES.values()))]
    counts += [len(words_of(pair[side] for pair in ALL_PAIRS)) for side in (0, 1)]
    for count in counts:
        assert f"{count:,}".replace(",", " ") in readme, count
    assert "MIT" in readme and Path(CORPORA).name in readme


# --- batches -----------------------------------------------------------------------------------


def numbers(n):
    """n pairs of random ids, of lengths 2 to 12."""
    lengths = torch.randint(2, 13, (n, 2)).tolist()
    return [tuple(torch.randint(4, 29, (length,)).tolist() for length in two) for two in lengths]


def test_pad():
    assert pad([[7, 5], [9]]).tolist() == [[7, 5], [9, PAD]]
    assert pad([[7]]).dtype == torch.long


def test_batches_shift_the_target_by_one():
    source, target_in, target_out = next(batches([([5, 6, 7], [8, 9])], 4))
    assert source.tolist() == [[5, 6, 7]]
    assert target_in.tolist() == [[START, 8, 9]] and target_out.tolist() == [[8, 9, END]]
    assert (START, END) == (decoding.START, decoding.END)


def test_an_epoch_holds_every_pair_once():
    pairs = numbers(53)
    got = []
    for source, target_in, target_out in batches(pairs, 7):
        assert len(source) <= 7 and target_in.shape == target_out.shape
        for s, t in zip(source.tolist(), target_out.tolist(), strict=True):
            got.append(([i for i in s if i != PAD], [i for i in t if i not in (PAD, END)]))
    assert sorted(got) == sorted(pairs)


def test_batches_gather_like_lengths():
    padding = sum((target == PAD).sum() for _, target, _ in batches(numbers(530), 10))
    assert padding < 530


def test_the_generator_decides_the_order():
    pairs = numbers(53)

    def first(seed):
        return next(batches(pairs, 7, torch.Generator().manual_seed(seed)))[0].tolist()

    assert first(1) == first(1) != first(2)


def test_labelled_batches_start_with_what_the_classifier_reads():
    examples = [([5, 6], 1), ([7], 0), ([8, 9, 4], 1)]
    tokens, labels = next(labelled_batches(examples, 3))
    assert (tokens[:, 0] == START).all() and tokens.shape == (3, 4)
    assert sorted(zip(tokens[:, 1].tolist(), labels.tolist(), strict=True)) == [
        (5, 1), (7, 0), (8, 1),
    ]  # fmt: skip


# --- tasks -------------------------------------------------------------------------------------


def test_tasks():
    source, target = copy_task(11, 7, 13)
    assert source.shape == (11, 7) and torch.equal(source, target)
    assert source.min() == FIRST == 4 and source.max() == 12
    source, target = reverse_task(11, 7, 13)
    assert torch.equal(source[:, 0], target[:, 6]) and torch.equal(source[:, 2], target[:, 4])
    source, target = sort_task(11, 7, 13)
    assert (target.diff() >= 0).all()
    assert Counter(source[3].tolist()) == Counter(target[3].tolist())
    source, target = recall_task(11, 5, 13)
    assert source.shape == (11, 6) and torch.equal(source[:, 0], target)


def test_who_and_whom_are_the_first_and_the_last_word():
    source, target = who_whom_task(211, torch.Generator().manual_seed(0))
    assert source.shape == (211, 4) and torch.equal(target, source[:, [0, 3]])
    assert (source[:, 0] != source[:, 3]).all()
    words = [WHO_WHOM.words[token] for token in source[0].tolist()]
    assert words[1] in ("bites", "sees", "likes", "hears") and words[2] in "old big red sad".split()
    assert len(set(target.flatten().tolist())) == 24, "every noun comes"


def test_four_readers_find_their_answers_in_the_sentence():
    source, target = four_readers_task(53, torch.Generator().manual_seed(0))
    assert target.shape == (53, 5)
    for row, (mark, first, second, verb, much) in zip(source.tolist(), target.tolist()):
        words = [FOUR_READERS.words[token] for token in row if token != PAD]
        said = [FOUR_READERS.words[token] for token in (first, second, verb, much)]
        assert words[0] == "<start>" and words[-1] == FOUR_READERS.words[mark]
        assert words[-6:-1] == [said[3], ",", said[0], "or", said[1]]
        assert words[-8] == said[2] and first != second


@pytest.mark.parametrize("task", [who_whom_task, four_readers_task])
def test_tasks_of_words_repeat_with_their_generator(task):
    one, same, other = (task(29, torch.Generator().manual_seed(s))[0] for s in (3, 3, 4))
    assert torch.equal(one, same) and not torch.equal(one, other)
    with pytest.raises(ValueError, match="n=0 rows"):
        task(0)


@pytest.mark.parametrize("task", [copy_task, reverse_task, sort_task, recall_task])
def test_tasks_repeat_with_their_generator(task):
    one, same, other = (task(5, 7, 13, torch.Generator().manual_seed(s))[0] for s in (3, 3, 4))
    assert torch.equal(one, same) and not torch.equal(one, other)


# --- errors ------------------------------------------------------------------------------------


def test_a_split_that_does_not_exist():
    with refused("'test'", "there are 4", "train, random, compositional, longer"):
        translation_pairs("test")
    with refused("'dev'", "there are 2", "train, test"):
        reviews("dev")
    with refused("'dev'", "there are 3", "train, test, own"):
        references("dev")


def test_nothing_to_pad():
    with refused("0 rows", "at least 1 row"):
        pad([])
    with refused("row 1 of 3 is empty", "at least 1 id"):
        pad([[5], [], [6]])


def test_nothing_to_batch():
    with refused("0 examples in batches of 7", "at least 1"):
        list(batches([], 7))
    with refused("3 examples in batches of 0", "at least 1", "64"):
        buckets([1, 2, 3], 0)


def test_tasks_too_small():
    with refused("n=0, length=7, vocab_size=13", "1, 1 and 6"):
        copy_task(0, 7, 13)
    with refused("n=5, length=7, vocab_size=5", "ids 0 to 3 are special"):
        sort_task(5, 7, 5)
    with refused("length=0"):
        recall_task(5, -1, 13)


def test_a_corpus_that_is_gone_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "CORPORA", tmp_path)
    with refused("english_french.tsv is not there", "needed are the corpora", "install it again"):
        data.translation_pairs()
