"""A module as a plain function: equal numbers, and what it does not know is called as it is."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from transformer_lib.cache import CachedSession, UncachedSession, open_session
from transformer_lib.inline import INLINE, inline, side_by_side
from transformer_lib.layers import FeedForward, PostNorm, PreNorm, Residual
from transformer_lib.model import Config, Transformer

D_MODEL, D_FF = 6, 10


def disturbed(module):
    """No weight is 0 or 1, so that none can be forgotten unseen."""
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(torch.randn_like(weight))
    return module


MODULES = [
    nn.Linear(D_MODEL, D_FF),
    nn.Linear(D_MODEL, D_FF, bias=False),
    nn.LayerNorm(D_MODEL),
    nn.LayerNorm(D_MODEL, eps=0.3),
    FeedForward(D_MODEL, D_FF),
    FeedForward(D_MODEL, D_FF, activation=F.gelu),
    PreNorm(FeedForward(D_MODEL, D_FF), D_MODEL, dropout=0.5).eval(),
    PostNorm(FeedForward(D_MODEL, D_FF), D_MODEL, dropout=0.5).eval(),
]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_the_numbers_are_equal(module):
    x = torch.randn(2, 3, D_MODEL)
    function = inline(disturbed(module))
    assert not isinstance(function, nn.Module), "the module would be called as it is"
    assert torch.equal(function(x), module(x))


def test_each_kind_that_it_knows_is_tried():
    assert {type(module) for module in MODULES} == set(INLINE)


@pytest.mark.parametrize("kind", [PreNorm, PostNorm])
def test_dropout_that_is_at_work_stays_at_work(kind):
    module = kind(nn.Linear(64, 64), 64, dropout=0.5).train()
    x = torch.randn(2, 64)
    torch.manual_seed(0)
    needed = module(x)
    torch.manual_seed(0)
    assert torch.equal(inline(module)(x), needed)
    assert not torch.equal(inline(module.eval())(x), needed)


class Twice(nn.Linear):
    """A linear map of one's own."""

    def forward(self, x):
        return 2 * super().forward(x)


class Beside(Residual):
    """A residual path of one's own."""

    def forward(self, x, **inputs):
        return x - self.sublayer(x, **inputs)


@pytest.mark.parametrize("module", [Twice(4, 4), Beside(nn.Linear(4, 4), 4), nn.Tanh()], ids=str)
def test_a_module_of_one_s_own_is_called_as_it_is(module):
    assert inline(module) is module


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_a_hook_is_heard(register):
    module, heard = nn.Linear(4, 4), []
    getattr(module, register)(lambda *call: heard.append(1))
    inline(module)(torch.randn(1, 4))
    side_by_side([module, nn.Linear(4, 4)])(torch.randn(1, 4))
    assert len(heard) == 2


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", [nn.Linear, Twice])
def test_linear_maps_side_by_side(kind, bias):
    modules = [kind(4, width, bias=bias) for width in (2, 3, 5)]
    x = torch.randn(2, 4)
    torch.testing.assert_close(side_by_side(modules)(x), torch.cat([m(x) for m in modules], -1))


CHANGES = {
    "q_proj": ("decoder.layers.0.self_attention.sublayer", "q_proj"),
    "out_proj": ("decoder.layers.1.cross_attention.sublayer", "out_proj"),
    "narrow": ("decoder.layers.1.feed_forward.sublayer", "narrow"),
    "head": ("", "head"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_map_of_one_s_own_inside_a_model_is_not_gone_round(change):
    model = Transformer(Config(vocab_size=11, d_model=8, n_heads=2)).eval()
    path, name = CHANGES[change]
    owner = model.get_submodule(path)
    plain = getattr(owner, name)
    setattr(owner, name, Twice(plain.in_features, plain.out_features))
    source, words = torch.randint(3, 11, (2, 5)), torch.randint(3, 11, (2, 1))
    cached, recomputed = CachedSession(model, source), UncachedSession(model, source)
    torch.testing.assert_close(cached.logits(words), recomputed.logits(words))


WATCHED = [
    "decoder.layers.0",
    "decoder.layers.0.self_attention",
    "decoder.layers.0.self_attention.sublayer",
    "decoder.layers.1.cross_attention.sublayer.attention",
    "decoder.layers.0.cross_attention.sublayer.v_proj",
    "decoder.layers.1.self_attention.sublayer.k_proj",
    "decoder.layers.1.feed_forward.sublayer.widen",
    "decoder.final_norm",
    "target_embedding.table",
    "head",
]


@pytest.mark.parametrize("path", WATCHED)
def test_who_watches_a_part_hears_of_it_while_words_are_written(path):
    model = Transformer(Config(vocab_size=11, d_model=8, n_heads=2)).eval()
    heard = []
    model.get_submodule(path).register_forward_hook(lambda *call: heard.append(1))
    open_session(model, torch.randint(3, 11, (2, 5))).logits(torch.randint(3, 11, (2, 1)))
    assert heard
