"""Pictures: what is drawn, what is said of it, and what is refused."""

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.patches import Rectangle

matplotlib.use("Agg")

from lesson import pictures, plots  # noqa: E402
from transformer_lib.masks import causal_mask  # noqa: E402
from transformer_lib.training import History  # noqa: E402

WORDS = ["I", "am", "a", "student"]


@pytest.fixture(autouse=True)
def style():
    pictures.use_style()
    yield
    plt.close("all")


def hatched(ax):
    return sum(isinstance(p, Rectangle) and p.get_hatch() is not None for p in ax.patches)


def numbers(ax):
    return [text.get_text() for text in ax.texts]


def test_weights_lie_on_a_scale_from_0_to_1_and_carry_their_numbers():
    ax = plots.heatmap(torch.full((3, 4), 0.25), WORDS[:3], WORDS)
    assert ax.images[0].get_clim() == (0, 1)
    assert numbers(ax) == ["0.25"] * 12


def test_scores_lie_on_a_scale_centred_at_0():
    low, high = plots.heatmap(torch.tensor([[-2.0, 1.0]]), signed=True).images[0].get_clim()
    assert low == -high and high >= 2


def test_hidden_cells_are_hatched_and_empty():
    ax = plots.heatmap(torch.rand(4, 4), WORDS, mask=causal_mask(4))
    assert hatched(ax) == 6
    assert len(numbers(ax)) == 10


def test_a_rounded_zero_has_no_sign():
    ax = plots.heatmap(torch.tensor([[-0.001, 1.0]]), signed=True)
    assert numbers(ax) == ["0.00", "1.00"] and "−0.00" not in ax.get_label()


def test_large_matrices_stay_without_numbers():
    assert numbers(plots.heatmap(torch.rand(11, 11))) == []


def test_axes_of_size_one_in_front_are_dropped():
    assert plots.heatmap(torch.rand(1, 1, 3, 4)).images[0].get_array().shape == (3, 4)


def test_two_sentences_at_once_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 3, 4\).*weights\[0, 0\]"):
        plots.heatmap(torch.rand(2, 3, 4))


def test_the_alt_text_holds_the_numbers():
    ax = plots.heatmap(torch.eye(2), ["I", "am"], mask=causal_mask(2), title="itself only")
    assert pictures.alt_text(ax.figure) == (
        "Heat map, 2 queries by 2 keys: itself only. Rows: I: 1.00 hidden; am: 0.00 1.00."
    )


def test_a_mask_is_drawn_and_counted():
    ax = plots.mask_map(causal_mask(4), WORDS, title="no future")
    assert hatched(ax) == 6
    assert "10 of 16 cells visible" in pictures.alt_text(ax.figure)


def test_places_without_words_are_whole_numbers():
    ax = plots.mask_map(causal_mask(16))
    assert all(place % 1 == 0 for place in [*ax.get_xticks(), *ax.get_yticks()])


def test_bars_and_curves_say_what_they_show():
    ax = plots.bars({"raw": [0.25, 0.75]}, ["I", "am"], title="two words")
    assert [patch.get_height() for patch in ax.patches] == [0.25, 0.75]
    assert pictures.alt_text(ax.figure) == "Bar chart: two words. raw: I 0.25, am 0.75."
    ax = plots.curves([4, 16], {"none": [4, 16]}, xlabel="d_k", ylabel="variance", log="x")
    assert ax.lines[0].get_ydata().tolist() == [4, 16]
    assert "none from 4 to 16" in pictures.alt_text(ax.figure)
    assert ax.xaxis.get_major_formatter()(16, None) == "16"  # and not 2 to the 4th


def test_a_curve_over_whole_numbers_has_no_ticks_between_them():
    ax = plots.curves(range(5), {"none": range(5)}, xlabel="layer", ylabel="cosine")
    assert all(place % 1 == 0 for place in ax.get_xticks())
    ax = plots.curves([-1.0, 0.5, 1.0], {"none": range(3)}, xlabel="way", ylabel="loss")
    assert any(place % 1 for place in ax.get_xticks())


def test_no_line_is_dropped_however_many_there_are():
    lines = {f"line {number}": [0, number] for number in range(9)}
    assert len(plots.curves([0, 1], lines, xlabel="x", ylabel="y").lines) == 9


def test_points_are_named_and_grouped():
    points = torch.tensor([[0.0, 0], [1, 0], [5, 5]])
    ax = plots.scatter(points, ["this", "the", "car"], ["little", "little", "thing"], title="map")
    assert [line.get_label() for line in ax.lines] == ["little", "thing"]
    assert numbers(ax) == ["this", "the", "car"]
    assert pictures.alt_text(ax.figure) == (
        "Map of 3 points: map. Nearest on it: this beside the, the beside this, car beside the."
    )


def test_points_without_a_name_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 2\), and there are 2 names; .*\(2, 2\)"):
        plots.scatter(torch.zeros(3, 2), ["this", "the"])


def test_a_training_is_drawn_with_its_evaluations():
    history = History(losses=[4.0, 3.0, 2.0, 1.0], evaluations=[(2, 0.25), (4, 0.75)])
    ax = plots.learning(history, title="quick")
    assert ax.lines[1].get_ydata().tolist() == [4, 3, 2, 1]
    assert ax.figure.axes[1].lines[0].get_xydata().tolist() == [[2, 0.25], [4, 0.75]]
    assert pictures.alt_text(ax.figure) == (
        "Training curve: quick. 4 steps, the loss went from 4.00 to 1.00 nats. "
        "The last evaluation, after step 4, gave 0.75."
    )


def test_a_training_without_a_step_is_refused():
    with pytest.raises(ValueError, match="0 steps; needed is at least 1"):
        plots.learning(History())


def test_a_picture_is_one_image_with_its_words():
    ax = plots.heatmap(torch.eye(2), ["<pad>", '"am"'])
    html = pictures.picture(ax.figure)
    assert html.startswith("<img ") and html.count("<") == 1
    assert "&lt;pad&gt;" in html and 'src="data:image/png;base64,' in html


def test_pictures_are_the_same_to_the_byte():
    first, second = (plots.heatmap(torch.eye(3), WORDS[:3]).figure for _ in range(2))
    assert pictures.png(first) == pictures.png(second)


def test_korean_letters_have_glyphs(recwarn):
    pictures.png(plots.heatmap(torch.eye(2), ["사자", "포효"], title="− √ 소리").figure)
    assert not [warning for warning in recwarn if "Glyph" in str(warning.message)]
