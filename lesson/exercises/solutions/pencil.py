"""Solutions of pencil.py."""


def dot_product(q, k):
    return sum(a * b for a, b in zip(q, k))


def student_score():
    return (1 * 1 + 1 * 0 + 1 * 1 + 1 * 0) / 4**0.5  # q of I, k of student, √d_head


def scores_shape():
    return (2, 3, 5, 7)  # one score for each sentence, head, query and key
