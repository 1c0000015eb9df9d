"""The attention view as Python sees it: what it reads, what it sends, what it refuses."""

import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from torch import nn

matplotlib.use("Agg")

from helpers.blind import BlindAttention  # noqa: E402
from helpers.tiny_bert import make_theirs, write  # noqa: E402
from helpers.tiny_translator import PAIRS, tiny_translator  # noqa: E402
from lesson.pictures import COLORS  # noqa: E402
from lesson.widgets import attention_state, view  # noqa: E402
from lesson.widgets.attention_reading import read_text  # noqa: E402
from lesson.widgets.attention_view import AttentionView  # noqa: E402
from transformer_lib.attention import Attended, Attention  # noqa: E402
from transformer_lib.model import Classifier, Config, LanguageModel  # noqa: E402
from transformer_lib.pretrained import load_bert  # noqa: E402
from transformer_lib.relative import AlibiScores  # noqa: E402
from transformer_lib.subwords import Subwords  # noqa: E402
from transformer_lib.trace import record  # noqa: E402
from transformer_lib.vocabulary import START, Vocabulary  # noqa: E402

STUDENT, FRENCH = PAIRS[0]
KOREAN = Vocabulary.build(["나는 학생 이다", "너는 선생 이다"])


def language_model(**parts):
    return LanguageModel(Config(len(KOREAN), d_model=12, n_heads=3, max_len=7, **parts))


@pytest.fixture
def shown():
    return AttentionView(tiny_translator(), STUDENT)


def typed(shown, *texts):
    """What the page asks for when somebody has typed."""
    shown.hear({"verb": "read", "args": list(texts)})


def traced(source, target):
    """What the tiny translator's attention does with two texts, recorded here."""
    translator = tiny_translator()
    source = torch.tensor([translator.source.encode(source)])
    target_in = torch.tensor([[START, *translator.target.encode(target)]])
    with torch.no_grad(), record(translator.model.eval()) as trace:
        translator.model(source, target_in)
    return trace


def test_the_translator_writes_the_target(shown):
    said = ["<start>", *FRENCH.split()]
    assert (shown.source, shown.target) == (STUDENT, FRENCH)
    assert shown.unknown == dict.fromkeys(["encoder", "decoder", "cross"], [[], []])
    assert {name: (part["queries"], part["keys"]) for name, part in shown.parts.items()} == {
        "encoder": (STUDENT.split(), STUDENT.split()),
        "decoder": (said, said),
        "cross": (said, STUDENT.split()),
    }
    assert shown.next_words == [*FRENCH.split(), "<end>"]
    assert shown.part == "cross" and shown.heads == [0, 1]


@pytest.mark.parametrize("part", ["encoder", "decoder", "cross"])
@pytest.mark.parametrize("layer", [0, 1])
def test_the_weights_are_those_of_the_model(shown, part, layer):
    shown.part, shown.layer = part, layer
    expected = traced(STUDENT, FRENCH).weights(part)[layer][0]
    torch.testing.assert_close(shown.weights(), expected)


@pytest.mark.parametrize(
    "part, name", [("decoder", "1.self_attention"), ("cross", "1.cross_attention")]
)
def test_the_page_gets_scores_and_none_where_hidden(shown, part, name):
    scores = traced(STUDENT, FRENCH)[f"decoder.{name}"].scores[0]
    future = torch.ones_like(scores, dtype=torch.bool).triu(1) & (part == "decoder")
    sent = torch.from_numpy(np.array(shown.parts[part]["scores"][1], dtype="float32"))  # None: NaN
    torch.testing.assert_close(sent.isnan(), future)
    torch.testing.assert_close(sent[~future], scores[~future], atol=6e-5, rtol=0)


def test_temperature_divides_the_scores_and_keeps_the_mask(shown):
    shown.part, shown.temperature = "decoder", 2.5
    scores = traced(STUDENT, FRENCH)["decoder.0.self_attention"].scores[0]
    future = torch.ones(4, 4).triu(1).bool()
    expected = (scores / 2.5).masked_fill(future, -torch.inf).softmax(-1)
    torch.testing.assert_close(shown.weights(), expected)


def test_q_and_k_travel_with_a_small_page(shown):
    cross = shown.parts["cross"]
    q, k, scores = (torch.tensor(cross[name][1]) for name in ("q", "k", "scores"))
    torch.testing.assert_close(q @ k.mT / 4, scores, atol=1e-3, rtol=0)
    assert cross["plain"] == [True, True]
    shown.cell = [2, 3]
    assert shown.answer == {}


