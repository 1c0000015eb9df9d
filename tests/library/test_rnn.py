"""The recurrent and windowed models: same calls as the Transformer, and pads change nothing."""

import math

import pytest
import torch
from torch import nn

from transformer_lib.attention import Attention, dot_product_scores
from transformer_lib.cache import UncachedSession
from transformer_lib.decoding import greedy
from transformer_lib.rnn import (
    AdditiveScores,
    LookBack,
    RecurrentReader,
    RecurrentSeq2Seq,
    WindowModel,
    last_state,
    receptive_field,
)
from transformer_lib.trace import record

BATCH, HEADS, SOURCE, TARGET, D_MODEL, VOCAB, TARGET_VOCAB, CLASSES = 2, 3, 7, 5, 11, 17, 19, 13
CELLS = [nn.RNN, nn.GRU, nn.LSTM]
SCORES = {
    "one vector": lambda: None,
    "additive": lambda: AdditiveScores(D_MODEL),
    "dot product": lambda: dot_product_scores,
}
READERS = {
    "RNN": lambda: RecurrentReader(VOCAB, D_MODEL, CLASSES, nn.RNN),
    "GRU": lambda: RecurrentReader(VOCAB, D_MODEL, CLASSES, nn.GRU),
    "LSTM": lambda: RecurrentReader(VOCAB, D_MODEL, CLASSES, nn.LSTM),
    "windows": lambda: WindowModel(VOCAB, D_MODEL, CLASSES, n_layers=2, width=3),
}


def seq2seq(cell=nn.GRU, score="additive"):
    return RecurrentSeq2Seq(VOCAB, TARGET_VOCAB, D_MODEL, cell, SCORES[score]())


def ids(length, vocab=VOCAB):
    return torch.randint(1, vocab, (BATCH, length))


@torch.no_grad()
def test_additive_scores_are_their_definition(device):
    score = AdditiveScores(D_MODEL)
    q, k = torch.randn(BATCH, HEADS, TARGET, D_MODEL), torch.randn(BATCH, HEADS, SOURCE, D_MODEL)
    expected = torch.zeros(BATCH, HEADS, TARGET, SOURCE)
    w, u, match = score.q_proj.weight, score.k_proj.weight, score.match.weight[0]
    for b, h, i, j in torch.cartesian_prod(*(torch.arange(n) for n in expected.shape)).tolist():
        for unit in range(D_MODEL):
            heard = w[unit] @ q[b, h, i] + u[unit] @ k[b, h, j] + score.k_proj.bias[unit]
            expected[b, h, i, j] += match[unit] * math.tanh(heard)
    got = score.to(device)(q.to(device), k.to(device))
    torch.testing.assert_close(got.cpu(), expected, atol=1e-5, rtol=1e-5)


def test_additive_scores_plug_into_attention():
    q, k, v = torch.randn(3, BATCH, HEADS, SOURCE, D_MODEL)
    attended = Attention(AdditiveScores(D_MODEL))(q, k, v)
    torch.testing.assert_close(attended.weights.sum(-1), torch.ones(BATCH, HEADS, SOURCE))


@torch.no_grad()
def test_looking_back_is_its_definition():
    """tanh(W [state; context]): the context one weighted sum per target word (Luong, 3.1)."""
    layer = LookBack(D_MODEL, dot_product_scores)
    states, memory = torch.randn(TARGET, D_MODEL), torch.randn(SOURCE, D_MODEL)
    seen = torch.arange(SOURCE) < 4
    got = layer(states[None], memory[None], seen[None, None, None])[0]
    for i in range(TARGET):
        weights = [math.exp(states[i] @ memory[j] / math.sqrt(D_MODEL)) for j in range(4)]
        context = sum(w / sum(weights) * memory[j] for j, w in enumerate(weights))
        expected = torch.tanh(layer.mix(torch.cat([states[i], context])))
        torch.testing.assert_close(got[i], expected)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("cell", CELLS)
