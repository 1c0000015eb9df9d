"""Training: the loss by hand, the schedules by formula, runs that stop and go on."""

import math
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch.nn.functional import gelu, relu
from torch.profiler import ProfilerActivity, profile

from transformer_lib import checkpoint as checkpoints
from transformer_lib.attention import Attention, dot_product_scores
from transformer_lib.evaluation import exact_match
from transformer_lib.layers import FeedForward
from transformer_lib.model import Classifier, Config, LanguageModel, Transformer
from transformer_lib.rnn import RecurrentSeq2Seq
from transformer_lib.training import (
    History,
    Recipe,
    Run,
    fit,
    inverse_square_root,
    one_cycle,
    summed_cross_entropy,
)

CONFIG = Config(vocab_size=11, d_model=12, n_heads=3, d_ff=23, dropout=0.1, n_layers=1)

STEP = Recipe(steps=1)


def reversing(epoch, batches=7, size=13, length=5):
    """Batches of (source, target_in, target_out): write the source backwards."""
    draw = torch.Generator().manual_seed(epoch)
    start = torch.ones(size, 1, dtype=torch.long)
    for _ in range(batches):
        source = torch.randint(3, 11, (size, length), generator=draw)
        target = source.flip(1)
        yield source, torch.cat([start, target], 1), torch.cat([target, 2 * start], 1)


def model(**changes):
    torch.manual_seed(1)
    return Transformer(replace(CONFIG, **changes))


def test_loss_by_hand_skips_padding():
    logits = torch.randn(2, 3, 7)
    expected = torch.tensor([[4, 5, 0], [6, 0, 0]])
    total, count = summed_cross_entropy(logits, expected)
    chances = logits.log_softmax(-1)
    by_hand = -(chances[0, 0, 4] + chances[0, 1, 5] + chances[1, 0, 6])
    assert count == 3
    torch.testing.assert_close(total, by_hand)


def test_class_0_counts():
    total, count = summed_cross_entropy(torch.zeros(3, 2), torch.tensor([0, 1, 0]))
    assert count == 3
    assert total.item() == pytest.approx(3 * math.log(2))


def test_smoothing_gives_every_word_a_share():
    logits = torch.randn(1, 1, 5)
    chances = logits.log_softmax(-1)[0, 0]
    total, _ = summed_cross_entropy(logits, torch.tensor([[3]]), smoothing=0.1)
    assert total.item() == pytest.approx((-0.9 * chances[3] - 0.1 * chances.mean()).item())


def test_one_cycle_rises_and_falls_with_the_budget():
    rate = one_cycle(peak=2.0, warm=0.1)
    assert [rate(0, share) for share in (0, 0.05, 0.1, 0.55, 1)] == pytest.approx([0, 1, 2, 1, 0])


def test_the_papers_schedule():
    rate = inverse_square_root(d_model=512, warmup=4000)
    for step in (1, 100, 4000, 100_000):
        formula = 512**-0.5 * min(step**-0.5, step * 4000**-1.5)
        assert rate(step - 1, 0.5) == pytest.approx(formula)
    assert max(range(10_000), key=lambda step: rate(step, 0)) == 4000 - 1


def test_a_model_learns_to_reverse(device):
    torch.manual_seed(0)
    learner = Transformer(Config(vocab_size=11, d_model=48)).to(device)
    held_out = list(reversing(999, batches=3))
    history = fit(
        learner,
        lambda epoch: reversing(epoch, batches=50, size=32),
        Recipe(steps=1000, target=0.95),
        evaluate=lambda learner: exact_match(learner, held_out),
    )
    assert history.ended == "target reached"
    assert exact_match(learner, held_out) >= 0.95
    assert history.losses[-1] < 0.2 < history.losses[0]


