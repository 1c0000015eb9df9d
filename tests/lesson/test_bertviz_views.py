"""BertViz's pages as Python makes them: the right numbers, nothing to load, always the same."""

import json
import re
from dataclasses import replace

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch

matplotlib.use("Agg")

from helpers.blind import BlindAttention  # noqa: E402
from lesson.bertviz_views.page import offline  # noqa: E402
from lesson.bertviz_views.views import head_view, model_view, neuron_view  # noqa: E402
from lesson.pictures import use_style  # noqa: E402
from transformer_lib.attention import Attention  # noqa: E402
from transformer_lib.model import Classifier, Config, LanguageModel, Transformer  # noqa: E402
from transformer_lib.relative import AlibiScores  # noqa: E402
from transformer_lib.trace import Trace, record  # noqa: E402

CONFIG = Config(vocab_size=17, d_model=18, n_heads=3, n_layers=2, d_ff=23)
SOURCE = "나는 학생 입니다 그리고 </script>".split()
TARGET = "<s> I am a student too .".split()
VIEWS = [head_view, model_view, neuron_view]


@pytest.fixture(autouse=True)
def style():
    """The course's fonts, which have Korean letters."""
    with plt.rc_context():
        use_style()
        yield


def ids(length, batch=1):
    return torch.randint(1, 17, (batch, length))


def traced(model, *inputs):
    """What a model in evaluation recorded."""
    with record(model.eval()) as trace:
        model(*inputs)
    return trace


@pytest.fixture
def trace():
    return traced(Transformer(CONFIG), ids(len(SOURCE)), ids(len(TARGET)))


def numbers(view):
    """The parameters that the page hands to BertViz's script."""
    found = re.search(r'\{"attention": .*\}', view.document)[0]
    return json.loads(found.replace("<\\/", "</"))


def test_an_encoder_and_decoder_show_all_three_parts(trace):
    shown = numbers(head_view(trace, SOURCE, TARGET))["attention"]
    assert [(part["name"], part["left_text"], part["right_text"]) for part in shown] == [
        ("Encoder", SOURCE, SOURCE),
        ("Decoder", TARGET, TARGET),
        ("Cross", TARGET, SOURCE),
    ]
    for part, name in zip(shown, trace.parts, strict=True):
        expected = torch.cat(trace.weights(name))  # one sentence each: layers in place of batch
        torch.testing.assert_close(torch.tensor(part["attn"]), expected, atol=5e-5, rtol=0)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    ("model", "part"),
    [(lambda: Classifier(CONFIG, 2), "encoder"), (lambda: LanguageModel(CONFIG), "decoder")],
)
def test_a_single_stack_shows_itself(view, model, part):
    shown = view(traced(model(), ids(len(SOURCE))), SOURCE)
    assert repr(shown) == f"{repr(shown).split(':')[0]}: {part} 5 × 5 words"
    assert len(numbers(shown)["attention"]) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_an_encoder_of_two_stacks_shows_itself(view):
    model = Transformer(CONFIG).eval()
    with record(model) as trace:
        model.encode(ids(len(SOURCE)))
    assert "encoder 5 × 5 words" in repr(view(trace, SOURCE))


def test_chosen_layers_are_shown(trace):
    for view in (head_view, model_view):
        shown = numbers(view(trace, SOURCE, TARGET, layers=[1]))
        assert shown["include_layers"] == [1]
        expected = trace.weights("cross")[1]
        found = torch.tensor(shown["attention"][2]["attn"])
        torch.testing.assert_close(found, expected, atol=5e-5, rtol=0)


