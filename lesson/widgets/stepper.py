"""Attention one stage at a time, each number with the arithmetic that made it.

The browser computes every stage from x and the three matrices, so that a switch answers at once
and without a kernel. `stages` computes the same with the library.
"""

import math
from collections.abc import Sequence

import torch
import traitlets
from matplotlib.axes import Axes
from torch import Tensor

from lesson import plots
from lesson.widgets.stepper_input import MATRICES, check_example, patterns
from lesson.widgets.view import View, as_lists, script, style
from transformer_lib.attention import dot_product_scores, masked_softmax
from transformer_lib.data import worked_example

SIDE_BY_SIDE = 5  # words up to which two pictures stand in one row
STAGES = {  # what a stage makes, and what the stage is called
    "x": "X",
    "q": "Q",
    "k": "K",
    "v": "V",
    "scores": "QKᵀ",
    "scaled": "÷ √d_k",
    "masked": "mask",
    "weights": "softmax",
    "output": "× V",
}


class AttentionStepper(View):
    """X → Q, K, V → QKᵀ → ÷ √d_k → mask → softmax → × V. Whatever is left out is taken from
    "I am a student"; ÷ √d_k, mask and softmax can be switched off.

    tokens: the words, at most 8
    x: (length, d_model) one row a word, at most 8 numbers each
    w_q, w_k: (d_model, d_k); w_v: (d_model, d_v)
    mask: bool, broadcasts to (query, key); True = may attend. Without it nothing is hidden

    Raises ValueError for shapes that do not fit together or are too large, for a mask that is
    not bool, and for a step, a pattern or a cell that is not there.
    """

    _esm = script(__file__, "stepper_arithmetic.js")
    _css = style("stepper.css")
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    x = traitlets.List().tag(sync=True)
    w_q = traitlets.List().tag(sync=True)
    w_k = traitlets.List().tag(sync=True)
    w_v = traitlets.List().tag(sync=True)
    masks = traitlets.Dict().tag(sync=True)  # pattern: (query, key) of bools
    pattern = traitlets.Unicode("causal").tag(sync=True)
    with_scale = traitlets.Bool(True).tag(sync=True)
    with_mask = traitlets.Bool(False).tag(sync=True)
    with_softmax = traitlets.Bool(True).tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    picked = traitlets.List().tag(sync=True)  # matrix, row, column; or nothing

    def __init__(
        self,
        tokens: Sequence[str] | None = None,
        x: Tensor | None = None,
        w_q: Tensor | None = None,
        w_k: Tensor | None = None,
        w_v: Tensor | None = None,
        mask: Tensor | None = None,
    ):
        given = {"tokens": tokens, "x": x, "w_q": w_q, "w_k": w_k, "w_v": w_v}
        given = {name: value for name, value in given.items() if value is not None}
        example = worked_example()._replace(**given)
        check_example(example)
        super().__init__(
            tokens=list(example.tokens),
            **{name: as_lists(torch.as_tensor(getattr(example, name))) for name in MATRICES},
            masks=patterns(len(example.tokens), mask),
            pattern="causal" if mask is None else "own",
            with_mask=mask is not None,
        )

    @traitlets.validate("step")
    def one_of_the_stages(self, proposal: dict) -> int:
        """A step that there is."""
        step = proposal["value"]
        if not 0 <= step < len(STAGES):
            raise ValueError(
                f"step {step} is not one of the {len(STAGES)} stages; choose 0 (X) to "
                f"{len(STAGES) - 1} (× V)."
            )
        return step

    @traitlets.validate("pattern")
    def one_of_the_masks(self, proposal: dict) -> str:
        """A pattern that there is."""
        pattern = proposal["value"]
        if pattern not in self.masks:
            raise ValueError(
                f"pattern={pattern!r} is not one of the {len(self.masks)} masks of this view; "
                f"choose one of {', '.join(self.masks)}."
            )
        return pattern

    @traitlets.validate("picked")
    def one_of_the_cells(self, proposal: dict) -> list:
        """Nothing, or a cell that there is."""
        picked, shown = list(proposal["value"]), self.given() | self.stages()
        if picked and not is_cell(picked, shown):
            raise ValueError(
                f"picked={picked} is no cell of this view; choose [matrix, row, column], counted "
                f"from 0, with one of the matrices {', '.join(shown)}."
            )
        return picked

    def mask(self) -> Tensor:
        """(query, key) the mask that is applied now: all True when it is switched off."""
        mask = torch.tensor(self.masks[self.pattern])
        return mask if self.with_mask else torch.ones_like(mask)

    def given(self) -> dict[str, Tensor]:
        """x and the three matrices, rounded as the page has them."""
        return {name: torch.tensor(getattr(self, name)) for name in MATRICES}

    def stages(self) -> dict[str, Tensor]:
        """What each stage makes, with the present switches: the names are those of STAGES."""
        x, w_q, w_k, w_v = self.given().values()
        q, k, v = x @ w_q, x @ w_k, x @ w_v
        scores, mask = q @ k.mT, self.mask()
        scaled = dot_product_scores(q, k) if self.with_scale else scores
        masked = scaled.masked_fill(~mask, -math.inf)
        weights = masked_softmax(scaled, mask) if self.with_softmax else masked
        return dict(zip(STAGES, (x, q, k, v, scores, scaled, masked, weights, weights @ v)))

    def draw(self) -> Axes:
        """Weights with the present switches, beside the scores where the numbers fit."""
        made, mask, words = self.stages(), self.mask(), self.tokens
        *before, last = plots.panels(2) if len(words) <= SIDE_BY_SIDE else plots.panels(1, 4.5)
        title = "scores" if self.with_scale else "scores without ÷ √d_k"
        for ax in before:
            plots.heatmap(made["scaled"], words, mask=mask, signed=True, title=title, ax=ax)
        title = "weights" if self.with_softmax else "weights without softmax"
        weights, signed = made["weights"].masked_fill(~mask, 0.0), not self.with_softmax
        return plots.heatmap(weights, words, mask=mask, signed=signed, title=title, ax=last)

    def __repr__(self) -> str:
        switches = {
            "÷ √d_k": self.with_scale,
            f"{self.pattern} mask": self.with_mask,
            "softmax": self.with_softmax,
        }
        on = ", ".join(name for name, is_on in switches.items() if is_on) or "nothing"
        stage = f"stage {self.step + 1} of {len(STAGES)}: {list(STAGES.values())[self.step]}"
        return f"AttentionStepper({' '.join(self.tokens)!r}, {stage}; switched on: {on})"


def is_cell(picked: list, shown: dict[str, Tensor]) -> bool:
    """Whether [matrix, row, column] is there; the sums are the last column of the weights."""
    name, *place = picked
    if name not in shown or len(place) != 2:
        return False
    rows, columns = shown[name].shape
    return 0 <= place[0] < rows and 0 <= place[1] < columns + (name == "weights")
