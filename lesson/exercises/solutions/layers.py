"""Solutions of layers.py."""


def normed_row():
    deviation = ((2**2 + 1**2 + 3**2) / 3) ** 0.5  # of 0 1 5 from their mean, 2
    return (-2 / deviation, -1 / deviation, 3 / deviation)


def layer_norm(x, gain, shift, epsilon):
    mean = x.mean(-1, keepdim=True)
    variance = x.var(-1, correction=0, keepdim=True)
    return gain * (x - mean) / (variance + epsilon).sqrt() + shift