def test_a_classifier_learns_with_the_same_loop():
    torch.manual_seed(0)
    learner = Classifier(Config(vocab_size=5, d_model=16), n_classes=2)

    def first_token(epoch):
        draw = torch.Generator().manual_seed(epoch)
        tokens = torch.randint(1, 5, (32, 6), generator=draw)
        yield tokens, (tokens[:, 0] > 2).long()

    fit(learner, first_token, Recipe(steps=100))
    assert exact_match(learner, first_token(10**6)) > 0.95


def test_exact_match_asks_for_the_whole_sentence():
    class Fixed(torch.nn.Linear):
        def forward(self, tokens):
            return torch.nn.functional.one_hot(tokens, 9).float()

    answered = torch.tensor([[4, 5, 6], [4, 5, 0], [4, 5, 6]])
    expected = torch.tensor([[4, 5, 6], [4, 5, 0], [4, 5, 7]])
    assert exact_match(Fixed(1, 1), [(answered, expected)]) == pytest.approx(2 / 3)


@pytest.mark.parametrize("rows", [1, 4])
def test_the_history_says_what_happened(rows):
    history = fit(model(), lambda epoch: reversing(epoch, size=rows), Recipe(steps=9))
    assert len(history.losses) == len(history.rates) == 9
    assert history.ended == "budget spent"
    assert repr(history) == "History(9 steps, ended: budget spent)"
    assert repr(History()) == "History(0 steps, ended: not started)"


def test_a_budget_in_seconds_drives_the_schedule():
    history = fit(model(), reversing, Recipe(budget_s=0.5))
    assert history.ended == "budget spent"
    assert history.rates[0] < max(history.rates) and history.rates[-1] < max(history.rates)
    assert history.seconds >= 0.5


def stop_after(steps):
    """An evaluation that presses Ctrl-C."""

    def evaluate(learner):
        raise KeyboardInterrupt

    return {"evaluate": evaluate, "recipe": Recipe(steps=20, evaluate_every=steps)}


def test_stopping_by_hand_returns_what_was_learnt(tmp_path):
    learner, file = model(), tmp_path / "run.safetensors"
    history = fit(learner, reversing, checkpoint=file, **stop_after(5))
    assert history.ended == "stopped by hand" and len(history.losses) == 5
    again = model()
    checkpoints.load_model(file, again)
    for ours, kept in zip(learner.parameters(), again.parameters(), strict=True):
        assert torch.equal(ours, kept)


def test_resuming_is_exact(tmp_path):
    torch.manual_seed(5)
    through = fit(model(), reversing, Recipe(steps=20))

    torch.manual_seed(5)
    file = tmp_path / "run.safetensors"
    fit(model(), reversing, checkpoint=file, **stop_after(8))
    torch.manual_seed(77)  # another session: the file brings the random state along
    resumed = fit(model(), reversing, Recipe(steps=20), checkpoint=file)
    assert resumed.losses == through.losses
    assert resumed.rates == through.rates


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    file, learner = tmp_path / "model.safetensors", model()
    checkpoints.save_model(file, learner, note="first")

    def full_disk(tensors, path, metadata):
        Path(path).write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(checkpoints, "save_file", full_disk)
    with pytest.raises(OSError, match="no space left"):
        checkpoints.save_model(file, learner, note="second")
    assert checkpoints.load_model(file, learner) == {"note": "first"}


def test_a_checkpoint_of_another_configuration_is_refused(tmp_path):
    file, other = tmp_path / "model.safetensors", model(d_model=24)
    checkpoints.save_model(file, model())
    before = other.state_dict()["head.weight"].clone()
    with pytest.raises(ValueError, match="d_model=12, but this model has d_model=24"):
        checkpoints.load_model(file, other)
    assert torch.equal(other.state_dict()["head.weight"], before)


