"""The knock-out lab as Python sees it: trials, results, state, errors."""

import json
from dataclasses import replace

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch

matplotlib.use("Agg")

from helpers.blind import BlindAttention  # noqa: E402
from helpers.tiny_translator import PAIRS, tiny_translator  # noqa: E402
from lesson.pictures import alt_text  # noqa: E402
from lesson.widgets import knockout_lab  # noqa: E402
from lesson.widgets.attention_reading import Tokens  # noqa: E402
from lesson.widgets.knockout_lab import KnockoutLab, told  # noqa: E402
from lesson.widgets.knockout_trials import SAMPLE, Trial, Trials  # noqa: E402
from lesson.widgets.map_view import MEAN  # noqa: E402
from transformer_lib.attention import Attention  # noqa: E402
from transformer_lib.knockout import dead_head, hidden_word, no_positions  # noqa: E402
from transformer_lib.model import Transformer  # noqa: E402
from transformer_lib.rnn import AdditiveScores, RecurrentSeq2Seq  # noqa: E402
from transformer_lib.trace import record  # noqa: E402
from transformer_lib.translator import Translator  # noqa: E402
from transformer_lib.vocabulary import START  # noqa: E402

STUDENT, FRENCH = PAIRS[0]
CAT = PAIRS[1][0]
HEAD = "decoder.1.cross_attention head 1"


@pytest.fixture(scope="module")
def translator():
    return tiny_translator()


@pytest.fixture
def lab(translator):
    return KnockoutLab(translator, PAIRS, STUDENT)


def typed(lab, sentence):
    """What the page asks for when somebody has typed."""
    lab.hear({"verb": "read", "args": [sentence]})


def other(translator, **parts):
    """A translator of other parts, untrained."""
    model = Transformer(replace(translator.model.config, **parts))
    return Translator(model, translator.source, translator.target)


def test_the_start(lab):
    assert lab.before["written"] == FRENCH.split() and lab.before["right"] == len(PAIRS)
    assert lab.after == lab.before and lab.out == [] and lab.sample == 4 and lab.d_head == 16
    assert lab.words["encoder"] == [STUDENT.split()] * 2
    assert lab.words["cross"] == [["<start>", *FRENCH.split()], STUDENT.split()]
    assert repr(lab) == "KnockoutLab('I am a student', taken out: nothing; 4 held-out sentences)"


def test_everything_of_this_model_is_offered(lab):
    parts = ["positions", "scaling", "mask"]
    words = [f"word {at} {way}" for way in ("hidden", "unknown") for at in range(4)]
    assert lab.offered[: len(parts + words)] == parts + words
    assert len(lab.offered) == len(parts + words) + 6 * 2 and lab.offered[-1] == HEAD


def test_what_is_taken_out_is_what_the_knock_outs_take_out(translator):
    lab = KnockoutLab(translator, PAIRS, CAT)
    lab.out = ["positions", "word 2 hidden"]
    with no_positions(translator.model), hidden_word(translator.model, 2):
        written = translator.translate([english for english, _ in PAIRS])
    assert " ".join(lab.after["written"]) == written[1] != PAIRS[1][1]
    right = sum(text == wanted for text, (_, wanted) in zip(written, PAIRS, strict=True))
    assert lab.after["right"] == right < lab.before["right"]


def test_both_maps_are_of_the_words_of_the_whole_model(lab, translator):
    lab.out = [HEAD, "word 3 hidden"]
    source = torch.tensor([translator.source.encode(STUDENT)])
    target = torch.tensor([[START, *translator.target.encode(FRENCH)]])
    model = translator.model
    with dead_head(model, "decoder.1.cross_attention", 1), hidden_word(model, 3):
        with record(model) as trace, torch.no_grad():
            model(source, target)
    drawn, seen = lab.after["weights"]["cross"][1], trace["decoder.1.cross_attention"].weights[0]
    assert {cell for row in drawn[1] for cell in row} == {None}
    assert [row[3] for row in drawn[0]] == [None] * 4
    for row, weights in zip(drawn[0], seen[0].tolist(), strict=True):
        assert row[:3] == pytest.approx(weights[:3], abs=0.001)
    assert lab.before["weights"]["cross"][1] != drawn


def test_the_mask_is_out_of_the_decoder_map(lab):
    def hidden(trial):
        return [cell is None for row in trial["weights"]["decoder"][0][0] for cell in row]

    assert sum(hidden(lab.before)) == 6  # above the diagonal of 4 × 4
    lab.out = ["mask"]
    assert sum(hidden(lab.after)) == 0


def test_a_combination_is_told_in_the_order_offered_and_counted_once(lab):
    lab.out = [HEAD, "scaling", "positions"]
    assert lab.out == ["positions", "scaling", HEAD] == lab.after["out"]
    counted = lab.trials.counted
    assert set(counted) == {(), ("positions", "scaling", HEAD)}
    counted[("positions", "scaling", HEAD)] = 77
    lab.read(CAT)
    assert lab.after["right"] == 77


def test_the_model_stays_as_it_was(translator):
    before = {name: weight.clone() for name, weight in translator.model.state_dict().items()}
    translator.model.train()
    lab = KnockoutLab(translator, PAIRS, STUDENT)
    lab.out = lab.offered
    assert translator.model.training
    assert all(torch.equal(before[n], w) for n, w in translator.model.state_dict().items())
    translator.model.eval()
    assert translator.translate([STUDENT]) == [FRENCH]


