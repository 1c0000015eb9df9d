"""From parts to a model: heads, a decoder's layer, the whole Transformer."""

import math

import torch

from lesson.exercises.judging.exercise import Exercise, Mistake, draw
from lesson.exercises.topics.assembly import masked_attention
from lesson.exercises.topics.decoder import decoder_mask
from lesson.exercises.topics.heads import merge_heads, split_heads

# What stands in for the learned modules of a case: each changes its input in a way of its own.


def to_q(x):
    """A projection to queries."""
    return x.flip(-1) + 0.1


def to_k(x):
    """A projection to keys."""
    return x.roll(1, -1) - 0.2


def to_v(x):
    """A projection to values."""
    return 2 * x + 0.3


def join(x):
    """The projection of what the heads have found."""
    return x.roll(2, -1) - 0.7 * x + 0.4


multi_head_statement = """
`x` (batch, query, d_model) asks, `memory` (batch, key, d_model) answers; `mask` broadcasts to
(batch, heads, query, key), True = may attend. `projections` are four functions: to queries, to
keys, to values, and the one for the joined heads at the end. Return (batch, query, d_model). Your
functions 2, 3 and 4 are at hand as `part["split_heads"]`, `part["merge_heads"]` and
`part["masked_attention"]`.
"""


def multi_head(x, memory, mask, projections, n_heads):
    """(batch, query, d_model): project, cut into heads, attend, join, project once more."""
    q_proj, k_proj, v_proj, out_proj = projections
    q, k, v = (split_heads(y, n_heads) for y in (q_proj(x), k_proj(memory), v_proj(memory)))
    return out_proj(merge_heads(masked_attention(q, k, v, mask)))


def multi_head_solution(x, memory, mask, projections, n_heads):
    q_proj, k_proj, v_proj, out_proj = projections
    q, k, v = (
        projected.unflatten(-1, (n_heads, -1)).transpose(1, 2)
        for projected in (q_proj(x), k_proj(memory), v_proj(memory))
    )
    scores = q @ k.mT / math.sqrt(q.size(-1))
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num()
    return out_proj((weights @ v).transpose(1, 2).flatten(2))


def asked_with(ask):
    """A wrong answer: multi_head with other inputs."""
    return lambda x, memory, mask, projections, n_heads: multi_head(
        *ask(x, memory, mask, projections, n_heads)
    )


def heads_to_join():
    """x, memory and a mask, as many words as the other in no case."""
    triangle = torch.ones(2, 3).tril(1).bool()[None, None]
    holes = torch.ones(2, 1, 3, 5).tril(2).bool()
    four = (to_q, to_k, to_v, join)
    return [
        (*draw(0, (1, 2, 4), (1, 3, 4)), triangle, four, 2),
        (*draw(1, (2, 3, 6), (2, 5, 6)), holes, four, 3),
    ]


MULTI_HEAD = Exercise(
    multi_head,
    multi_head_solution,
    multi_head_statement,
    stars=2,
    minutes=8,
    cases=heads_to_join,
    hints=(
        "Queries come from x, keys and values from the memory.",
        "Project first, then cut each of the three into heads.",
        "Attend, merge the heads, and put the last projection on what you have merged.",
    ),
    mistakes=(
        Mistake(
            "no last projection",
            asked_with(
                lambda x, memory, mask, four, n: (x, memory, mask, (*four[:3], lambda y: y), n)
            ),
            "The heads stand side by side, and nothing mixes them: the fourth projection is left.",
        ),
        Mistake(
            "values not projected",
            asked_with(
                lambda x, memory, mask, four, n: (
                    *(x, memory, mask),
                    (four[0], four[1], lambda y: y, four[3]),
                    n,
                )
            ),
            "Your values are the memory itself. They have a projection of their own.",
        ),
        Mistake(
            "keys and values swapped",
            asked_with(
                lambda x, memory, mask, four, n: (
                    *(x, memory, mask),
                    (four[0], four[2], four[1], four[3]),
                    n,
                )
            ),
            "The second projection makes keys, the third values; yours are swapped.",
        ),
        Mistake(
            "one head",
            asked_with(lambda x, memory, mask, four, n: (x, memory, mask, four, 1)),
            "One wide head. Cut the projected vectors into n_heads slices.",
        ),
        Mistake(
            "no mask",
            asked_with(
                lambda x, memory, mask, four, n: (x, memory, torch.ones_like(mask), four, n)
            ),
            "Hidden keys get weight: hand the mask on to the attention.",
        ),
        Mistake(
            "the sentence asks itself",
            asked_with(lambda x, memory, mask, four, n: (x, x, mask[..., : x.size(1)], four, n)),
            "Keys and values come from `memory`, also where that is another sentence.",
        ),
    ),
)


