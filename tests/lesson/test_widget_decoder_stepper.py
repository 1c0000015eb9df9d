"""The decoder stepper as Python sees it: paths, steps, chances, errors."""

from dataclasses import replace

import matplotlib
import pytest
import torch

matplotlib.use("Agg")

from helpers.blind import BlindAttention  # noqa: E402
from helpers.tiny_translator import PAIRS, tiny_translator  # noqa: E402
from lesson.widgets.decoder_stepper import (  # noqa: E402
    CANDIDATES,
    MOST_WORDS,
    DecoderStepper,
)
from lesson.widgets.map_view import MEAN  # noqa: E402
from transformer_lib.decoding import filter_logits, steps  # noqa: E402
from transformer_lib.model import Transformer  # noqa: E402
from transformer_lib.rnn import RecurrentSeq2Seq  # noqa: E402
from transformer_lib.trace import record  # noqa: E402
from transformer_lib.translator import Translator  # noqa: E402
from transformer_lib.vocabulary import END, START, Vocabulary  # noqa: E402

STUDENT, WRITTEN = PAIRS[0][0], ["je", "suis", "étudiant", "<end>"]


@pytest.fixture(scope="module")
def translator():
    return tiny_translator()


@pytest.fixture
def stepper(translator):
    return DecoderStepper(translator, STUDENT)


@pytest.fixture
def undecided():
    """Nearly equal chances for every word, since nothing was learnt."""
    torch.manual_seed(0)
    return Translator.untrained(PAIRS, d_model=12, n_heads=2, n_layers=1)


def ids(words, vocabulary):
    return torch.tensor([[vocabulary.ids[word] for word in words]])


def test_the_start(stepper):
    assert stepper.path == WRITTEN and stepper.at == 0
    assert stepper.words == {"cross": [WRITTEN, STUDENT.split()]}
    assert stepper.unknown == {"cross": [[], []]}
    assert stepper.heads == [MEAN, "head 0", "head 1"]
    assert stepper.layer == "decoder.1.cross_attention" == stepper.layers[-1]
    assert repr(stepper) == (
        "DecoderStepper(I am a student → je suis étudiant, 0 of 4 words written)"
    )


def test_each_step_has_the_logits_of_step_by_step_decoding(stepper, translator):
    source = torch.tensor([translator.source.encode(STUDENT)])
    with torch.no_grad():
        one_by_one = list(steps(translator.model, source, lambda logits: logits.argmax(-1)))
    for n, step in enumerate(stepper.steps):
        seen = one_by_one[n].logits[0].double()
        assert torch.allclose(stepper.logits[n], seen, atol=1e-4)
        ordered, order = seen.sort(descending=True)
        assert step["logits"] == pytest.approx(ordered.tolist(), abs=2e-4)
        assert step["words"] == [translator.target.words[i] for i in order[:CANDIDATES]]


def test_each_step_has_the_weights_of_its_own_forward_pass(stepper, translator):
    source = torch.tensor([translator.source.encode(STUDENT)])
    for n in range(len(stepper.steps)):
        so_far = torch.cat([torch.tensor([[START]]), ids(WRITTEN[:n], translator.target)], dim=1)
        with torch.no_grad(), record(translator.model) as trace:
            translator.model(source, so_far.long())
        layers = zip(stepper.layers, stepper.weights["cross"], trace.weights("cross"), strict=True)
        for stepper.layer, shown, weights in layers:
            heads, mean = weights[0, :, -1], stepper.chosen(stepper.weights)[n]
            assert torch.allclose(torch.tensor([head[n] for head in shown]), heads, atol=1e-4)
            assert torch.allclose(mean.float(), heads.mean(0), atol=1e-4)
            assert mean.sum().item() == pytest.approx(1, abs=1e-3)