class Maker:
    """Makes an attention when it is called, and has no name of its own."""

    def __call__(self):
        return Attention()


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Attention, "transformer_lib.attention.Attention"),
        (partial(Attention, dropout=0.5), "transformer_lib.attention.Attention(dropout=0.5)"),
        (
            partial(partial(Attention, dot_product_scores), dropout=0.5),
            "transformer_lib.attention.Attention("
            "transformer_lib.attention.dot_product_scores, dropout=0.5)",
        ),
        (lambda: Attention(), f"{__name__}.<lambda>"),
        (Maker(), f"an instance of {__name__}.Maker"),
    ],
)
def test_a_checkpoint_names_every_kind_of_part(part, words):
    assert checkpoints.describe(replace(CONFIG, attention=part))["attention"] == words


def test_partials_with_other_arguments_are_other_parts(tmp_path):
    file = tmp_path / "model.safetensors"
    checkpoints.save_model(file, model(feed_forward=partial(FeedForward, activation=gelu)))
    checkpoints.load_model(file, model(feed_forward=partial(FeedForward, activation=gelu)))
    with pytest.raises(ValueError, match=r"activation=.*gelu\), but .*activation=.*relu\)"):
        checkpoints.load_model(file, model(feed_forward=partial(FeedForward, activation=relu)))


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_broken_checkpoint_is_refused_and_left_alone(content, tmp_path):
    file = tmp_path / "run.safetensors"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="run.safetensors cannot be read .* delete it"):
        fit(model(), reversing, Recipe(steps=3), checkpoint=file)
    assert file.read_bytes() == content


def test_a_model_without_a_training_cannot_be_resumed(tmp_path):
    file = tmp_path / "model.safetensors"
    checkpoints.save_model(file, model())
    with pytest.raises(ValueError, match="no training to go on with"):
        fit(model(), reversing, Recipe(steps=3), checkpoint=file)


@pytest.mark.parametrize("lengths", [{}, {"steps": 5, "budget_s": 1.0}, {"steps": 0}])
def test_a_recipe_needs_one_length(lengths):
    with pytest.raises(ValueError, match=f"steps={lengths.get('steps')}.*give one of the two"):
        Recipe(**lengths)


def test_data_without_batches_is_refused():
    with pytest.raises(ValueError, match="epoch 0 has 0 batches"):
        fit(model(), lambda epoch: [], Recipe(steps=3))
    with pytest.raises(ValueError, match="no batch to evaluate"):
        exact_match(model(), [])


TWO_PROCESSES = """
import sys
import torch
from transformer_lib.distributed import is_first
from transformer_lib.model import Transformer
from transformer_lib.training import Recipe, fit

sys.path.insert(0, {tests!r})
from test_training import CONFIG, reversing

torch.set_num_threads(1)
torch.manual_seed(1)
learner = Transformer(CONFIG.__class__(**(vars(CONFIG) | {{"dropout": 0.0}})))
history = fit(learner, reversing, Recipe(steps=1))
gradients = {{name: parameter.grad.clone() for name, parameter in learner.named_parameters()}}
history = fit(learner, reversing, Recipe(steps=4))
if is_first():
    torch.save((history.losses, gradients), sys.argv[1])
torch.distributed.destroy_process_group()
"""


def test_two_processes_have_the_gradients_of_one(tmp_path):
    script, result = tmp_path / "script.py", tmp_path / "result.pt"
    script.write_text(TWO_PROCESSES.format(tests=str(Path(__file__).parent)))
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    subprocess.run([*launch, str(script), str(result)], check=True, timeout=120)
    losses, gradients = torch.load(result)

    alone = model(dropout=0.0)
    fit(alone, reversing, Recipe(steps=1))
    for name, parameter in alone.named_parameters():
        torch.testing.assert_close(gradients[name], parameter.grad)
    history = fit(alone, reversing, Recipe(steps=4))
    assert losses == pytest.approx(history.losses, abs=1e-5)


def waits(work):
    """How often a number is fetched from where it was computed: a GPU would be waited for.

    The optimiser's kernel for the CPU reads its own count of steps; the one for a GPU does not.
    """
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        work()
    fetched = [event for event in seen.events() if event.name == "aten::item"]
    return sum(getattr(event.cpu_parent, "name", "") != "aten::_fused_adamw_" for event in fetched)


