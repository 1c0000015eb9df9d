"""Every exercise answered once more, written differently from its solution."""

import itertools
import math

import torch
import torch.nn.functional as F

from transformer_lib import masks, positions, relative, rnn
from transformer_lib.decoding import filter_logits
from transformer_lib.efficient import Linformer


def visible_by_position(tokens, pad):
    """A key is real and may not come after its query."""
    place = torch.arange(tokens.size(1))
    return (tokens != pad)[:, None, None] & (place <= place[:, None])


def torch_rnn(x, w, u):
    """PyTorch's own recurrent network with these weights."""
    layer = torch.nn.RNN(*w.shape, bias=False)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(w.T)
        layer.weight_hh_l0.copy_(u.T)
    return layer(x)[0]


def by_rotation(row, steps):
    """Each pair as a complex number, turned by e^(i · angle)."""
    pairs = torch.complex(row[1::2], row[0::2])
    angle = steps * 10_000 ** (-torch.arange(len(pairs)) * 2 / len(row))
    turned = pairs * torch.polar(torch.ones_like(angle), angle)
    return torch.stack([turned.imag, turned.real], -1).flatten()


def split_by_chunks(x, n_heads):
    """Heads as slices, stacked."""
    return torch.stack(x.chunk(n_heads, dim=-1), dim=1)


def sentence_by_recursion(logits, max_len, so_far=(1,)):
    """Write one word and the rest."""
    if len(so_far) > max_len or so_far[-1] == 2:
        return list(so_far[1:])
    following = torch.as_tensor(logits(list(so_far))).topk(1).indices.item()
    return sentence_by_recursion(logits, max_len, (*so_far, following))


def plan(question, values, seeds, **rest):
    """Runs seed by seed, in another order than the solutions'."""
    return [{question: v, "seed": s, **rest} for s, v in itertools.product(seeds, values)]


def heads_one_by_one(x, memory, mask, projections, n_heads):
    """Each head by itself, with PyTorch's own kernel."""
    q, k, v = (f(y).chunk(n_heads, -1) for f, y in zip(projections, (x, memory, memory)))
    seen = mask[:, 0]
    outputs = [
        F.scaled_dot_product_attention(*qkv, seen) * seen.any(-1, keepdim=True)
        for qkv in zip(q, k, v)
    ]
    return projections[3](torch.cat(outputs, -1))


def layer_as_a_loop(x, memory, mask, memory_mask, sublayers, norms):
    """Three times the same step."""
    steps = [
        lambda y: sublayers[0](y, y, mask),
        lambda y: sublayers[1](y, memory, memory_mask),
        sublayers[2],
    ]
    for step, norm in zip(steps, norms):
        x = step(norm(x)).add(x)
    return x


