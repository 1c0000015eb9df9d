"""Take one part out of a trained model, look what happens, and find the model as it was.

    with dead_head(model, "decoder.1.cross_attention", head=2), no_positions(model):
        model(source, target_in)

Each knock-out is a PyTorch hook that changes what flows through the model inside its block. No
weight is touched, and the hook is gone after the block, also when something fails in it.
A model was trained with what is taken away here: what breaks shows how much it leans on that
part, not what it would have learnt without it.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import torch
from torch import Tensor, nn

from transformer_lib.attention import MultiHeadAttention, dot_product_scores
from transformer_lib.masks import PAD
from transformer_lib.model import Embedding
from transformer_lib.trace import part_of, reader_name

Kind = TypeVar("Kind", bound=nn.Module)


@contextmanager
def no_positions(model: nn.Module) -> Iterator[None]:
    """Embeddings stay as they were looked up: the model reads a bag of words.

    Raises ValueError for a model without embeddings of its own.
    """
    places = [module.positions for module in modules_of_type(model, Embedding).values()]
    with hooks(nn.Module.register_forward_hook, places, lambda module, inputs, output: inputs[0]):
        yield


@contextmanager
def no_scaling(model: nn.Module) -> Iterator[None]:
    """q kᵀ in place of q kᵀ / √d_head, in every head.

    Raises ValueError when the scores are made in another way.
    """
    layers = attentions(model)
    for name, layer in layers.items():
        score = getattr(layer.attention, "score", None)
        if score is not dot_product_scores:
            raise ValueError(
                f"the scores of {name} come from {score!r}; needed is dot_product_scores, whose "
                f"division by √d_head can be undone: take a model with attention=Attention."
            )

    def stretch(q, k, v, mask):
        return q * math.sqrt(q.size(-1)), k, v, mask  # which the score then divides away

    with attention_inputs(layers.values(), stretch):
        yield


@contextmanager
def no_causal_mask(model: nn.Module) -> Iterator[None]:
    """Words of the target see those after them too; padding stays hidden.

    While a sentence is written, the newest word has none after it, so only the words before it
    change. A cache keeps what they were before: decode with `session=UncachedSession` to see it.
    Raises ValueError for a model without a decoder that looks at itself.
    """

    def look_ahead(q, k, v, mask):
        # The last query is the one from which the causal mask hides nothing.
        return q, k, v, mask if mask is None else mask[..., -1:, :]

    with attention_inputs(layers_of_parts(model, "decoder"), look_ahead):
        yield


@contextmanager
def dead_head(model: nn.Module, layer: str, head: int) -> Iterator[None]:
    """One head sees nothing: its weights and its output are 0.

    layer: as in a trace, for instance "encoder.0.self_attention"; head: counted from 0

    Raises ValueError for a layer or a head that the model does not have.
    """
    layers = attentions(model)
    if layer not in layers:
        raise ValueError(
            f"there is no attention {layer!r} in this model; choose one of {', '.join(layers)}."
        )
    n_heads = layers[layer].n_heads
    if not 0 <= head < n_heads:
        raise ValueError(
            f"there is no head {head} in {layer}, which has {n_heads}; choose 0 to {n_heads - 1}."
        )

    def silence(q, k, v, mask):
        alive = torch.arange(n_heads, device=q.device) != head
        return q, k, v, combine_masks(mask, alive[:, None, None])  # (heads, 1, 1)

    with attention_inputs([layers[layer]], silence):
        yield


@contextmanager
def hidden_word(model: nn.Module, place: int) -> Iterator[None]:
    """Nobody may look at the source word at `place`, as if it were padding.

    place: counted from 0; in sentences that end before it nothing is hidden

    Raises ValueError for a place below 0 and for a model without an encoder.
    """
    check_place(place)

    def hide(q, k, v, mask):
        return q, k, v, combine_masks(mask, torch.arange(k.size(2), device=k.device) != place)

    with attention_inputs(layers_of_parts(model, "encoder", "cross"), hide):
        yield


@contextmanager
def replaced_word(model: nn.Module, place: int, token: int) -> Iterator[None]:
    """The model reads `token` where the source word at `place` stands.

    place: counted from 0; sentences that end before it stay as they are
    token: an id, for instance UNKNOWN

    Raises ValueError for a place below 0 and for a model without embeddings of its own.
    """
    check_place(place)

    def replace(module, inputs):
        (tokens,) = inputs
        here = torch.arange(tokens.size(1), device=tokens.device) == place
        return (tokens.masked_fill(here & (tokens != PAD), token),)

    reader, *_ = modules_of_type(model, Embedding).values()  # the others, if any, read the target
    with hooks(nn.Module.register_forward_pre_hook, [reader], replace):
        yield


@contextmanager
def hooks(register: Callable, modules: Iterable[nn.Module], hook: Callable) -> Iterator[None]:
    """The hook on each of these modules, inside the block only."""
    handles = [register(module, hook) for module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def attention_inputs(
    layers: Iterable[MultiHeadAttention], change: Callable[..., tuple]
) -> AbstractContextManager[None]:
    """Let each layer's attention be asked with change(q, k, v, mask) in place of q, k, v, mask."""
    inner = (layer.attention for layer in layers)
    register = nn.Module.register_forward_pre_hook
    return hooks(register, inner, lambda module, inputs: change(*inputs))


def combine_masks(mask: Tensor | None, other: Tensor) -> Tensor:
    """What both masks show; None shows everything."""
    return other if mask is None else mask & other


def attentions(model: nn.Module) -> dict[str, MultiHeadAttention]:
    """The layers with heads, by the names that a trace gives them."""
    layers = modules_of_type(model, MultiHeadAttention)
    return {reader_name(path): layer for path, layer in layers.items()}


def layers_of_parts(model: nn.Module, *parts: str) -> list[MultiHeadAttention]:
    """The layers of these parts; "encoder", "decoder" and "cross" are those of a trace.

    Raises ValueError when there is none.
    """
    layers = attentions(model)
    names = [name for name in layers if part_of(name) in parts]
    if not names:
        raise ValueError(
            f"the model has no {' and no '.join(parts)} attention, only {', '.join(layers)}; take "
            f"one that has, such as Transformer."
        )
    return [layers[name] for name in names]


def modules_of_type(model: nn.Module, kind: type[Kind]) -> dict[str, Kind]:
    """The modules of a kind, by their paths in the model.

    Raises ValueError when there is none.
    """
    modules = {path: module for path, module in model.named_modules() if isinstance(module, kind)}
    if not modules:
        raise ValueError(
            f"{type(model).__name__} has 0 modules of the kind {kind.__name__}; needed is at "
            f"least 1: take a model such as Transformer."
        )
    return modules


def check_place(place: int) -> None:
    """Refuse places in front of the first word."""
    if place < 0:
        raise ValueError(f"place {place} is before the first word; count places from 0 on.")
