"""The attention stepper as Python sees it: stages, switches, refusals, the static picture."""

import json
import math

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch
import torch.nn.functional as F

matplotlib.use("Agg")

from lesson.widgets.stepper import STAGES, AttentionStepper  # noqa: E402
from transformer_lib.attention import Attention  # noqa: E402
from transformer_lib.data import worked_example  # noqa: E402
from transformer_lib.masks import causal_mask, padding_mask  # noqa: E402


def own_words(mask=None):
    """Five words of 7 numbers, keys of 3, values of 2."""
    shapes = {"x": (5, 7), "w_q": (7, 3), "w_k": (7, 3), "w_v": (7, 2)}
    given = {name: torch.randn(shape) for name, shape in shapes.items()}
    return AttentionStepper(tokens=list("abcde"), **given, mask=mask)


def test_the_stages_of_the_worked_example():
    example, stages = worked_example(), AttentionStepper().stages()
    output, weights, scores = Attention()(example.q, example.k, example.v)
    assert list(stages) == list(STAGES)
    assert torch.equal(stages["x"], example.x)
    for name in "qkv":
        assert torch.equal(stages[name], getattr(example, name))
    assert stages["scores"][0].tolist() == [3, 1, 1, 2]
    assert torch.equal(stages["scaled"], scores) and torch.equal(stages["masked"], scores)
    assert torch.equal(stages["weights"], weights) and torch.equal(stages["output"], output)


@pytest.mark.parametrize("pattern", ["causal", "padding", "own"])
def test_own_words_agree_with_torch(pattern):
    stepper = own_words(mask=torch.eye(5, dtype=torch.bool) | (torch.arange(5) == 2))
    stepper.pattern = pattern
    made = stepper.stages()
    wanted = F.scaled_dot_product_attention(made["q"], made["k"], made["v"], stepper.mask())
    torch.testing.assert_close(made["output"], wanted)
    shapes = [(5, 7), (5, 3), (5, 3), (5, 2), (5, 5), (5, 5), (5, 5), (5, 5), (5, 2)]
    assert [tuple(matrix.shape) for matrix in made.values()] == shapes


def test_patterns_of_four_words():
    stepper = AttentionStepper(mask=padding_mask(torch.tensor([[5, 0, 0, 5]])))
    assert stepper.mask().tolist() == [[True, False, False, True]] * 4
    hidden = {}
    for name in stepper.masks:
        stepper.pattern = name
        hidden[name] = (~stepper.mask()).nonzero().tolist()
    assert hidden["causal"] == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    assert hidden["padding"] == [[i, 3] for i in range(4)]
    assert hidden["past only"] == sorted(hidden["causal"] + [[i, i] for i in range(4)])
    stepper.with_mask = False
    assert stepper.mask().all()


def test_a_word_that_sees_nobody_gets_zeros():
    stepper = AttentionStepper()
    stepper.pattern, stepper.with_mask = "past only", True
    made = stepper.stages()
    assert made["masked"][0].tolist() == [-math.inf] * 4
    assert not made["weights"][0].any() and not made["output"][0].any()
    torch.testing.assert_close(made["weights"].sum(-1), torch.tensor([0.0, 1, 1, 1]))


def test_without_scale_rows_get_sharper():
    stepper = AttentionStepper()
    soft = stepper.stages()["weights"]
    stepper.with_scale = False
    made = stepper.stages()
    assert torch.equal(made["scaled"], made["scores"])
    assert torch.equal(made["weights"], made["scores"].softmax(-1))
    assert (made["weights"].amax(-1) > soft.amax(-1)).all()


def test_without_softmax_rows_sum_to_anything():
    stepper = AttentionStepper()
    stepper.with_softmax = False
    made = stepper.stages()
    assert made["weights"].sum(-1).tolist() == [3.5, 3.5, 2.5, 2]
    assert torch.equal(made["output"], made["scaled"] @ made["v"])
    stepper.with_mask = True
    output = stepper.stages()["output"]
    assert output[0].isnan().all()  # −∞ × 0
    assert output[1, 1] == -math.inf and output[3].isfinite().all()


def test_the_page_gets_four_decimals():
    stepper = AttentionStepper(x=torch.full((4, 4), 1 / 3, requires_grad=True))
    assert stepper.x == [[0.3333] * 4] * 4
    assert stepper.stages()["x"].tolist() == torch.full((4, 4), 0.3333).tolist()