WRITTEN_DIFFERENTLY = {
    "n_scores": lambda: torch.tensor(81),
    "rnn_states": torch_rnn,
    "steps_in_a_row": lambda: 43.0,
    "receptive_field": rnn.receptive_field,
    "bottleneck_shape": lambda: torch.Size([2, 64]),
    "repair_last_state": lambda states, tokens, pad: rnn.last_state(
        states, masks.padding_mask(tokens, pad)
    ),
    "one_hot_embed": F.embedding,
    "cosine": lambda a, b: F.cosine_similarity(a[:, None], b[None], dim=-1),
    "table_size": lambda: 18_944_000,
    "mixed_value": lambda: torch.tensor([0.25, 0.25, 0.5]) @ torch.tensor([8.0, 4.0, 0.0]),
    "soft_lookup": lambda query, keys, values: float(
        F.normalize(torch.exp(-(keys - query).square()), p=1, dim=0).dot(values)
    ),
    "query_shape": lambda: [2, 5, 3],
    "dot_product": lambda q, k: torch.tensor(q).float() @ torch.tensor(k).float(),
    "student_score": lambda: torch.tensor(1.0),
    "scores_shape": lambda: torch.Size([2, 3, 5, 7]),
    "scaled_scores": lambda q, k: torch.einsum("qd,kd->qk", q, k) * k.size(-1) ** -0.5,
    "repair_scale": lambda q, k, d_model: q @ k.mT / math.sqrt(d_model // q.size(1)),
    "softmax_rows": lambda scores: scores.softmax(-1),
    "weighted_values": lambda weights, v: torch.einsum("qk,kd->qd", weights, v),
    "attention": F.scaled_dot_product_attention,
    "n_pads": lambda: 32.0,
    "padding_mask": lambda tokens, pad: tokens.ne(pad).unsqueeze(1).unsqueeze(1),
    "convert_for_torch": lambda mask: mask.logical_not().flatten(1),
    "causal_mask": lambda length: torch.arange(length) <= torch.arange(length)[:, None],
    "masked_softmax": lambda scores, mask: scores.where(mask, -math.inf).softmax(-1).nan_to_num(),
    "decoder_mask": visible_by_position,
    "repair_mask": lambda scores, tokens, pad: F.normalize(
        scores.exp() * visible_by_position(tokens, pad), p=1, dim=-1
    ),
    "split_heads": split_by_chunks,
    "merge_heads": lambda x: torch.cat(x.unbind(1), dim=-1),
    "repair_heads": split_by_chunks,
    "head_parameters": lambda d_model, n_heads: sum(
        weights.numel() for weights in torch.nn.MultiheadAttention(d_model, n_heads).parameters()
    ),
    "plan_heads": lambda: plan("n_heads", (1, 2, 4), range(5), d_model=32, scored_on="held-out"),
    "sinusoids": positions.sinusoids,
    "wavelength": lambda pair, d_model: math.tau * math.exp(math.log(1e4) * 2 * pair / d_model),
    "repair_positions": lambda x, table: torch.stack([words + table[: len(words)] for words in x]),
    "shift_by": by_rotation,
    "alibi_slopes": relative.alibi_slopes,
    "relative_offsets": lambda length: torch.tensor(
        [[key - query for key in range(length)] for query in range(length)]
    ),
    "alibi_scores": lambda scores, slopes: (
        scores - torch.einsum("h,qk->hqk", slopes, relative.distances(scores, scores).abs().float())
    ),
    "plan_length": lambda: plan(
        "positions",
        ["alibi", "learned"],
        (5, 9, 11, 2),
        n_layers=1,
        trained_on="short",
        scored_on="long",
    ),
    "normed_row": lambda: F.layer_norm(torch.tensor([0.0, 1.0, 5.0]), (3,)).tolist(),
    "layer_norm": lambda x, gain, shift, epsilon: F.layer_norm(x, gain.shape, gain, shift, epsilon),
    "pre_norm": lambda x, norm, sublayer: sum([sublayer(norm(x)), x]),
    "feed_forward": lambda x, w1, b1, w2, b2: F.linear(F.linear(x, w1.T, b1).clamp(0), w2.T, b2),
    "residual_gradient": lambda slopes: math.exp(sum(math.log1p(slope) for slope in slopes)),
    "context_vector": lambda state, states: torch.einsum(
        "k,kd->d", torch.einsum("kd,d->k", states, state).softmax(0), states
    ),
    "additive_scores": lambda q, k, w, u, match: torch.stack(
        [(row @ w + k @ u).tanh() @ match for row in q]
    ),
    "masked_attention": lambda q, k, v, mask: (
        F.scaled_dot_product_attention(q, k, v, mask) * mask.any(-1, keepdim=True)
    ),
    "teacher_forcing": lambda target, start, end: (
        [start, *target, end][:-1],
        [start, *target, end][1:],
    ),
    "logits_shape": lambda: [2, 5, 13],
    "layer_parameters": lambda d_model, d_ff: sum(
        weights.numel()
        for weights in torch.nn.TransformerEncoderLayer(d_model, 1, d_ff).parameters()
    ),
    "repair_memory_mask": lambda source, target_in, pad: masks.padding_mask(source, pad),
    "mean_loss": lambda logits, expected, pad: F.cross_entropy(
        logits.flatten(0, 1), expected.flatten(), ignore_index=pad
    ),
    "smoothed": lambda expected, vocab_size, smoothing: torch.lerp(
        torch.eye(vocab_size)[expected], torch.full((vocab_size,), 1 / vocab_size), smoothing
    ),
    "learning_rate": lambda step, d_model, warmup: (
        (d_model * max(step, 1)) ** -0.5 * min(1, (step / warmup) ** 1.5)
    ),
    "plan_warmup": lambda: plan(
        "warmup",
        (0, 100, 1000),
        (1, 2, 3),
        residual="post-norm",
        rate=0.003,
        scored_on="held-out",
    ),
    "soften": lambda logits, temperature: filter_logits(logits, temperature).probabilities,
    "top_k": lambda logits, k: filter_logits(logits, top_k=k).probabilities,
    "top_p": lambda logits, p: filter_logits(logits, top_p=p).probabilities,
    "write": sentence_by_recursion,
    "best_sentence": lambda sentences, penalty: max(
        range(len(sentences)),
        key=lambda place: (
            math.fsum(sentences[place]) * (6 / (len(sentences[place]) + 5)) ** penalty
        ),
    ),
    "mean_pool": lambda x, mask: torch.stack(
        [words[real[0, 0]].mean(0) for words, real in zip(x, mask)]
    ),
    "classify": lambda x, weight, bias: F.linear(x, weight, bias)[:, 0],
    "head_shape": lambda: torch.Size([8, 5]),
    "bag_ceiling": lambda: 1 - 471 / 1100,
    "attention_flops": lambda length, d_model: (length * 2) ** 2 * d_model,
    "score_memory": lambda: 4 * math.prod((8, 4096, 4096)) >> 20,
    "linformer_shape": lambda: tuple(
        Linformer(43, 8)(*(torch.zeros(2, 3, n, 1) for n in (41, 43, 43))).scores.shape
    ),
    "visible_blocks": lambda n_blocks, n_global: int(
        masks.bigbird_mask(n_blocks, block=1, n_random=0, n_global=n_global).sum()
    ),
    "multi_head": heads_one_by_one,
    "decoder_layer": layer_as_a_loop,
    "transformer": lambda source, target_in, pad, embeddings, stacks, head: head(
        stacks[1](
            embeddings[1](target_in),
            stacks[0](embeddings[0](source), masks.padding_mask(source, pad)),
            visible_by_position(target_in, pad),
            masks.padding_mask(source, pad),
        )
    ),
}