def attend_self(x, memory, mask):
    """An attention: the mean of what each query may see, and a little of itself."""
    seen = mask[:, 0].float().expand(-1, x.size(1), -1)
    return seen @ memory / (1 + seen.sum(-1, keepdim=True)) + 0.3 * x


def attend_memory(x, memory, mask):
    """Another attention."""
    return 2 * attend_self(x, memory, mask) - 0.5


def think(x):
    """A feed-forward network."""
    return (1.5 * x - 0.2).relu()


def norm_1(x):
    """The norm before the first sublayer."""
    return x - x.mean(-1, keepdim=True)


def norm_2(x):
    """The norm before the second."""
    return 0.5 * x


def norm_3(x):
    """The norm before the third."""
    return 0.8 * x + 0.1


decoder_layer_statement = r"""
Three sublayers, each with a path round it, $x + f(\text{norm}(x))$: the sentence asks itself under
`mask`, then the `memory` under `memory_mask`, then each word thinks. `sublayers` are three
functions, two attentions that are called as `attention(x, memory, mask)` and a feed-forward network
`think(x)`; `norms` are three, one for each. Return what has the shape of `x`.
"""


def decoder_layer(x, memory, mask, memory_mask, sublayers, norms):  # noqa: PLR0913
    """x + f(norm(x)) three times: ask the sentence, ask the memory, think."""
    self_attention, cross_attention, feed_forward = sublayers
    normed = norms[0](x)
    x = x + self_attention(normed, normed, mask)
    x = x + cross_attention(norms[1](x), memory, memory_mask)
    return x + feed_forward(norms[2](x))


def decoder_layer_solution(x, memory, mask, memory_mask, sublayers, norms):
    self_attention, cross_attention, feed_forward = sublayers
    asks = norms[0](x)
    x = x + self_attention(asks, asks, mask)
    x = x + cross_attention(norms[1](x), memory, memory_mask)
    return x + feed_forward(norms[2](x))


def post_norm_layer(x, memory, mask, memory_mask, sublayers, norms):
    """The paper's own order: norm(x + f(x))."""
    x = norms[0](x + sublayers[0](x, x, mask))
    x = norms[1](x + sublayers[1](x, memory, memory_mask))
    return norms[2](x + sublayers[2](x))


def without_paths(x, memory, mask, memory_mask, sublayers, norms):
    """No way round."""
    x = sublayers[0](norms[0](x), norms[0](x), mask)
    x = sublayers[1](norms[1](x), memory, memory_mask)
    return sublayers[2](norms[2](x))


def without_norms(x, memory, mask, memory_mask, sublayers, norms):
    """No norm."""
    return decoder_layer(x, memory, mask, memory_mask, sublayers, [lambda y: y] * 3)


def memory_first(x, memory, mask, memory_mask, sublayers, norms):
    """The two attentions in the wrong order."""
    x = x + sublayers[1](norms[1](x), memory, memory_mask)
    x = x + sublayers[0](norms[0](x), norms[0](x), mask)
    return x + sublayers[2](norms[2](x))


