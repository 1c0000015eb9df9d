"""Solutions of decoder.py."""

from transformer_lib.attention import masked_softmax
from transformer_lib.masks import causal_mask, padding_mask


def decoder_mask(tokens, pad):
    return padding_mask(tokens, pad) & causal_mask(tokens.size(1))


def repair_mask(scores, tokens, pad):
    mask = padding_mask(tokens, pad) & causal_mask(tokens.size(1))  # the ~ is gone
    return masked_softmax(scores, mask)