def test_no_step_waits_for_the_device():
    """And the same counter sees the value that a careless line would fetch."""
    learner, batch = model(dropout=0.0), next(reversing(0))
    run = Run(learner, Recipe(steps=10))
    assert waits(lambda: run.train_step(batch, 0.5)) == 0
    assert waits(lambda: run.unread[-1].item()) == 1


def test_losses_are_fetched_now_and_then_and_all_of_them(monkeypatch):
    read, fetched = Run.read_losses, []
    monkeypatch.setattr(Run, "read_losses", lambda run: (fetched.append(run.step), read(run)))
    history = fit(model(), lambda epoch: reversing(0), Recipe(steps=25))
    assert fetched == [10, 20, 25]
    assert len(history.losses) == 25 and all(isinstance(loss, float) for loss in history.losses)


@pytest.mark.parametrize("kind", [Transformer, RecurrentSeq2Seq])
def test_the_loss_of_a_step_is_that_of_its_batch(kind):
    """Before the step: the mean over the words that are no pads."""
    learner = model(dropout=0.0) if kind is Transformer else RecurrentSeq2Seq(11, 11, d_model=8)
    batch = next(reversing(0))
    total, count = summed_cross_entropy(learner(*batch[:2]), batch[2])
    run = Run(learner, Recipe(steps=10))
    run.train_step(batch, 0.5)
    run.read_losses()
    assert run.history.losses == [pytest.approx((total / count).item())]


def goes_on_from(path, learner):
    """A training that starts where a file says."""
    return fit(learner, reversing, STEP, checkpoint=path)


@pytest.mark.parametrize(
    ("saved", "asked", "differ"),
    [
        (lambda: Classifier(CONFIG, 3), lambda: Classifier(CONFIG, 5), "head.bias: there (3,)"),
        (lambda: Transformer(CONFIG), lambda: LanguageModel(CONFIG), "decoder.layers.0.cross_att"),
        (lambda: LanguageModel(CONFIG), lambda: Transformer(CONFIG), "cross_attention.* nothing, "),
    ],
)
def test_weights_of_another_model_change_nothing(saved, asked, differ, tmp_path):
    file = tmp_path / "model.safetensors"
    checkpoints.save_model(file, saved())
    other = asked()
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    pattern = differ.replace("(", r"\(").replace(")", r"\)")
    for load in (checkpoints.load_model, goes_on_from):
        with pytest.raises(ValueError, match=f"{file.name} .*{pattern}|no training to go on"):
            load(file, other)
        for name, tensor in other.state_dict().items():
            assert torch.equal(tensor, before[name])


@pytest.mark.parametrize("number", [torch.tensor(0.5), torch.tensor([0.5]).numpy()[0]])
def test_an_evaluation_may_be_any_number(number, tmp_path):
    file = tmp_path / "run.safetensors"
    recipe = Recipe(steps=2, evaluate_every=1)
    history = fit(model(), reversing, recipe, lambda learner: number, file)
    assert history.evaluations == [(1, 0.5), (2, 0.5)]
    assert fit(model(), reversing, recipe, None, file).evaluations == history.evaluations


def test_what_cannot_be_saved_is_not_trained(tmp_path):
    bare = torch.nn.Linear(3, 3)
    steps = []
    with pytest.raises(ValueError, match="Linear.config is None; .* set it in __init__"):
        fit(bare, lambda epoch: steps.append(epoch), STEP, checkpoint=tmp_path / "run.safetensors")
    assert steps == []


def test_a_missing_file_is_told_as_such(tmp_path):
    for path in (tmp_path, tmp_path / "none.safetensors"):
        with pytest.raises(ValueError, match=f"{path.name} is no file; needed is one"):
            checkpoints.load_model(path, model())


def test_evaluations_are_steps_apart():
    with pytest.raises(ValueError, match="evaluate_every=0 steps; it must be at least 1"):
        Recipe(steps=3, evaluate_every=0)