def test_another_word_leads_to_another_path_that_goes_on_by_itself(stepper, translator):
    stepper.at = 1
    stepper.take("chat")
    assert stepper.at == 2 and stepper.path[:2] == ["je", "chat"]
    source = torch.tensor([translator.source.encode(STUDENT)])
    for n in range(2, len(stepper.path)):
        so_far = torch.cat([torch.tensor([[START]]), ids(stepper.path[:n], translator.target)], 1)
        with torch.no_grad():
            likeliest = translator.model(source, so_far)[0, -1].argmax()
        assert stepper.path[n] == translator.target.words[likeliest]


def test_back_and_forward_stay_on_the_path(stepper):
    stepper.take("le")
    path = stepper.path
    stepper.at = 0
    assert stepper.path == path
    stepper.take("le")
    assert stepper.at == 1 and stepper.path == path
    stepper.at = 0
    stepper.take("je")
    assert stepper.path == WRITTEN


def test_it_ends_at_the_end_sign(stepper):
    for word in WRITTEN:
        stepper.take(word)
    assert repr(stepper).endswith("4 of 4 words written)")
    stepper.at = 1
    stepper.take("<end>")
    assert stepper.path == ["je", "<end>"] and stepper.at == 2


def test_a_model_that_never_ends_is_stopped(undecided):
    with torch.no_grad():
        undecided.model.head.bias[END] = -100
    stepper = DecoderStepper(undecided, STUDENT)
    assert len(stepper.path) == MOST_WORDS and "<end>" not in stepper.path


def test_a_model_with_less_room_is_stopped_earlier(undecided):
    config = replace(undecided.model.config, max_len=7)
    model = Transformer(config)
    with torch.no_grad():
        model.head.bias[END] = -100
    stepper = DecoderStepper(Translator(model, undecided.source, undecided.target), STUDENT)
    assert len(stepper.path) == 7


def test_the_chances_are_those_of_cut(stepper):
    stepper.at, stepper.temperature, stepper.top_k, stepper.top_p = 2, 3.0, 6, 0.9
    wanted = filter_logits(stepper.logits[2], 3.0, 6, 0.9)
    assert torch.equal(stepper.chances().probabilities, wanted.probabilities)
    assert 1 < wanted.kept.sum() <= 6


def drawn(translator, seed, **how):
    stepper = DecoderStepper(translator, STUDENT, seed=seed)
    for name, value in how.items():
        setattr(stepper, name, value)
    for _ in range(5):
        stepper.draw_by_chance()
    return stepper.path[:5]


def test_draws_come_back_with_their_seed(undecided):
    with torch.no_grad():
        undecided.model.head.bias[END] = -100
    assert drawn(undecided, 0) == drawn(undecided, 0) != drawn(undecided, 1)
    likeliest = DecoderStepper(undecided, STUDENT).path[:5]
    assert drawn(undecided, 1, top_k=1) == likeliest != drawn(undecided, 1)


def test_draws_follow_the_chances(undecided):
    stepper = DecoderStepper(undecided, STUDENT)
    stepper.top_k = 2
    chances = stepper.chances().probabilities
    seen = []
    for _ in range(60):
        stepper.at = 0
        stepper.draw_by_chance()
        seen.append(stepper.path[0])
    for word in stepper.steps[0]["words"][:2]:
        chance = chances[undecided.target.ids[word]].item()
        assert seen.count(word) / 60 == pytest.approx(chance, abs=0.2)
    assert set(seen) == set(stepper.steps[0]["words"][:2])


def test_another_sentence_starts_again(stepper):
    stepper.at = 2
    stepper.read("The black zebra")
    assert stepper.sentence == "The black zebra" and stepper.at == 0
    assert stepper.words["cross"][1] == ["the", "black", "zebra"]
    assert stepper.unknown == {"cross": [[], ["zebra"]]}
    assert stepper.chosen(stepper.weights).shape == (len(stepper.path), 3)


def ask(stepper, verb, *words):
    stepper.hear({"verb": verb, "args": list(words)})


def test_the_page_asks_and_is_told_what_went_wrong(stepper):
    ask(stepper, "take", "le")
    assert stepper.path[0] == "le" and stepper.at == 1
    ask(stepper, "draw_by_chance")
    assert stepper.at == 2
    ask(stepper, "read", "")
    assert "0 tokens" in stepper.trouble and stepper.sentence == STUDENT and stepper.at == 2
    ask(stepper, "read", "the black cat")
    assert stepper.trouble == "" and stepper.path == ["le", "chat", "noir", "<end>"]