def no_memory(x, memory, mask, memory_mask, sublayers, norms):
    """An encoder's layer."""
    x = x + sublayers[0](norms[0](x), norms[0](x), mask)
    return x + sublayers[2](norms[2](x))


def raw_keys(x, memory, mask, memory_mask, sublayers, norms):
    """The norm for those that ask, and not for those that answer."""
    x = x + sublayers[0](norms[0](x), x, mask)
    x = x + sublayers[1](norms[1](x), memory, memory_mask)
    return x + sublayers[2](norms[2](x))


def layers_to_wire():
    """x, memory, the two masks, three sublayers and three norms."""
    past = torch.ones(2, 2).tril().bool()[None, None]
    real = torch.tensor([[True, True, False]])[:, None, None]
    longer = torch.ones(2, 1, 3, 3).tril().bool()
    others = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 0]]).bool()[:, None, None]
    rest = (attend_self, attend_memory, think), (norm_1, norm_2, norm_3)
    return [
        (*draw(2, (1, 2, 4), (1, 3, 4)), past, real, *rest),
        (*draw(3, (2, 3, 7), (2, 5, 7)), longer, others, *rest),
    ]


DECODER_LAYER = Exercise(
    decoder_layer,
    decoder_layer_solution,
    decoder_layer_statement,
    stars=2,
    minutes=8,
    cases=layers_to_wire,
    hints=(
        "Each step has the form x = x + f(norm(x)), with a norm of its own.",
        "In self-attention the normed x asks *and* answers.",
        "The memory comes normed from the encoder: hand it on as it is, with its own mask.",
    ),
    mistakes=(
        Mistake(
            "norm after the addition",
            post_norm_layer,
            "That is the paper's order, norm(x + f(x)). Here the norm comes first, inside.",
        ),
        Mistake(
            "no way round",
            without_paths,
            "Each sublayer's result is *added* to what went in: x = x + …",
        ),
        Mistake("no norms", without_norms, "Each sublayer gets norm(x), with a norm of its own."),
        Mistake(
            "memory first",
            memory_first,
            "First the sentence asks itself, then the memory.",
        ),
        Mistake(
            "the memory is never asked",
            no_memory,
            "That is an encoder's layer: the cross-attention is missing.",
        ),
        Mistake(
            "keys not normed",
            raw_keys,
            "In self-attention those that answer are normed too: norm once, use it twice.",
        ),
    ),
)


def embed_source(tokens):
    """A table with positions: ids → vectors."""
    place = torch.arange(tokens.size(1))[:, None]
    return (tokens[..., None] + place) * torch.tensor([0.1, -0.2, 0.3])


def embed_target(tokens):
    """Another table."""
    place = torch.arange(tokens.size(1))[:, None]
    return (tokens[..., None] - place) * torch.tensor([-0.3, 0.2, 0.1]) + 0.5


def encoder(x, mask):
    """A stack that reads."""
    return attend_self(x, x, mask) + 0.2


def decoder(x, memory, mask, memory_mask):
    """A stack that reads and asks."""
    return attend_self(x, x, mask) + attend_memory(x, memory, memory_mask)


def head(x):
    """d_model numbers → a score for each of four words."""
    return x @ torch.tensor([[1.0, 0.0, 2.0, -1.0], [0.0, 1.0, 1.0, 1.0], [1.0, -1.0, 0.0, 2.0]])


transformer_statement = """
`source` (batch, source) and `target_in` (batch, target) are ids; `pad` is the id of the pads.
`embeddings` are two functions, the source's and the target's; `stacks` are two, called as
`encoder(x, mask)` and `decoder(x, memory, mask, memory_mask)`; `head(x)` scores the words. You
build the two masks: the source's hides pads, (batch, 1, 1, source); the target's hides pads and the
future, as `part["decoder_mask"]` does. Return logits (batch, target, words).
"""


