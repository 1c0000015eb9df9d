"""Solutions of embeddings.py."""


def one_hot_embed(ids, table):
    return table[ids]  # a row of zeros with a single 1 picks one row of the table


def cosine(a, b):
    a, b = (x / x.norm(dim=-1, keepdim=True) for x in (a, b))
    return a @ b.T


def table_size():
    return 37_000 * 512
