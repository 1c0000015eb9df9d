"""The training scrubber as Python sees it: snapshots, curves, state, errors."""

import json

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch

matplotlib.use("Agg")

from helpers.blind import BlindAttention  # noqa: E402
from helpers.tiny_translator import PAIRS  # noqa: E402
from lesson.pictures import alt_text  # noqa: E402
from lesson.widgets import training_scrubber  # noqa: E402
from lesson.widgets.training_scrubber import TrainingScrubber, curve  # noqa: E402
from transformer_lib.attention import Attention  # noqa: E402
from transformer_lib.data import batches  # noqa: E402
from transformer_lib.knockout import attentions  # noqa: E402
from transformer_lib.model import Classifier, Config, LanguageModel, Transformer  # noqa: E402
from transformer_lib.rnn import AdditiveScores, RecurrentSeq2Seq  # noqa: E402
from transformer_lib.tasks import reverse_task  # noqa: E402
from transformer_lib.trace import record  # noqa: E402
from transformer_lib.training import History, Recipe, fit, summed_cross_entropy  # noqa: E402
from transformer_lib.translator import Translator  # noqa: E402

STUDENT, FRENCH = PAIRS[0]
SIZES = {"d_model": 16, "n_heads": 2, "n_layers": 2, "max_len": 12}


@pytest.fixture
def translator():
    return Translator.untrained(PAIRS, **SIZES)


@pytest.fixture
def run(translator):
    """A scrubber that went along with a training of 40 steps, and that training's history."""
    how = {"every": 10, "evaluate": lambda model: 0.5}
    scrubber = TrainingScrubber.of(translator, STUDENT, FRENCH, **how)
    recipe = Recipe(steps=40, evaluate_every=10)
    data = translator.epochs(PAIRS, size=2)
    return scrubber, fit(translator.model, data, recipe, evaluate=scrubber)


def steps(scrubber):
    return [snapshot["step"] for snapshot in scrubber.snapshots]


def test_the_first_snapshot_is_of_the_untrained_model(translator):
    scrubber = TrainingScrubber.of(translator, STUDENT, FRENCH)
    (batch,) = batches(translator.ids(PAIRS[:1]), 1)
    with torch.no_grad(), record(translator.model) as trace:
        total, count = summed_cross_entropy(translator.model(*batch[:2]), batch[2])
    (first,) = scrubber.snapshots
    assert (first["step"], first["result"]) == (0, None)
    assert first["loss"] == pytest.approx((total / count).item(), abs=1e-4)
    drawn, seen = first["weights"]["cross"][1], trace.weights("cross")[1][0]
    assert torch.allclose(torch.tensor(drawn), seen, atol=6e-4)
    assert scrubber.words["cross"] == [["<start>", *FRENCH.split()], STUDENT.split()]
    assert scrubber.words["decoder"][0] == scrubber.words["cross"][0]


def test_unknown_words_are_marked(translator):
    scrubber = TrainingScrubber.of(translator, "I am a zebra", "le zèbre")
    assert scrubber.words["cross"] == [["<start>", "le", "zèbre"], ["I", "am", "a", "zebra"]]
    assert scrubber.unknown["cross"] == [["zèbre"], ["zebra"]]
    assert "zèbre*: " in scrubber.frame()[1]


def test_numbers_are_short_and_hidden_cells_empty(translator):
    scrubber = TrainingScrubber.of(translator, STUDENT, FRENCH)
    rows = scrubber.snapshots[0]["weights"]["decoder"][0][0]
    assert [row.count(None) for row in rows] == [3, 2, 1, 0]
    numbers = [cell for row in rows for cell in row if cell is not None]
    assert numbers == [round(cell, 3) for cell in numbers]


def test_a_weight_of_0_is_not_a_hidden_one(translator):
    for layer in attentions(translator.model).values():
        torch.nn.init.normal_(layer.q_proj.weight, std=1e4)  # softmax gives exact zeros
    weights = TrainingScrubber.of(translator, STUDENT, FRENCH).snapshots[0]["weights"]
    assert [row.count(None) for row in weights["decoder"][0][0]] == [3, 2, 1, 0]
    cells = [cell for head in weights["cross"][0] for row in head for cell in row]
    assert None not in cells and cells.count(0.0) > len(cells) / 2