def transformer(source, target_in, pad, embeddings, stacks, head):  # noqa: PLR0913
    """Logits (batch, target, words): the encoder reads once, the decoder asks what it read."""
    memory_mask = (source != pad)[:, None, None, :]
    memory = stacks[0](embeddings[0](source), memory_mask)
    mask = decoder_mask(target_in, pad)
    return head(stacks[1](embeddings[1](target_in), memory, mask, memory_mask))


def transformer_solution(source, target_in, pad, embeddings, stacks, head):
    encoder, decoder = stacks
    memory_mask = (source != pad)[:, None, None, :]
    memory = encoder(embeddings[0](source), memory_mask)
    past = torch.ones(target_in.size(1), target_in.size(1), dtype=torch.bool).tril()
    mask = (target_in != pad)[:, None, None, :] & past
    return head(decoder(embeddings[1](target_in), memory, mask, memory_mask))


def with_masks(memory_mask, mask, scored=True):
    """A Transformer that makes its masks in another way."""

    def wrong(source, target_in, pad, embeddings, stacks, head):
        hidden = memory_mask(source, pad)
        memory = stacks[0](embeddings[0](source), hidden)
        x = stacks[1](embeddings[1](target_in), memory, mask(target_in, pad), hidden)
        return head(x) if scored else x

    return wrong


def real(tokens, pad):
    """The right mask of the source."""
    return (tokens != pad)[:, None, None, :]


def everything(tokens, pad):
    """A mask that hides nothing."""
    return torch.ones(len(tokens), 1, 1, tokens.size(1), dtype=torch.bool)


def one_table(source, target_in, pad, embeddings, stacks, head):
    """The source's table for both languages."""
    return transformer(source, target_in, pad, (embeddings[0], embeddings[0]), stacks, head)


def never_encoded(source, target_in, pad, embeddings, stacks, head):
    """The decoder asks bare embeddings."""
    return transformer(source, target_in, pad, embeddings, (lambda x, mask: x, stacks[1]), head)


def sentences_to_translate():
    """Source and target, with pads of two kinds."""
    rest = (embed_source, embed_target), (encoder, decoder), head
    return [
        (torch.tensor([[5, 6, 0]]), torch.tensor([[1, 4]]), 0, *rest),
        (
            torch.tensor([[5, 6, 7, 8, 9], [5, 6, 9, 9, 9]]),
            torch.tensor([[1, 4, 5], [1, 9, 9]]),
            9,
            *rest,
        ),
    ]


TRANSFORMER = Exercise(
    transformer,
    transformer_solution,
    transformer_statement,
    stars=3,
    minutes=10,
    cases=sentences_to_translate,
    hints=(
        "Two halves. First: embed the source, mask its pads, let the encoder read: the memory.",
        "Then embed the target with the other table; its mask hides pads and the future.",
        "The decoder gets the *source's* mask as well, for the memory. The head comes last.",
    ),
    mistakes=(
        Mistake(
            "the target sees its future",
            with_masks(real, real),
            "The target's mask hides pads only: a word must not see those after it.",
        ),
        Mistake(
            "pads of the source not hidden",
            with_masks(everything, decoder_mask),
            "The source's pads are read: mask them, in the encoder and for the memory.",
        ),
        Mistake(
            "pads of the target not hidden",
            with_masks(real, lambda tokens, pad: decoder_mask(tokens, pad=-1)),
            "The target's mask hides the future only. Pads must be hidden too.",
        ),
        Mistake(
            "never scored",
            with_masks(real, decoder_mask, scored=False),
            "That is the decoder's output. The head makes scores for words of it.",
        ),
        Mistake(
            "one table for both",
            one_table,
            "The target has a table of its own: the second of `embeddings`.",
        ),
        Mistake(
            "never encoded",
            never_encoded,
            "The decoder asks the bare embeddings of the source. The encoder must read them first.",
        ),
    ),
)

EXERCISES = (MULTI_HEAD, DECODER_LAYER, TRANSFORMER)
