"""Decoding: the cache against recomputing, the searches against going through everything."""

import itertools
import math
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from transformer_lib.attention import FusedAttention, MultiHeadAttention, dot_product_scores
from transformer_lib.cache import CachedSession, UncachedSession, open_session
from transformer_lib.decoding import beam, filter_logits, greedy, sample, steps
from transformer_lib.efficient import Linformer, Masked
from transformer_lib.layers import PostNorm, PreNorm
from transformer_lib.masks import PAD, window_mask
from transformer_lib.model import Config, DecoderLayer, Transformer
from transformer_lib.positions import LearnedPositions, NoPositions, SinusoidalPositions
from transformer_lib.rnn import RecurrentSeq2Seq
from transformer_lib.trace import record
from transformer_lib.vocabulary import END, START

BATCH, SOURCE, TARGET = 3, 7, 5
CONFIG = Config(vocab_size=17, target_vocab_size=19, d_model=12, n_heads=3, d_ff=23, max_len=11)


def model_for(device="cpu", **changes):
    return Transformer(replace(CONFIG, **changes)).to(device).eval()


def source(device="cpu"):
    ids = torch.randint(3, 17, (BATCH, SOURCE), device=device)
    ids[0, 4:] = PAD
    return ids


class OfACell(nn.Module):
    """Positions as a notebook cell writes them: nothing but forward(x)."""

    def __init__(self, max_len, d_model):
        super().__init__()
        self.table = nn.Parameter(torch.randn(max_len, d_model))

    def forward(self, x):
        return x + self.table[: x.size(1)]


POSITIONS = [SinusoidalPositions, LearnedPositions, NoPositions, OfACell]


@pytest.mark.parametrize("first", [0, 1], ids=["padded", "unpadded"])
@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("residual", [PreNorm, PostNorm])
def test_cached_equals_recomputed(residual, positions, first, device):
    model = model_for(device, residual=residual, positions=positions)
    english = source(device)[first:]
    words = torch.randint(3, 19, (len(english), TARGET), device=device)
    cached, recomputed = CachedSession(model, english), UncachedSession(model, english)
    for length in range(1, TARGET + 1):
        so_far = words[:, :length]
        torch.testing.assert_close(cached.logits(so_far), recomputed.logits(so_far))


@pytest.mark.parametrize(("positions", "words"), [(LearnedPositions, 1), (OfACell, TARGET)])
def test_older_words_are_embedded_again_only_for_positions_without_a_start(positions, words):
    model, embedded = model_for(positions=positions), []
    model.target_embedding.register_forward_hook(lambda *call: embedded.append(call[-1].size(1)))
    CachedSession(model, source()).logits(torch.randint(3, 19, (BATCH, TARGET)))
    assert embedded == [words]


@pytest.mark.parametrize(("first", "rows"), [(0, [2, 0, 0, 1]), (1, [1, 0, 1])])
def test_rows_can_be_dropped_doubled_and_reordered(first, rows, device):
    model, english = model_for(device), source(device)[first:]  # row 0 alone is padded
    words = torch.randint(3, 19, (len(english), TARGET), device=device)
    cached, recomputed = CachedSession(model, english), UncachedSession(model, english)
    cached.logits(words[:, :1])
    rows = torch.tensor(rows, device=device)
    cached.select(rows)
    recomputed.select(rows)
    so_far = words[rows, :2]
    torch.testing.assert_close(cached.logits(so_far), recomputed.logits(so_far))


def test_the_cache_leaves_the_model_as_it_was():
    model, english = model_for(), source()
    words = torch.randint(3, 19, (BATCH, TARGET))
    before = model(english, words)
    greedy(model, english)
    assert torch.equal(model(english, words), before)


@pytest.mark.parametrize("search", [greedy, beam])
def test_searches_write_the_same_with_and_without_the_cache(search, device):
    model, english = model_for(device), source(device)
    assert torch.equal(search(model, english), search(model, english, session=UncachedSession))


def test_a_batch_writes_what_each_sentence_would_write_alone():
    model, english = model_for(), source()
    for search in (greedy, beam):
        together = search(model, english)
        for row, alone in zip(together, english, strict=True):
            written = search(model, alone[alone != PAD][None])[0]
            assert row[: len(written)].tolist() == written.tolist()


