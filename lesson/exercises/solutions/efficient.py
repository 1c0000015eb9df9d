"""Solutions of efficient.py."""


def linformer_shape():
    return (2, 3, 41, 8)  # a column for each slot


def visible_blocks(n_blocks, n_global):
    rest = n_blocks - n_global  # the blocks that are not global see their own window
    return n_blocks**2 - rest**2 + max(0, 3 * rest - 2)
