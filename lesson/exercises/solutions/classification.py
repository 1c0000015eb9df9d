"""Solutions of classification.py."""


def mean_pool(x, mask):
    words = mask[:, 0, 0, :, None]  # (batch, length, 1)
    return (x * words).sum(1) / words.sum(1)


def classify(x, weight, bias):
    return x[:, 0] @ weight.T + bias


def head_shape():
    return (8, 5)  # a score for each review and each number of stars


def bag_ceiling():
    return (942 / 2 + 158) / 1100  # one of each two twins, and all the others
