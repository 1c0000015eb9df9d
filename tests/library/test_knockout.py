"""Each knock-out does what it says and nothing else, and leaves the model as it was."""

from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from transformer_lib.attention import Attention
from transformer_lib.cache import UncachedSession
from transformer_lib.decoding import greedy
from transformer_lib.efficient import BigBirdAttention
from transformer_lib.knockout import (
    dead_head,
    hidden_word,
    no_causal_mask,
    no_positions,
    no_scaling,
    replaced_word,
)
from transformer_lib.masks import PAD, causal_mask, padding_mask
from transformer_lib.model import Classifier, Config, LanguageModel, Transformer
from transformer_lib.positions import NoPositions
from transformer_lib.rnn import RecurrentSeq2Seq
from transformer_lib.trace import record
from transformer_lib.vocabulary import UNKNOWN

CONFIG = Config(vocab_size=23, target_vocab_size=19, max_len=11, d_model=12, n_heads=3, d_ff=17)
SOURCE = torch.tensor([[5, 6, 7, 8, 9, 10, 11], [12, 13, 5, PAD, PAD, PAD, PAD]])
TARGET = torch.tensor([[1, 5, 6, 7, 8], [1, 9, 10, PAD, PAD]])
CROSS = "decoder.1.cross_attention"
KNOCKOUTS = {
    "positions": no_positions,
    "scaling": no_scaling,
    "mask": no_causal_mask,
    "head": partial(dead_head, layer=CROSS, head=1),
    "hidden": partial(hidden_word, place=2),
    "replaced": partial(replaced_word, place=2, token=UNKNOWN),
}


@pytest.fixture
def model():
    return Transformer(CONFIG).eval()


def run(model, source=SOURCE, target=TARGET):
    with torch.no_grad():
        return model(source, target)


def twin(model, **parts):
    """The same weights in a model of other parts."""
    other = Transformer(replace(model.config, **parts)).eval()
    other.load_state_dict(model.state_dict())
    return other


def hooks(model):
    return [h for m in model.modules() for h in (*m._forward_hooks, *m._forward_pre_hooks)]


@pytest.mark.parametrize("name", KNOCKOUTS)
def test_something_changes_and_everything_comes_back(model, name):
    before, weights = run(model), {n: w.clone() for n, w in model.state_dict().items()}
    with KNOCKOUTS[name](model):
        assert not torch.allclose(run(model), before, atol=1e-4)
    assert torch.equal(run(model), before)
    assert hooks(model) == []
    assert all(torch.equal(weights[n], w) for n, w in model.state_dict().items())


@pytest.mark.parametrize("name", KNOCKOUTS)
def test_everything_comes_back_after_a_failure(model, name):
    before = run(model)
    with pytest.raises(ZeroDivisionError), KNOCKOUTS[name](model):
        raise ZeroDivisionError
    assert hooks(model) == []
    assert torch.equal(run(model), before)


def test_all_of_them_together_come_back(model):
    before = run(model)
    with ExitStack() as stack:
        for knockout in KNOCKOUTS.values():
            stack.enter_context(knockout(model))
        assert run(model).isfinite().all()
    assert torch.equal(run(model), before)


def test_one_that_is_made_and_never_entered_leaves_nothing(model):
    for knockout in KNOCKOUTS.values():
        knockout(model)
    assert hooks(model) == []


def test_no_positions_is_the_model_without_positions(model):
    with no_positions(model):
        assert torch.equal(run(model), run(twin(model, positions=NoPositions)))


def test_no_positions_makes_an_encoder_forget_the_order(model):
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    whole = SOURCE[:1]
    with no_positions(model), torch.no_grad():
        memory, shuffled = (model.encode(source)[0] for source in (whole, whole[:, order]))
    assert torch.allclose(memory[:, order], shuffled, atol=1e-5)


def test_no_scaling_is_the_model_that_never_divides(model):
    def bare():
        return Attention(score=lambda q, k: q @ k.mT)

    with no_scaling(model):
        unscaled = run(twin(model, attention=bare, cross_attention=bare))
        assert torch.allclose(run(model), unscaled, atol=1e-5)


def test_no_scaling_makes_scores_larger_by_the_root_of_d_head(model):
    def first_scores():
        with record(model) as trace:
            run(model)
        return trace["encoder.0.self_attention"].scores

    before = first_scores()
    with no_scaling(model):
        assert torch.allclose(first_scores(), 2 * before, atol=1e-6)  # d_head = 4


def test_no_causal_mask_leaves_the_padding_mask(model):
    with torch.no_grad():
        memory, memory_mask = model.encode(SOURCE)
        states = model.decoder(
            model.target_embedding(TARGET),
            memory=memory,
            mask=padding_mask(TARGET),
            memory_mask=memory_mask,
        )
        with no_causal_mask(model):
            assert torch.equal(run(model), model.head(states))


def test_no_causal_mask_shows_the_future_to_a_language_model():
    model = LanguageModel(CONFIG).eval()
    with record(model) as trace, no_causal_mask(model), torch.no_grad():
        model(SOURCE)
    seen = trace["decoder.0.self_attention"].weights > 0
    assert torch.equal(seen, padding_mask(SOURCE).expand_as(seen))
    assert not torch.equal(seen, (padding_mask(SOURCE) & causal_mask(7)).expand_as(seen))