def test_the_model_is_only_read(translator):
    before = {name: value.clone() for name, value in translator.model.state_dict().items()}
    for mode in (True, False):
        translator.model.train(mode)
        stepper = DecoderStepper(translator, STUDENT)
        stepper.take("le")
        assert translator.model.training is mode and not stepper.logits.requires_grad
    after = translator.model.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_the_mode_comes_back_when_something_goes_wrong(translator):
    stepper = DecoderStepper(translator, STUDENT)
    translator.model.train()
    with pytest.raises(ValueError):
        stepper.read("cat " * 20)
    assert translator.model.training
    translator.model.eval()


def test_the_picture_is_the_cross_attention_of_the_whole_path(stepper):
    stepper.layer, stepper.head = stepper.layers[0], "head 1"
    address, alt, width = stepper.frame()
    assert address.startswith("data:image/png") and width > 400
    assert "4 queries by 4 keys: I am a student → je suis étudiant. Rows: je: " in alt
    row = stepper.weights["cross"][0][1][1]
    assert f"suis: {' '.join(f'{weight:.2f}' for weight in row)};" in alt


def test_a_page_is_the_same_twice(translator):
    first, second = (DecoderStepper(translator, STUDENT).document() for _ in range(2))
    assert first == second and "étudiant" in first


@pytest.mark.parametrize("at", [-1, 5])
def test_a_step_outside_the_path_is_reblind(stepper, at):
    with pytest.raises(ValueError, match=f"step {at} .* path of 4 words; choose 0 to 4"):
        stepper.at = at
    assert stepper.at == 0


@pytest.mark.parametrize(
    "name, value", [("temperature", 0.0), ("top_k", 0), ("top_p", 0.0), ("top_p", 1.5)]
)
def test_a_value_that_cannot_cut_is_reblind(stepper, name, value):
    before = getattr(stepper, name)
    with pytest.raises(ValueError, match=f"{name}={value}.* temperature above 0"):
        setattr(stepper, name, value)
    assert getattr(stepper, name) == before


def test_a_layer_or_head_that_is_not_there_is_reblind(stepper):
    with pytest.raises(ValueError, match="layer='encoder.0' .* 2 layers: decoder.0.cross_att"):
        stepper.layer = "encoder.0"
    with pytest.raises(ValueError, match="head='head 2' .* 3 heads: .* head 0, head 1"):
        stepper.head = "head 2"


def test_a_word_outside_the_vocabulary_is_reblind(stepper, translator):
    with pytest.raises(ValueError, match=f"'zèbre' .* {len(translator.target)} words .* 'je'"):
        stepper.take("zèbre")


def test_nothing_is_written_after_the_end(stepper):
    stepper.at = 4
    for write in (stepper.draw_by_chance, stepper.chances, lambda: stepper.take("le")):
        with pytest.raises(ValueError, match="all 4 words .* at = 3"):
            write()


@pytest.mark.parametrize("text, trouble", [(" ", "0 tokens"), ("cat " * 20, "20 .* max_len")])
def test_a_sentence_that_cannot_be_read_is_reblind(translator, text, trouble):
    with pytest.raises(ValueError, match=trouble):
        DecoderStepper(translator, text)


def test_a_model_without_cross_attention_weights_is_reblind(undecided):
    config = replace(undecided.model.config, cross_attention=BlindAttention)
    blind = Translator(Transformer(config), undecided.source, undecided.target)
    with pytest.raises(ValueError, match="without keeping weights"):
        DecoderStepper(blind, STUDENT)
    english, french = Vocabulary(undecided.source.words[4:]), undecided.target
    recurrent = RecurrentSeq2Seq(len(english), len(french), d_model=8)
    with pytest.raises(ValueError, match="no 'cross' attention"):
        DecoderStepper(Translator(recurrent, english, french), STUDENT)