def test_greedy_takes_the_likeliest_word_each_time():
    model, english = model_for(), source()
    so_far = torch.full((BATCH, 1), START)
    written = greedy(model, english, max_len=4)
    for place in range(written.size(1)):
        likeliest = model(english, so_far)[:, -1].argmax(-1)
        going_on = ~(so_far == END).any(1)
        assert torch.equal(written[going_on, place], likeliest[going_on])
        so_far = torch.cat([so_far, written[:, place : place + 1]], 1)


def test_what_follows_the_end_is_padding():
    written = greedy(model_for(), source()).tolist()
    for row in written:
        after = row[row.index(END) + 1 :] if END in row else []
        assert set(after) <= {PAD}


def log_probability(model, english, words):
    target_in = torch.tensor([[START, *words[:-1]]])
    chances = model(english, target_in)[0].log_softmax(-1)
    return sum(chances[place, word].item() for place, word in enumerate(words))


def test_a_wide_beam_finds_the_best_of_all_sentences():
    model = model_for(target_vocab_size=5)
    english = source()[1:2]
    ended = [
        (*start, END)
        for length in range(3)
        for start in itertools.product([0, 1, 3, 4], repeat=length)
        if PAD not in start
    ]
    cut_off = [w for w in itertools.product([1, 3, 4], repeat=3)]
    penalised = {
        words: log_probability(model, english, words) / ((5 + len(words)) / 6) ** 0.6
        for words in ended + cut_off
    }
    best = max(penalised, key=penalised.get)
    found = beam(model, english, width=60, max_len=3)[0].tolist()
    assert tuple(word for word in found if word != PAD) == best


def test_a_beam_of_one_is_greedy():
    model, english = model_for(), source()
    assert torch.equal(beam(model, english, width=1), greedy(model, english))


def test_every_step_can_be_looked_at():
    model, english = model_for(), source()
    with torch.no_grad(), record(model) as trace:
        for number, step in enumerate(steps(model, english, lambda x: x.argmax(-1), 3)):
            if number < 3:
                assert step.tokens.shape == (BATCH, number + 1)
                crossed = trace["decoder.1.cross_attention"].weights
                assert crossed.shape == (BATCH, 3, 1, SOURCE)
                assert (crossed[0, :, :, 4:] == 0).all()


def test_cut_by_hand():
    logits = torch.tensor([[math.log(8), math.log(4), math.log(2), math.log(2)]])
    assert filter_logits(logits).probabilities[0].tolist() == pytest.approx(
        [0.5, 0.25, 0.125, 0.125]
    )
    assert filter_logits(logits, top_k=2).probabilities[0].tolist() == pytest.approx(
        [2 / 3, 1 / 3, 0, 0]
    )
    assert filter_logits(logits, top_p=0.6).kept[0].tolist() == [True, True, False, False]
    assert filter_logits(logits, top_p=0.5).kept[0].tolist() == [True, False, False, False]
    sharper = filter_logits(logits, temperature=0.5).probabilities[0]
    assert sharper.tolist() == pytest.approx([64 / 88, 16 / 88, 4 / 88, 4 / 88])


def test_cut_keeps_the_order_of_the_vocabulary():
    logits = torch.tensor([[0.0, 3.0, 1.0, 2.0]])
    assert filter_logits(logits, top_k=2).kept[0].tolist() == [False, True, False, True]


def test_sampling_follows_its_generator_and_stays_inside_the_cut():
    model, english = model_for(), source()
    draw = lambda seed: sample(  # noqa: E731
        model, english, generator=torch.Generator().manual_seed(seed), top_k=5
    )
    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))
    assert torch.equal(sample(model, english, top_k=1), greedy(model, english))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"temperature": 0.0}, "temperature=0.0"),
        ({"top_k": 0}, "top_k=0"),
        ({"top_p": 1.5}, "top_p=1.5"),
    ],
)
def test_impossible_cuts_are_refused(how, words):
    with pytest.raises(ValueError, match=words):
        filter_logits(torch.zeros(1, 4), **how)


def test_impossible_searches_are_refused():
    with pytest.raises(ValueError, match="max_len=12 .* 1 to 11"):
        greedy(model_for(), source(), max_len=12)
    with pytest.raises(ValueError, match="width=0"):
        beam(model_for(), source(), width=0)


