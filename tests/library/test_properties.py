"""What must hold for every attention and every model, whatever its weights."""

from dataclasses import replace

import pytest
import torch

import transformer_lib.model
from transformer_lib.attention import Attention, masked_softmax
from transformer_lib.layers import PostNorm, PreNorm
from transformer_lib.masks import causal_mask
from transformer_lib.model import Classifier, Config, LanguageModel, Transformer
from transformer_lib.positions import LearnedPositions, NoPositions, SinusoidalPositions

BATCH, SOURCE, TARGET, HEADS, D_HEAD = 2, 7, 5, 3, 4
CONFIG = Config(vocab_size=17, target_vocab_size=19, d_model=12, n_heads=HEADS, d_ff=23)


def ids(length, device="cpu", vocab_size=17):
    return torch.randint(1, vocab_size, (BATCH, length), device=device)


def assert_future_is_hidden(model, device="cpu"):
    """Another last word changes no earlier output."""
    source, target = ids(SOURCE, device), ids(TARGET, device)
    other = target.clone()
    other[:, -1] = target[:, -1] % 16 + 1
    before, after = model(source, target), model(source, other)
    torch.testing.assert_close(before[:, :-1], after[:, :-1])
    assert not torch.allclose(before[:, -1], after[:, -1])


def assert_padding_is_ignored(model, device="cpu"):
    """Pads after the source and after the target change nothing that is read."""
    source, target = ids(SOURCE, device), ids(TARGET, device)
    pads = torch.zeros(BATCH, 3, dtype=torch.long, device=device)
    padded = model(torch.cat([source, pads], 1), torch.cat([target, pads], 1))
    torch.testing.assert_close(model(source, target), padded[:, :TARGET])


@pytest.mark.parametrize("residual", [PreNorm, PostNorm])
@pytest.mark.parametrize("positions", [SinusoidalPositions, LearnedPositions, NoPositions])
def test_transformer_hides_the_future_and_the_padding(residual, positions, device):
    varied = replace(CONFIG, residual=residual, positions=positions)
    model = Transformer(varied).to(device).eval()
    assert_future_is_hidden(model, device)
    assert_padding_is_ignored(model, device)


def test_language_model_hides_the_future_and_the_padding(device):
    model = LanguageModel(CONFIG).to(device).eval()
    assert_future_is_hidden(lambda _, tokens: model(tokens), device)
    assert_padding_is_ignored(lambda _, tokens: model(tokens), device)


def test_classifier_ignores_padding(device):
    model = Classifier(CONFIG, n_classes=3).to(device).eval()
    tokens = ids(SOURCE, device)
    pads = torch.zeros(BATCH, 3, dtype=torch.long, device=device)
    torch.testing.assert_close(model(tokens), model(torch.cat([tokens, pads], 1)))


@pytest.mark.parametrize("name", ["padding_mask", "causal_mask"])
def test_an_inverted_mask_is_noticed(name, monkeypatch):
    """The two properties above can fail: turn one mask round and one of them does."""
    right = getattr(transformer_lib.model, name)
    monkeypatch.setattr(transformer_lib.model, name, lambda *args: ~right(*args))
    model = Transformer(CONFIG).eval()
    with pytest.raises(AssertionError):
        assert_future_is_hidden(model)
        assert_padding_is_ignored(model)


def test_masks_do_not_depend_on_training():
    source, target = ids(SOURCE), ids(TARGET)
    model = Transformer(CONFIG)
    torch.testing.assert_close(model.train()(source, target), model.eval()(source, target))


def test_shuffled_words_give_shuffled_outputs_without_positions():
    model = Classifier(replace(CONFIG, positions=NoPositions), n_classes=3).eval()
    tokens, order = ids(SOURCE), torch.randperm(SOURCE)
    encode = lambda tokens: model.encoder(model.embedding(tokens))  # noqa: E731
    torch.testing.assert_close(encode(tokens)[:, order], encode(tokens[:, order]))


def test_shuffled_words_give_other_outputs_with_positions():
    model = Classifier(CONFIG, n_classes=3).eval()
    tokens = torch.arange(1, SOURCE + 1).expand(BATCH, -1)
    encode = lambda tokens: model.encoder(model.embedding(tokens))  # noqa: E731
    shuffled = encode(tokens.flip(1))
    assert not torch.allclose(encode(tokens).flip(1), shuffled, atol=1e-2)


def test_rows_sum_to_one_even_under_dropout():
    q, k, v = torch.randn(3, BATCH, HEADS, TARGET, D_HEAD)
    attended = Attention(dropout=0.5).train()(q, k, v, causal_mask(TARGET))
    torch.testing.assert_close(attended.weights.sum(-1), torch.ones(BATCH, HEADS, TARGET))


def test_every_visible_weight_is_above_zero_and_every_hidden_one_is_zero():
    weights = masked_softmax(torch.randn(BATCH, HEADS, TARGET, TARGET), causal_mask(TARGET))
    visible = causal_mask(TARGET).expand_as(weights)
    assert (weights[visible] > 0).all()
    assert (weights[~visible] == 0).all()


def test_a_query_that_sees_nothing_gets_zeros_and_finite_gradients(device):
    q, k, v = torch.randn(3, BATCH, HEADS, TARGET, D_HEAD, device=device)
    q.requires_grad_()
    mask = torch.ones(TARGET, TARGET, dtype=torch.bool, device=device)
    mask[2] = False
    attended = Attention()(q, k, v, mask)
    assert (attended.output[:, :, 2] == 0).all()
    attended.output.sum().backward()
    assert q.grad.isfinite().all()


def test_dropout_zero_means_no_randomness_and_dropout_means_some():
    source, target = ids(SOURCE), ids(TARGET)
    calm = Transformer(CONFIG).train()
    torch.testing.assert_close(calm(source, target), calm(source, target))
    noisy = Transformer(replace(CONFIG, dropout=0.3)).train()
    assert not torch.allclose(noisy(source, target), noisy(source, target))


def test_every_parameter_learns():
    model = Transformer(replace(CONFIG, positions=LearnedPositions, max_len=7))
    logits = model(ids(7), ids(7))
    torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids(7).flatten()).backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    # Adding one constant to all scores of a query leaves its softmax as it was.
    assert all(name.endswith("k_proj.bias") for name in silent)