def test_an_attention_without_a_mask_hides_nothing():
    class Bare(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = Attention()
            self.head = torch.nn.Linear(4, 11)

        def forward(self, tokens):
            x = torch.nn.functional.one_hot(tokens, 4).float()[:, None]
            return self.head(self.attention(x, x, x).output[:, 0])

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = torch.nn.ModuleDict({"self_attention": Bare()})

        def forward(self, tokens):
            return self.encoder["self_attention"](tokens)

    text = torch.tensor([[1, 2, 3]])
    (snapshot,) = TrainingScrubber(Model(), (text, text)).snapshots
    assert None not in [cell for row in snapshot["weights"]["encoder"][0][0] for cell in row]


def test_it_goes_along_with_a_training(run):
    scrubber, history = run
    assert steps(scrubber) == [0, 10, 20, 30, 40]
    assert [snapshot["result"] for snapshot in scrubber.snapshots] == [None] + 4 * [0.5]
    assert history.evaluations == [(step, 0.5) for step in (10, 20, 30, 40)]
    assert scrubber.snapshots[-1]["loss"] < scrubber.snapshots[0]["loss"]
    assert scrubber.snapshots[-1]["weights"] != scrubber.snapshots[0]["weights"]
    assert repr(scrubber) == (
        "TrainingScrubber(5 snapshots, steps 0 to 40: cross attention, layer 1, mean of all heads)"
    )


def test_the_training_goes_the_same_way_with_and_without_it():
    def losses(watched):
        torch.manual_seed(0)
        translator = Translator.untrained(PAIRS, dropout=0.1, **SIZES)
        scrubber = TrainingScrubber.of(translator, STUDENT, FRENCH) if watched else None
        recipe = Recipe(steps=12, evaluate_every=3)
        data = translator.epochs(PAIRS, size=2)
        return fit(translator.model, data, recipe, evaluate=scrubber).losses

    assert losses(True) == losses(False)


def test_the_result_is_minus_the_loss_when_nothing_else_is_evaluated(translator):
    scrubber = TrainingScrubber.of(translator, STUDENT, FRENCH)
    translator.model.train()
    assert scrubber(translator.model) == pytest.approx(-scrubber.snapshots[-1]["loss"], abs=1e-4)
    assert translator.model.training and scrubber.snapshots[-1]["result"] is None


def test_a_history_brings_its_own_steps_and_its_losses(run):
    scrubber, _ = run
    history = History(losses=[float(n) for n in range(400)])
    history.evaluations = [(step, 0.5) for step in (100, 150, 200, 250, 300)]
    scrubber.show(history)
    assert steps(scrubber) == [0, 150, 200, 250, 300]  # the run went on from a checkpoint
    assert scrubber.losses[:2] == [[2, 0.5], [4, 2.5]] and len(scrubber.losses) == 200


def test_another_runs_history_is_reblind(run):
    history = History(losses=[1.0], evaluations=[(10, 0.5)])
    with pytest.raises(ValueError, match="holds 1 evaluations, but 4 snapshots"):
        run[0].show(history)


def test_a_curve_leaves_out_what_is_no_number():
    assert curve([1.0, float("inf"), 3.0]) == [[1, 1.0], [3, 3.0]]
    assert curve([]) == []


def test_a_training_that_breaks_is_shown(translator):
    scrubber = TrainingScrubber.of(translator, STUDENT, FRENCH)
    torch.nn.init.constant_(translator.model.head.weight, float("nan"))
    scrubber(translator.model)
    assert scrubber.snapshots[-1]["loss"] is None
    json.dumps(scrubber.state(), allow_nan=False)
    assert "step 50, loss –" in alt_text(scrubber.draw().figure)
    plt.close()


def test_every_second_one_goes_when_there_are_too_many(translator, monkeypatch):
    monkeypatch.setattr(training_scrubber, "MOST_KEPT", 5 * 192)  # 2 layers, 2 heads, 3 · 4 · 4
    scrubber = TrainingScrubber.of(translator, STUDENT, FRENCH, every=10)
    kept = []
    for _ in range(9):
        scrubber(translator.model)
        kept.append(steps(scrubber))
    assert kept[3] == [0, 10, 20, 30, 40]
    assert kept[4:] == [
        [0, 20, 40, 50],
        [0, 20, 40, 60],
        [0, 20, 40, 60, 70],
        [0, 20, 40, 60, 80],
        [0, 40, 80, 90],
    ]


def test_a_page_takes_some_along_from_first_to_last(run, monkeypatch):
    scrubber, _ = run
    scrubber.at = 3
    assert scrubber.state()["snapshots"] == scrubber.snapshots
    monkeypatch.setattr(training_scrubber, "MOST_CARRIED", 3 * 192)
    state = scrubber.state()
    assert [snapshot["step"] for snapshot in state["snapshots"]] == [0, 20, 40]
    assert state["at"] == 1  # step 20 is as near to step 30 as step 40
    assert scrubber.document() == scrubber.document()


def test_a_saved_page_shows_first_middle_and_last(run):
    scrubber, _ = run
    scrubber.part, scrubber.layer, scrubber.head = "decoder", "layer 0", "head 1"
    words = alt_text(scrubber.draw().figure)
    plt.close()
    assert words.startswith("decoder attention, layer 0, head 1. Heat map, 4 queries by 4 keys: ")
    for at in (0, 2, 4):
        snapshot = scrubber.snapshots[at]
        row = torch.tensor(snapshot["weights"]["decoder"][0][1][1][:2]).tolist()
        assert f"step {snapshot['step']}, loss {snapshot['loss']:.2f}" in words
        assert f"je: {row[0]:.2f} {row[1]:.2f} hidden hidden;" in words
    data, _ = scrubber._repr_mimebundle_()
    assert data["text/plain"] == repr(scrubber) and not plt.get_fignums()


def test_ids_stand_for_words_where_there_are_none():
    source, target = (tensor[:1] for tensor in reverse_task(2, 5, 11))
    model = Transformer(Config(vocab_size=11, **SIZES))
    scrubber = TrainingScrubber(model, (source, target, target))
    assert scrubber.words["encoder"][0] == [str(token) for token in source[0].tolist()]
    assert scrubber.words["cross"][0] == [str(token) for token in target[0].tolist()]


def test_models_of_one_text_and_recurrent_models(translator):
    text = torch.tensor([[1, 5, 6, 7]])
    config = Config(vocab_size=11, **SIZES)
    reader = TrainingScrubber(Classifier(config, n_classes=2), (text, torch.tensor([1])))
    assert list(reader.words) == ["encoder"] and reader(Classifier(config, n_classes=2)) < 0
    writer = TrainingScrubber(LanguageModel(config), (text[:, :-1], text[:, 1:]))
    assert list(writer.words) == ["decoder"]
    recurrent = RecurrentSeq2Seq(11, 11, d_model=8, score=AdditiveScores(8))
    looker = TrainingScrubber(recurrent, (text, text, text))
    assert list(looker.words) == ["cross"] and looker.heads == ["mean of all heads", "head 0"]


def test_another_part_has_other_cells(run):
    scrubber, _ = run
    scrubber.cell = [3, 3]
    scrubber.part = "encoder"
    assert scrubber.cell == []


@pytest.mark.parametrize("cell", [[4, 0], [0, 4], [0, -1], [1]])
def test_a_cell_that_is_not_there_is_reblind(run, cell):
    with pytest.raises(ValueError, match=rf"cell=\[{cell[0]}.* cross map of 4 queries and 4 keys"):
        run[0].cell = cell
    assert run[0].cell == []


def test_a_place_before_the_first_is_reblind(run):
    with pytest.raises(ValueError, match="at=-1 .* first of 5 snapshots; choose 0 to 4"):
        run[0].at = -1


@pytest.mark.parametrize(
    "example, trouble",
    [
        ([torch.ones(2, 3).long()] * 3, r"3 tensors of \[2\] sentences; .* 1 sentence"),
        ([torch.ones(1, 3).long()], r"1 tensors of \[1\] sentences; .* inputs and the answer"),
    ],
)
def test_more_or_less_than_one_sentence_is_reblind(translator, example, trouble):
    with pytest.raises(ValueError, match=trouble):
        TrainingScrubber(translator.model, example)


def test_words_and_attention_that_do_not_fit_are_reblind(translator):
    (example,) = batches(translator.ids(PAIRS[:1]), 1)
    with pytest.raises(ValueError, match="4 queries and 4 keys, but 1 and 1 words came"):
        TrainingScrubber(translator.model, example, [["I"], ["je"]])
    blind = Transformer(Config(vocab_size=30, attention=BlindAttention, **SIZES))
    with pytest.raises(ValueError, match="without keeping weights"):
        TrainingScrubber(blind, example)