def test_words_that_are_gone_and_new_are_marked():
    trial = Trial(3, Tokens([4, 5, 6], ["le", "grand", "chat"]), {})
    seen = told(["mask"], trial, ["le", "chat", "noir"])
    assert seen["new"] == [False, True, False] and seen["lost"] == [False, False, True]


def test_another_sentence_keeps_what_fits_it(lab):
    lab.out = ["scaling", "word 3 hidden", HEAD]
    typed(lab, "the black cat")
    assert (
        lab.heard.words == ["the", "black", "cat"]
        and lab.before["written"] == "le chat noir".split()
    )
    assert lab.out == ["scaling", HEAD] == lab.after["out"] and lab.trouble == ""
    assert len(lab.before["weights"]["cross"][0][0][0]) == 3


@pytest.mark.parametrize(
    "text, trouble", [(" ", "0 tokens"), ("cat " * 20, "20 tokens.* room for 12")]
)
def test_a_sentence_that_cannot_be_read_is_reblind(lab, translator, text, trouble):
    with pytest.raises(ValueError, match=trouble):
        KnockoutLab(translator, PAIRS, text)
    before = lab.before
    typed(lab, text)
    assert lab.trouble and lab.sentence == STUDENT and lab.before == before


def test_unknown_words_are_marked(lab):
    typed(lab, "the black zebra")
    assert lab.words["encoder"][0] == ["the", "black", "zebra"]
    marked = {"encoder": [["zebra"], ["zebra"]], "decoder": [[], []], "cross": [[], ["zebra"]]}
    assert lab.unknown == marked
    lab.part = "encoder"
    assert "zebra*: " in lab.frame()[1]


def test_what_is_not_offered_is_reblind(lab):
    with pytest.raises(ValueError, match="'word 4 hidden' .* 23 things .* positions, scaling"):
        lab.out = ["mask", "word 4 hidden"]
    assert lab.out == []


@pytest.mark.parametrize(
    "name, value, trouble",
    [
        ("part", "head", "part='head' .* 3 parts: encoder, decoder, cross"),
        ("layer", "layer 2", "layer='layer 2' .* 2 layers: layer 0, layer 1"),
        ("head", "head 2", f"head='head 2' .* 3 heads: {MEAN}, head 0, head 1"),
    ],
)
def test_a_map_that_is_not_there_is_reblind(lab, name, value, trouble):
    with pytest.raises(ValueError, match=trouble):
        setattr(lab, name, value)


def test_no_pairs_are_reblind(translator):
    with pytest.raises(ValueError, match="0 held-out pairs; needed is at least 1"):
        KnockoutLab(translator, [], STUDENT)


def test_models_that_show_nothing_are_reblind(translator):
    blind = other(translator, attention=BlindAttention)
    with pytest.raises(ValueError, match="without keeping weights"):
        KnockoutLab(blind, PAIRS, STUDENT)
    recurrent = RecurrentSeq2Seq(len(translator.source), len(translator.target), d_model=8)
    with pytest.raises(ValueError, match="0 modules of the kind MultiHeadAttention"):
        KnockoutLab(Translator(recurrent, translator.source, translator.target), PAIRS, STUDENT)


def test_only_what_the_model_has_is_offered(translator):
    additive = other(translator, attention=lambda: Attention(AdditiveScores(16)))
    offered = KnockoutLab(additive, PAIRS, STUDENT).offered
    assert "scaling" not in offered and {"positions", "mask", HEAD} <= set(offered)


def test_many_pairs_are_sampled_evenly(translator):
    pairs = [(f"the cat is {'black ' * (n % 3)}", "le chat") for n in range(2 * SAMPLE + 1)]
    trials = Trials(translator, pairs)
    assert len(trials.wanted) == 67  # every third
    assert len({len(row.nonzero()) for row in trials.source}) == 1


def test_a_page_takes_single_results_along(lab, monkeypatch):
    lab.out = ["mask", HEAD]
    state = lab.state()
    assert list(state["singles"]) == lab.offered and state["after"]["out"] == ["mask", HEAD]
    first, second = (KnockoutLab(lab.translator, PAIRS, STUDENT).document() for _ in range(2))
    assert first == second and len(json.dumps(state["singles"])) < 100_000
    monkeypatch.setattr(knockout_lab, "MOST_CARRIED", 1000)
    carried = lab.state()["singles"]  # of 192 weights each: 2 layers, 2 heads, 3 maps of 4 × 4
    assert list(carried) == lab.offered[:5]


def test_a_saved_page_shows_the_maps_and_the_bars(lab):
    lab.out = ["word 3 hidden"]
    lab.head, lab.layer = "head 0", "layer 0"
    words = alt_text(lab.draw().figure)
    plt.close()
    assert words.startswith("I am a student → je suis étudiant\ntaken out: word 3 hidden → je ")
    assert "cross attention, layer 0, head 0" in words
    row = torch.tensor(lab.after["weights"]["cross"][0][0][0][:3]).tolist()
    assert f"Rows: <start>: {' '.join(f'{cell:.2f}' for cell in row)} hidden; je" in words
    share = lab.after["right"] / 4
    assert f"share: whole model 1.00, taken out {share:.2f}." in words
    data, _ = lab._repr_mimebundle_()
    assert data["text/plain"] == repr(lab) and "word 3 hidden" in data["text/html"]
    assert not plt.get_fignums()
