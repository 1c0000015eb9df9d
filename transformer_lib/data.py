"""The sentences the course works with, and one of them as numbers.

"I am a student" is carried through everything: its vectors and weights live here and
nowhere else, so that text, code and pictures cannot disagree.
"""

from typing import NamedTuple

import torch
from torch import Tensor

STUDENT = ("I am a student", "je suis étudiant")
CAT = ("The cat is black", "Le chat est noir")
HOPKINS = "Anthony Hopkins admired Michael Bay as a great director"


class WorkedExample(NamedTuple):
    """Four words, their vectors and the three matrices that turn them into q, k and v."""

    tokens: list[str]
    x: Tensor  # (length, d_model) one row a word
    w_q: Tensor  # (d_model, d_head)
    w_k: Tensor  # (d_model, d_head)
    w_v: Tensor  # (d_model, d_head)

    @property
    def q(self) -> Tensor:
        """(query, d_head) what each word asks for"""
        return self.x @ self.w_q

    @property
    def k(self) -> Tensor:
        """(key, d_head) what each word offers to be found by"""
        return self.x @ self.w_k

    @property
    def v(self) -> Tensor:
        """(key, d_head) what each word hands over"""
        return self.x @ self.w_v


def worked_example() -> WorkedExample:
    """ "I am a student" with d_model = d_head = 4, fresh tensors at each call.

    Chosen so that a pencil suffices: x_I = q_I = [1, 1, 1, 1]; after ÷ √4 every word's score
    with itself is 1.5, the highest of its row, and (I, student) is 1.0, I's next highest.
    """
    x = [[1, 1, 1, 1], [1, 0, 2, 0], [2, 1, 0, 1], [0, 1, 1, 0]]
    w_q = [[0, 0, -1, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 0]]
    w_k = [[0, 0, -1, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 1]]
    w_v = [[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1]]
    return WorkedExample(STUDENT[0].split(), *(torch.tensor(m).float() for m in (x, w_q, w_k, w_v)))


def wide_example() -> tuple[Tensor, Tensor]:
    """The query of "I" and the keys of all four words at d_head = 64, the paper's width.

    returns q (1, 64), sixty-four ones, and k (4, 64), ones and twos, so that
    q kᵀ = 128, 64, 64, 96 and, divided by √64, 16, 8, 8, 12
    """
    twos = torch.tensor([64, 0, 0, 32])  # how many of a word's 64 features are 2
    return torch.ones(1, 64), 1.0 + (torch.arange(64) < twos[:, None])