def test_the_page_is_always_the_same():
    assert AttentionStepper().document() == AttentionStepper().document()
    assert json.loads(json.dumps(own_words().state(), allow_nan=False))["tokens"] == list("abcde")


def test_it_says_what_it_shows():
    stepper = AttentionStepper(mask=causal_mask(4))
    stepper.step = 4
    shown = "'I am a student', stage 5 of 9: QKᵀ; switched on: ÷ √d_k, own mask, softmax"
    assert repr(stepper) == f"AttentionStepper({shown})"
    stepper.with_scale = stepper.with_mask = stepper.with_softmax = False
    assert repr(stepper).endswith("switched on: nothing)")


def test_the_picture_in_words():
    stepper = AttentionStepper()
    left, right = stepper.frame()[1].split(" Heat map")
    assert left.startswith("Heat map, 4 queries by 4 keys: scores. Rows: I: 1.50 0.50 0.50 1.00;")
    assert right.startswith(", 4 queries by 4 keys: weights. Rows: I: 0.43 0.16 0.16 0.26;")
    stepper.with_mask, stepper.with_scale, stepper.with_softmax = True, False, False
    left, right = stepper.frame()[1].split(" Heat map")
    assert "scores without ÷ √d_k. Rows: I: 3.00 hidden hidden hidden; am: 2.00 3.00" in left
    assert "weights without softmax. Rows: I: 3.00 hidden hidden hidden; am: 2.00 3.00" in right
    assert not plt.get_fignums()


def test_a_longer_sentence_shows_its_weights_alone():
    stepper = AttentionStepper(tokens=list("abcdefg"), x=torch.randn(7, 4))
    words = stepper.frame()[1]
    assert words.count("Heat map") == 1 and "7 queries by 7 keys: weights." in words


@pytest.mark.parametrize(
    "given, message",
    [
        ({"x": torch.ones(2, 4, 4)}, r"x has shape \(2, 4, 4\).* \(8, 8\).*take one sentence"),
        ({"x": torch.ones(9, 4)}, r"x has shape \(9, 4\).* \(8, 8\)"),
        ({"x": torch.ones(0, 4)}, r"x has shape \(0, 4\).* from \(1, 1\)"),
        ({"w_v": torch.ones(4, 11)}, r"w_v has shape \(4, 11\).* \(8, 8\)"),
        ({"w_k": torch.full((4, 4), math.nan)}, "w_k holds 16 numbers .* not finite.*replace"),
        ({"tokens": ["I", "am"]}, "2 tokens, but x has 4 rows.*one row for each token"),
        ({"w_k": torch.ones(5, 4)}, r"w_k has 5 rows, but x has 4 .* shape \(4, d_k\)"),
        ({"w_q": torch.ones(4, 3)}, "queries of 3 numbers and w_k keys of 4.*equal shapes"),
        ({"mask": torch.ones(4, 4)}, r"mask is torch.float32; .*mask.bool\(\)"),
        ({"mask": causal_mask(5)}, r"mask \(5, 5\) .* \(1, 1, 4, 4\)"),
    ],
)
def test_what_cannot_be_shown_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        AttentionStepper(**given)


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("step", 9, r"step 9 .* 9 stages; choose 0 \(X\) to 8"),
        ("step", -1, "step -1 .* 9 stages"),
        ("pattern", "none", "pattern='none' .* 4 masks .* causal, padding, past only, own"),
        ("picked", ["scores", 4, 0], r"picked=\['scores', 4, 0\] is no cell.*x, w_q, .* output"),
        ("picked", ["weights", 0, 5], r"picked=\['weights', 0, 5\]"),
        ("picked", ["weights", 0], r"picked=\['weights', 0\]"),
        ("picked", ["keys", 0, 0], r"picked=\['keys', 0, 0\]"),
    ],
)
def test_what_is_not_there_cannot_be_chosen(name, value, message):
    stepper = AttentionStepper()
    before = getattr(stepper, name)
    with pytest.raises(ValueError, match=message):
        setattr(stepper, name, value)
    assert getattr(stepper, name) == before


def test_every_cell_can_be_picked():
    stepper = own_words()
    for name, matrix in (stepper.given() | stepper.stages()).items():
        stepper.picked = [name, len(matrix) - 1, matrix.size(1) - 1]
    stepper.picked = ["weights", 4, 5]  # the sum of the last row
    stepper.picked = []
    assert stepper.picked == []
