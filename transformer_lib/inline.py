"""A module as a plain function: the same numbers without what `nn.Module` does around each call.

A word that is written by a cache passes some fifty modules with one vector each, so that looking
up attributes and hooks takes as long as the arithmetic. `inline` looks up once. What it does not
know, or what somebody watches with a hook, it calls as it is.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.layers import FeedForward, PostNorm, PreNorm, Residual

Function = Callable[..., Tensor]


def inline(module: nn.Module) -> Function:
    """x → what module(x) gives, as it stands now: weights exchanged later are not seen."""
    known = INLINE.get(type(module))
    return module if known is None or is_watched(module) else known(module)


def is_watched(module: nn.Module) -> bool:
    """Whether something of its own happens at each call: a hook, or a `forward` put in by hand."""
    hooks = (module._forward_hooks, module._forward_pre_hooks)
    return any(hooks) or "forward" in vars(module)


def linear(module: nn.Linear) -> Function:
    """x Wᵀ + b"""
    weight, bias = module.weight, module.bias
    return lambda x: F.linear(x, weight, bias)


def side_by_side(modules: Sequence[nn.Module]) -> Function:
    """x → the answers of all modules, one behind the other along the last axis.

    Linear maps become one, whose matrix has the rows of all.
    """
    plain = [each for each in modules if isinstance(each, nn.Linear) and inline(each) is not each]
    if len(plain) < len(modules):
        return lambda x: torch.cat([each(x) for each in modules], -1)
    weight = torch.cat([each.weight for each in plain])
    bias = None
    if all(each.bias is not None for each in plain):
        bias = torch.cat([each.bias for each in plain])
    return lambda x: F.linear(x, weight, bias)


def layer_norm(module: nn.LayerNorm) -> Function:
    """(x - mean) / deviation · weight + bias"""
    arguments = module.normalized_shape, module.weight, module.bias, module.eps
    return lambda x: F.layer_norm(x, *arguments)


def feed_forward(module: FeedForward) -> Function:
    """narrow(activation(widen(x)))"""
    widen, activation, narrow = inline(module.widen), module.activation, inline(module.narrow)
    return lambda x: narrow(activation(widen(x)))


def pre_norm(module: Residual) -> Function:
    """x + f(norm(x))"""
    norm, sublayer, dropout = inline(module.norm), inline(module.sublayer), module.dropout
    if drops(dropout):
        return lambda x: x + dropout(sublayer(norm(x)))
    return lambda x: x + sublayer(norm(x))


def post_norm(module: Residual) -> Function:
    """norm(x + f(x))"""
    norm, sublayer, dropout = inline(module.norm), inline(module.sublayer), module.dropout
    if drops(dropout):
        return lambda x: norm(x + dropout(sublayer(x)))
    return lambda x: norm(x + sublayer(x))


def drops(dropout: nn.Module) -> bool:
    """Whether a dropout changes anything as things stand."""
    idle = type(dropout) is nn.Dropout and not (dropout.training and dropout.p)
    return not idle or is_watched(dropout)


INLINE: dict[type, Callable[[Any], Function]] = {
    nn.Linear: linear,
    nn.LayerNorm: layer_norm,
    FeedForward: feed_forward,
    PreNorm: pre_norm,
    PostNorm: post_norm,
}
