"""Solutions of padding.py."""


def n_pads():
    return 41 - 9  # every place holds a token or a pad


def padding_mask(tokens, pad):
    return (tokens != pad)[:, None, None, :]


def convert_for_torch(mask):
    return ~mask[:, 0, 0]  # the other meaning, without the axes of heads and queries