def test_queries_and_keys_of_the_neuron_view_make_its_weights(trace):
    for name, part in numbers(neuron_view(trace, SOURCE, TARGET))["attention"].items():
        q, k, weights = (torch.tensor(part[key]) for key in ("queries", "keys", "attn"))
        scores = q @ k.mT / 6**0.5  # d_head
        if name == "decoder":
            scores = scores.masked_fill(torch.ones(7, 7).triu(1).bool(), -torch.inf)
        torch.testing.assert_close(scores.softmax(-1), weights, atol=1e-3, rtol=0)
        assert (part["left_text"], part["right_text"]) == {
            "encoder": (SOURCE, SOURCE),
            "decoder": (TARGET, TARGET),
            "cross": (TARGET, SOURCE),
        }[name]


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_loads_nothing(view, trace):
    document = view(trace, SOURCE, TARGET).document
    assert not re.search(r"<(script|link|img|iframe)[^>]*\s(src|href)=", document)
    assert document.count("<script>") == document.count("</script>") == 4


@pytest.mark.parametrize("view", VIEWS)
def test_the_same_trace_gives_the_same_page(view, trace):
    first, second = (view(trace, SOURCE, TARGET)._repr_html_() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("view", VIEWS)
def test_a_picture_with_words_stands_beside_the_frame(view, trace):
    html = view(trace, SOURCE, TARGET)._repr_html_()
    alt = re.search(r'<img [^>]*alt="([^"]*)" src="data:image/png;base64,', html)[1]
    assert "encoder weights, layer 0. Rows: 나는: " in alt
    assert html.count("<iframe srcdoc=") == 1
    assert not plt.get_fignums()


@pytest.mark.parametrize("returned", ["<b>", '<script src="a"></script>' * 2 + "<b>"])
def test_a_bertviz_that_has_changed_is_noticed(returned):
    own = '<script type="text/javascript">draw()</script>'
    count = (returned + own).count("<script")
    with pytest.raises(ValueError, match=rf"BertViz [\d.]+ .* {count} scripts .* bertviz==1.4.1"):
        offline("Head view", returned + own)


@pytest.mark.parametrize("view", VIEWS)
def test_words_must_be_as_many_as_tokens(view, trace):
    with pytest.raises(ValueError, match="encoder .* 5 queries and 5 keys, but 4 and 4 words"):
        view(trace, SOURCE[:4], TARGET)
    with pytest.raises(ValueError, match="decoder .* 7 queries and 7 keys, but 8 and 8 words"):
        view(trace, SOURCE, [*TARGET, "more"])


@pytest.mark.parametrize("view", VIEWS)
def test_a_decoder_needs_words_of_its_own(view, trace):
    with pytest.raises(ValueError, match="encoder, decoder, cross .*only source words .*target"):
        view(trace, SOURCE)


@pytest.mark.parametrize("view", VIEWS)
def test_one_sentence_at_a_time(view):
    trace = traced(LanguageModel(CONFIG), ids(5, batch=3))
    with pytest.raises(ValueError, match=r"3 sentences and a view shows 1; .*source\[:1\]"):
        view(trace, SOURCE)


@pytest.mark.parametrize("view", VIEWS)
def test_weights_must_have_been_kept(view):
    trace = traced(LanguageModel(replace(CONFIG, attention=BlindAttention)), ids(5))
    with pytest.raises(ValueError, match="decoder.0.self_attention.* attention=Attention"):
        view(trace, SOURCE)


@pytest.mark.parametrize("view", VIEWS)
def test_an_empty_trace_is_refused(view):
    with pytest.raises(ValueError, match="no 'encoder' attention, only nothing"):
        view(Trace(), SOURCE)


@pytest.mark.parametrize("layers", [[2], [0, -1], []])
def test_layers_must_be_there(layers, trace):
    with pytest.raises(ValueError, match=rf"layers {re.escape(str(layers))} .* holds 0 to 1"):
        head_view(trace, SOURCE, TARGET, layers=layers)


def test_the_neuron_view_refuses_scores_that_q_and_k_alone_do_not_make():
    config = replace(CONFIG, attention=lambda: Attention(score=AlibiScores(3)))
    trace = traced(LanguageModel(config), ids(5))
    head_view(trace, SOURCE)
    with pytest.raises(ValueError, match="decoder layer 0 are not q kᵀ / √6.* head_view"):
        neuron_view(trace, SOURCE)