def test_q_and_k_of_a_large_model_come_when_a_cell_is_chosen(monkeypatch):
    monkeypatch.setattr(attention_state, "MOST_CARRIED", 1000)
    shown = AttentionView(tiny_translator(), STUDENT)
    assert "q" not in shown.parts["cross"]
    shown.layer, shown.cell = 1, [2, 3]
    seen = traced(STUDENT, FRENCH)["decoder.1.cross_attention"]
    assert shown.answer["place"] == ["cross", 1, 2, 3]
    for name, vectors in (("q", seen.q[0, :, 2]), ("k", seen.k[0, :, 3])):
        torch.testing.assert_close(torch.tensor(shown.answer[name]), vectors, atol=6e-5, rtol=0)
    shown.part = "encoder"
    assert shown.cell == [] and shown.answer == {}


def test_another_sentence_and_a_target_of_your_own(shown):
    shown.cell = [0, 0]
    typed(shown, "the black cat", "le chat est")
    said = ["<start>", "le", "chat", "est"]
    assert shown.parts["cross"]["queries"] == said and shown.cell == []
    assert (shown.source, shown.target) == ("the black cat", "le chat est")
    expected = traced("the black cat", "le chat est").weights("cross")[0][0]
    torch.testing.assert_close(shown.weights(), expected)
    typed(shown, "the black cat", " ")
    assert shown.target == "le chat noir"


def test_unknown_words_keep_their_letters_and_are_listed_for_each_side(shown):
    shown.read("the zebra is a zebra", "le zèbre")
    assert shown.parts["encoder"]["keys"] == ["the", "zebra", "is", "a", "zebra"]
    assert shown.parts["decoder"]["keys"] == ["<start>", "le", "zèbre"]
    assert shown.unknown["encoder"] == [["zebra"], ["zebra"]]
    assert shown.unknown["decoder"] == [["zèbre"], ["zèbre"]]
    assert shown.unknown["cross"] == [["zèbre"], ["zebra"]]
    assert "<start>: " in shown.frame()[1] and "zèbre*: " in shown.frame()[1]


def test_a_word_may_be_unknown_on_one_side_and_known_on_the_other(shown):
    shown.read("le cat", "le chat")
    assert shown.unknown["cross"] == [[], ["le"]]
    alt = shown.frame()[1]
    assert "le: " in alt and "le*" not in alt  # the rows are the target
    shown.part = "encoder"
    assert "le*: " in shown.frame()[1]


def test_a_star_that_was_typed_is_no_mark():
    sums = Vocabulary.build(["2 * 3"])
    shown = AttentionView.of(LanguageModel(Config(len(sums), d_model=12, n_heads=3)), sums, "2 * 4")
    assert shown.parts["decoder"]["keys"] == ["<start>", "2", "*", "4"]
    assert shown.unknown["decoder"] == [["4"], ["4"]]
    assert "*: " in shown.frame()[1] and "**" not in shown.frame()[1]


@pytest.mark.parametrize(
    "texts, words",
    [
        (("", ""), "the text '' holds 0 tokens"),
        (("is " * 13, ""), "the source has 13 tokens, .* room for 12; shorten it by 1"),
        ((STUDENT, "le " * 12), "the target has 13 tokens, .* room for 12; shorten it by 1"),
    ],
)
def test_texts_that_cannot_be_read_are_reblind_in_the_view(shown, texts, words):
    before = shown.state() | {"trouble": ""}
    with pytest.raises(ValueError, match=words):
        shown.read(*texts)
    typed(shown, *texts)
    assert re.search(words, shown.trouble)
    assert shown.state() | {"trouble": ""} == before
    typed(shown, STUDENT, FRENCH)
    assert shown.trouble == ""


def test_a_sentence_that_the_model_has_room_for_may_be_too_long_for_the_page():
    model = LanguageModel(Config(len(KOREAN), d_model=12, n_heads=3))
    assert len(AttentionView.of(model, KOREAN, "학생 " * 23).parts["decoder"]["keys"]) == 24
    with pytest.raises(ValueError, match="the text has 25 tokens, .* room for 24"):
        AttentionView.of(model, KOREAN, "학생 " * 24)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("text", [STUDENT, "is " * 99])
def test_the_model_is_left_as_it_was(training, text):
    translator = tiny_translator()
    translator.model.train(training)
    try:
        AttentionView(translator, text)
    except ValueError:
        pass
    assert translator.model.training is training
    assert not any(module._forward_hooks for module in translator.model.modules())


def test_a_korean_language_model():
    shown = AttentionView.of(language_model(), KOREAN, "나는 의사 이다")
    assert shown.parts["decoder"]["queries"] == ["<start>", "나는", "의사", "이다"]
    assert list(shown.parts) == ["decoder"] and shown.unknown["decoder"] == [["의사"], ["의사"]]
    assert "의사*: " in shown.frame()[1]
    assert len(shown.next_words) == 4 and set(shown.next_words) <= set(KOREAN.words)
    shown.read("너는 학생")
    assert shown.parts["decoder"]["keys"] == ["<start>", "너는", "학생"]
    assert "너는: " in shown.draw().get_label()