def test_the_newest_word_sees_the_same_without_a_causal_mask():
    """So one layer writes the same sentence, and so does a cache at any depth."""
    shallow, deep = (Transformer(replace(CONFIG, n_layers=n)).eval() for n in (1, 2))
    for model, how in ((shallow, {"session": UncachedSession}), (deep, {})):
        written = greedy(model, SOURCE, **how)
        with no_causal_mask(model):
            assert torch.equal(greedy(model, SOURCE, **how), written)


@pytest.mark.parametrize("head", range(3))
def test_a_dead_head_gives_out_proj_exactly_nothing(model, head):
    seen = []
    out_proj = model.decoder.layers[1].cross_attention.sublayer.out_proj
    handle = out_proj.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    run(model)
    with dead_head(model, CROSS, head):
        run(model)
    handle.remove()
    before, after = (x.unflatten(-1, (3, 4)) for x in seen)  # (batch, query, heads, d_head)
    others = [other for other in range(3) if other != head]
    assert before[:, :, head].abs().max() > 0.01 and not after[:, :, head].any()
    assert torch.equal(after[:, :, others], before[:, :, others])


def test_a_dead_head_is_the_model_without_its_columns_of_out_proj(model):
    without = twin(model)
    with torch.no_grad():
        without.decoder.layers[1].cross_attention.sublayer.out_proj.weight[:, 4:8] = 0
    with dead_head(model, CROSS, 1), record(model) as trace:
        assert torch.allclose(run(model), run(without), atol=1e-6)
    assert not trace[CROSS].weights[:, 1].any()
    assert torch.allclose(trace[CROSS].weights[:, [0, 2]].sum(-1), torch.tensor(1.0))


def test_nothing_depends_on_a_hidden_word(model):
    other = SOURCE.clone()
    other[:, 2] = 14
    assert not torch.allclose(run(model), run(model, other), atol=1e-4)
    with hidden_word(model, 2), record(model) as trace:
        assert torch.equal(run(model), run(model, other))
    for part in ("encoder", "cross"):
        assert all(not weights[..., 2].any() for weights in trace.weights(part))
    assert all((w[0, :, -1] > 0).all() for w in trace.weights("decoder"))


def test_a_word_beyond_the_end_hides_nothing(model):
    with hidden_word(model, 7):
        assert torch.equal(run(model), run(twin(model)))


def test_a_replaced_word_is_read_as_the_token(model):
    other = SOURCE.clone()
    other[0, 3] = UNKNOWN  # the second sentence has ended before
    with replaced_word(model, 3, UNKNOWN):
        assert torch.equal(run(model), run(twin(model), other))


def test_a_classifier_has_heads_and_words_too():
    model = Classifier(CONFIG, n_classes=2).eval()
    for knockout in (
        no_positions(model),
        no_scaling(model),
        dead_head(model, "encoder.0.self_attention", 2),
        hidden_word(model, 1),
        replaced_word(model, 1, UNKNOWN),
    ):
        before = model(SOURCE)
        with knockout:
            assert not torch.allclose(model(SOURCE), before, atol=1e-4)


def test_layers_and_heads_that_are_not_there_are_refused(model):
    with (
        pytest.raises(ValueError, match="'encoder.2.self_attention' .* encoder.0.self_attention, "),
        dead_head(model, "encoder.2.self_attention", 0),
    ):
        pass
    for head in (-1, 3):
        with (
            pytest.raises(ValueError, match=f"no head {head} in {CROSS}, which has 3; .* 0 to 2"),
            dead_head(model, CROSS, head),
        ):
            pass


@pytest.mark.parametrize("name", ["hidden", "replaced"])
def test_places_before_the_first_word_are_refused(model, name):
    with pytest.raises(ValueError, match="place -1 .* from 0 on"), KNOCKOUTS[name](model, place=-1):
        pass


def test_scores_that_are_not_divided_are_refused(model):
    blind = twin(model, attention=lambda: BigBirdAttention(block=2))
    with (
        pytest.raises(ValueError, match="encoder.0.self_attention come from None; .*=Attention"),
        no_scaling(blind),
    ):
        pass


@pytest.mark.parametrize("name", ["scaling", "mask", "head", "hidden"])
def test_models_without_heads_are_refused(name):
    model = RecurrentSeq2Seq(23, 19, d_model=8)
    trouble = "RecurrentSeq2Seq has 0 modules .* MultiHeadAttention; needed is at least 1"
    with pytest.raises(ValueError, match=trouble), KNOCKOUTS[name](model):
        pass


@pytest.mark.parametrize("name", ["positions", "replaced"])
def test_models_without_embeddings_are_refused(name):
    trouble = "Linear has 0 modules of the kind Embedding; needed is at least 1"
    with pytest.raises(ValueError, match=trouble), KNOCKOUTS[name](nn.Linear(2, 3)):
        pass


def test_a_language_model_has_no_encoder():
    with (
        pytest.raises(
            ValueError,
            match="no encoder and no cross attention, only decoder.0.self_attention, decoder.1",
        ),
        hidden_word(LanguageModel(CONFIG), 0),
    ):
        pass


def test_a_classifier_has_no_future_to_see():
    model = Classifier(CONFIG, n_classes=2)
    with (
        pytest.raises(ValueError, match="no decoder .* only encoder.0.self_attention, encoder.1"),
        no_causal_mask(model),
    ):
        pass