@torch.no_grad()
def test_seq2seq_is_one_word_after_another(cell, score, device):
    """The whole sentence at once gives what the cells give when stepped by hand."""
    model = seq2seq(cell, score).to(device)
    source, target_in = ids(SOURCE).to(device), ids(TARGET, TARGET_VOCAB).to(device)
    logits = model(source, target_in)
    assert logits.shape == (BATCH, TARGET, TARGET_VOCAB)

    memory, state = [], None
    for word in model.source_embedding(source).split(1, dim=1):
        output, state = model.encoder(word, state)
        memory.append(output)
    memory = torch.cat(memory, dim=1)
    state = memory[:, -1][None].contiguous()
    state = (state, state) if cell is nn.LSTM else state
    for i, word in enumerate(model.target_embedding(target_in).split(1, dim=1)):
        output, state = model.decoder.rnn(word, state)
        if score != "one vector":
            visible = torch.ones(BATCH, 1, 1, SOURCE, dtype=torch.bool, device=device)
            output = model.decoder.cross_attention(output, memory, visible)
        expected = model.head(output)[:, 0]
        torch.testing.assert_close(logits[:, i], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("cell", CELLS)
@torch.no_grad()
def test_pads_change_nothing(cell, score):
    model = seq2seq(cell, score)
    source, target_in = ids(SOURCE), ids(TARGET, TARGET_VOCAB)
    padded_source = nn.functional.pad(source, (0, 4))
    padded_target = nn.functional.pad(target_in, (0, 2))
    logits = model(padded_source, padded_target)[:, :TARGET]
    torch.testing.assert_close(logits, model(source, target_in))


@torch.no_grad()
def test_sentences_of_different_length_keep_apart():
    model = seq2seq()
    source = torch.tensor([[3, 5, 7, 0, 0], [2, 4, 6, 8, 10]])
    target_in = ids(TARGET, TARGET_VOCAB)
    together = model(source, target_in)
    torch.testing.assert_close(together[:1], model(source[:1, :3], target_in[:1]))
    torch.testing.assert_close(together[1:], model(source[1:], target_in[1:]))


@torch.no_grad()
def test_one_vector_is_all_that_passes():
    """Without attention, other states than the last could be anything."""
    source, target_in = ids(SOURCE), ids(TARGET, TARGET_VOCAB)
    for score, same in ("one vector", True), ("additive", False):
        model = seq2seq(score=score)
        memory, memory_mask = model.encode(source)
        logits = model.decode(target_in, memory, memory_mask)
        memory[:, :-1] = torch.randn_like(memory[:, :-1])
        assert torch.allclose(model.decode(target_in, memory, memory_mask), logits) is same


def test_no_word_sees_those_after_it():
    model = seq2seq()
    source, target_in = ids(SOURCE), ids(TARGET, TARGET_VOCAB)
    changed = target_in.clone()
    changed[:, 3:] = ids(TARGET - 3, TARGET_VOCAB)
    torch.testing.assert_close(model(source, changed)[:, :3], model(source, target_in)[:, :3])


def test_a_trace_records_where_the_decoder_looked():
    model = seq2seq()
    source = ids(SOURCE)
    source[0, 4:] = 0
    with record(model) as trace:
        model(source, ids(TARGET, TARGET_VOCAB))
    (weights,) = trace.weights("cross")
    assert weights.shape == (BATCH, 1, TARGET, SOURCE)
    assert weights[0, ..., 4:].eq(0).all()


@pytest.mark.parametrize("score", SCORES)
def test_it_decodes_like_a_transformer(score):
    words = greedy(seq2seq(score=score), ids(SOURCE), max_len=3, session=UncachedSession)
    assert words.shape[0] == BATCH and 1 <= words.shape[1] <= 3


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("cell", CELLS)
def test_every_parameter_of_seq2seq_gets_a_gradient(cell, score):
    model = seq2seq(cell, score)
    model(ids(SOURCE), ids(TARGET, TARGET_VOCAB)).square().sum().backward()
    assert all(parameter.grad.any() for parameter in model.parameters())


@pytest.mark.parametrize("name", READERS)
@torch.no_grad()
def test_readers_read_the_last_word_and_no_pads(name, device):
    model = READERS[name]().to(device)
    tokens = ids(SOURCE).to(device)
    logits = model(tokens)
    assert logits.shape == (BATCH, CLASSES)
    torch.testing.assert_close(model(nn.functional.pad(tokens, (0, 4))), logits)


@pytest.mark.parametrize("name", READERS)
def test_every_parameter_of_a_reader_gets_a_gradient(name):
    model = READERS[name]()
    model(ids(SOURCE)).square().sum().backward()
    assert all(parameter.grad.any() for parameter in model.parameters())


@pytest.mark.parametrize(("n_layers", "width"), [(1, 5), (2, 5), (3, 3), (2, 1)])
def test_windows_hear_of_their_receptive_field_only(n_layers, width):
    """Half of the field lies before the last word, which is where the answer is read."""
    model = WindowModel(VOCAB, D_MODEL, CLASSES, n_layers, width)
    embedded = []

    def keep(module, inputs, x):
        x.retain_grad()
        embedded.append(x)

    model.embedding.register_forward_hook(keep)
    model(ids(SOURCE)).square().sum().backward()
    heard = embedded[0].grad.abs().sum((0, 2)) > 0
    before = receptive_field(n_layers, width) // 2
    assert heard.tolist() == [SOURCE - 1 - place <= before for place in range(SOURCE)]


@pytest.mark.parametrize(("n_layers", "field"), [(1, 5), (2, 9), (3, 13)])
def test_receptive_field_of_windows_of_five(n_layers, field):
    assert receptive_field(n_layers, width=5) == field


def test_last_state_is_at_the_last_word():
    states = torch.arange(12.0).view(2, 3, 2)
    visible = torch.tensor([[True, True, False], [True, True, True]])[:, None, None]
    assert last_state(states, visible).tolist() == [[2.0, 3.0], [10.0, 11.0]]


@pytest.mark.parametrize(("width", "better"), [(4, 5), (0, 1), (-3, 1)])
def test_a_window_without_a_middle_is_refused(width, better):
    with pytest.raises(ValueError, match=f"width={width} has no middle; .* such as {better}"):
        WindowModel(VOCAB, D_MODEL, CLASSES, width=width)


def test_ids_outside_the_vocabulary_are_refused():
    with pytest.raises(ValueError, match="from 1 to 17, .*ids 0 to 16"):
        RecurrentReader(VOCAB, D_MODEL, CLASSES)(torch.tensor([[1, 17]]))