def test_top_p_of_one_keeps_even_the_least_likely_word():
    logits = torch.zeros(1, 50).index_fill(1, torch.tensor([3]), 20.0)
    assert filter_logits(logits, top_p=1.0).kept.all()


class Bare(nn.Module):
    """A learner's own model: called like `Transformer`, and nothing else is alike."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, source, target_in):
        return self.inner(source, target_in)


class InHalves(Bare):
    """A learner's own model that reads the source once."""

    def encode(self, source):
        return self.inner.encode(source)

    def decode(self, target_in, memory, memory_mask):
        return self.inner.decode(target_in, memory, memory_mask)


class Doubtful(Transformer):
    """A `Transformer` that says its scores in its own way: a cache must not bypass it."""

    def decode(self, target_in, memory, memory_mask):
        return -super().decode(target_in, memory, memory_mask)


@pytest.mark.parametrize("own", [Bare, InHalves])
@pytest.mark.parametrize("search", [greedy, beam, sample])
def test_a_model_of_ones_own_writes_what_the_library_s_would(search, own, device):
    model, english = model_for(device), source(device)
    how = {"max_len": 6} | ({"top_k": 1} if search is sample else {})
    assert torch.equal(search(own(model), english, **how), search(model, english, **how))


def test_a_session_is_chosen_by_what_the_model_can():
    english = source()
    assert isinstance(open_session(model_for(), english), CachedSession)
    assert isinstance(open_session(model_for(), english, UncachedSession), UncachedSession)
    for model in (Bare(model_for()), InHalves(model_for()), Doubtful(CONFIG).eval()):
        assert isinstance(open_session(model, english), UncachedSession)


class OwnLayer(DecoderLayer):
    """A decoder layer that ends in its own way."""

    def forward(self, x, memory, mask=None, memory_mask=None):
        return super().forward(x, memory, mask, memory_mask).tanh()


class OwnAttention(MultiHeadAttention):
    """Heads that answer in their own way."""

    def forward(self, x, memory=None, mask=None):
        return -super().forward(x, memory, mask)


@pytest.mark.parametrize("exchange", ["layer", "attention", "decode"])
def test_no_cache_goes_round_a_learner_s_own_part(exchange):
    model = Doubtful(CONFIG).eval() if exchange == "decode" else model_for()
    if exchange == "layer":
        model.decoder.layers[0] = OwnLayer(CONFIG).eval()
    if exchange == "attention":
        model.decoder.layers[1].self_attention.sublayer = OwnAttention(12, 3).eval()
    english = source()
    assert torch.equal(greedy(model, english), greedy(model, english, session=UncachedSession))
    assert isinstance(open_session(model, english), UncachedSession)


def test_a_model_that_names_no_limit_needs_one():
    with pytest.raises(ValueError, match="Bare has no config.max_len .*; needed .*max_len=20"):
        greedy(Bare(model_for()), source())


@pytest.mark.parametrize("search", [greedy, beam])
def test_a_recurrent_model_writes_too(search):
    torch.manual_seed(1)
    model = RecurrentSeq2Seq(17, 19, d_model=8, score=dot_product_scores).eval()
    english = source()
    written = search(model, english, max_len=5)
    assert torch.equal(written, search(model, english, max_len=5, session=UncachedSession))
    assert len(written) == BATCH and 1 <= written.size(1) <= 5


def test_an_attention_that_mixes_its_keys_is_not_cached():
    """Linformer refuses a causal mask; going round the mask would write words without a word."""
    model = model_for(attention=lambda: Linformer(max_len=11, n_slots=4))
    assert isinstance(open_session(model, source()), UncachedSession)
    with pytest.raises(ValueError, match="different keys to different queries"):
        greedy(model, source())


def test_a_pattern_around_the_library_s_attention_is_cached(device):
    pattern = partial(window_mask, width=5)
    model = model_for(device, attention=lambda: Masked(FusedAttention(), pattern))
    english = source(device)
    assert isinstance(open_session(model, english), CachedSession)
    assert torch.equal(greedy(model, english), greedy(model, english, session=UncachedSession))