def test_a_classifier_writes_no_next_word():
    model = Classifier(Config(len(KOREAN), d_model=12, n_heads=3), n_classes=2)
    shown = AttentionView.of(model, KOREAN, "나는 학생")
    assert shown.part == "encoder" and shown.next_words == []
    assert shown.parts["encoder"]["keys"] == ["<start>", "나는", "학생"]


def test_pieces_of_words():
    pieces = Subwords.build(["low lower lowest", "new newer newest"], vocab_size=20)
    model = LanguageModel(Config(len(pieces), d_model=12, n_heads=3))
    shown = AttentionView.of(model, pieces, "lowest new")
    assert shown.parts["decoder"]["keys"] == ["<start>", *pieces.pieces("lowest new")]


def test_a_bert_begins_with_its_own_token(tmp_path):
    write(make_theirs(), tmp_path)
    shown = AttentionView.of(*load_bert(tmp_path), "I am a student")
    assert shown.parts["encoder"]["keys"] == ["[CLS]", "i", "am", "a", "student", "[SEP]"]
    assert shown.part == "encoder" and shown.next_words == []


def test_any_function_that_reads_will_do():
    heard = []

    def read(source, target):
        heard.append((source, target))
        return read_text(language_model(), KOREAN, source[::-1])

    shown = AttentionView(read, "은많 생학")
    assert shown.source == "학생 많은" and heard == [("은많 생학", "")]


def test_scores_that_are_more_than_q_times_k_are_told_apart():
    alibi = language_model(attention=lambda: Attention(AlibiScores(3)))
    assert AttentionView.of(alibi, KOREAN, "나는 학생").parts["decoder"]["plain"] == [False, False]


class Sharpened(nn.Module):
    """Weights that are not the softmax of the scores."""

    def forward(self, q, k, v, mask=None):
        output, weights, scores = Attention()(q, k, v, mask)
        return Attended(output, weights.square(), scores)


@pytest.mark.parametrize(
    "attention, words",
    [
        (BlindAttention, "decoder.0.self_attention, decoder.1.* ran without keeping weights"),
        (Sharpened, "weights of decoder layer 0 are not the softmax"),
    ],
)
def test_attention_that_cannot_be_shown_is_reblind(attention, words):
    with pytest.raises(ValueError, match=words):
        AttentionView.of(language_model(attention=attention), KOREAN, "나는 학생")


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("part", "middle", "part='middle' .* encoder, decoder, cross"),
        ("layer", 2, "layer=2 .* 2 layers"),
        ("layer", -1, "layer=-1 .* 2 layers"),
        ("locked", [0, 2], r"locked=\[0, 2\] .* 2 heads"),
        ("cell", [4, 0], r"cell=\[4, 0\] .* 4 queries and 4 keys"),
        ("cell", [0], r"cell=\[0\] .* 4 queries and 4 keys"),
        ("temperature", 0.0, "temperature=0.0; .* above 0"),
    ],
)
def test_what_is_not_there_is_reblind(shown, name, value, words):
    before = getattr(shown, name)
    with pytest.raises(ValueError, match=words):
        setattr(shown, name, value)
    assert getattr(shown, name) == before


def test_the_picture_shows_the_mean_of_the_locked_heads(shown):
    expected = traced(STUDENT, FRENCH).weights("cross")[0][0]
    assert drawn(shown) == pytest.approx(expected.mean(0).flatten().tolist(), abs=1e-6)
    shown.locked = [1]
    assert drawn(shown) == pytest.approx(expected[1].flatten().tolist(), abs=1e-6)


def drawn(shown):
    """The numbers of the static picture."""
    ax = shown.draw()
    numbers = ax.images[0].get_array().flatten().tolist()
    matplotlib.pyplot.close(ax.figure)
    return numbers


def test_words_say_what_is_shown(shown):
    text = f"AttentionView({STUDENT!r} → {FRENCH!r}: "
    assert repr(shown) == text + "cross attention, layer 0, mean of all 2 heads)"
    shown.part, shown.layer, shown.locked, shown.temperature = "decoder", 1, [1], 0.5
    assert repr(shown) == text + "decoder attention, layer 1, head 1, temperature 0.5)"
    _, alt, _ = shown.frame()
    assert "decoder attention, layer 1, head 1, temperature 0.5" in alt
    assert "<start>: 1.00 hidden hidden hidden" in alt


def test_a_page_is_the_same_each_time():
    first, again = (AttentionView(tiny_translator(), STUDENT).document() for _ in range(2))
    assert first == again and "étudiant" in first and "NaN" not in first.partition("state =")[2]


def test_the_heads_have_the_colours_of_all_pictures():
    looks = (Path(view.__file__).parent / "attention_view.css").read_text("utf-8")
    assert re.findall(r"--head-(\d): (#\w+);", looks) == [
        (str(head), color) for head, color in enumerate(COLORS)
    ]
