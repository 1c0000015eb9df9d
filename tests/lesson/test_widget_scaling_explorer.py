"""The scaling explorer as Python sees it: what it measures, picture, words, refusals."""

import math

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

matplotlib.use("Agg")

from lesson.widgets.scaling_explorer import (  # noqa: E402
    QUERIES,
    SIZES,
    ScalingExplorer,
    all_scores,
    entropy,
    histogram,
    jacobian_norm,
    random_vectors,
)

PLAIN, SCALED = 0, 1


@pytest.fixture(scope="module")
def shared():
    return ScalingExplorer()


@pytest.fixture(scope="module")
def vectors():
    return random_vectors(0)


@pytest.fixture
def view(shared):
    shared.d_k, shared.scaled, shared.query = 64, False, 0
    return shared


def test_a_score_is_a_sum_of_products():
    q, k = torch.randn(3, 1, SIZES[-1]), torch.randn(3, 5, SIZES[-1])
    scores = all_scores(q, k)
    assert scores.shape == (2, len(SIZES), 3, 5)
    for size, d_k in enumerate(SIZES):
        products = q[:, :, :d_k] * k[:, :, :d_k]
        torch.testing.assert_close(scores[PLAIN, size], products.sum(-1), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("d_k", SIZES)
def test_the_weights_are_those_of_torch(view, vectors, d_k):
    q, k = (part[:8, :, :d_k] for part in vectors)
    ones = torch.eye(8, dtype=q.dtype).expand(8, 8, 8)  # as values: what comes out are weights
    view.d_k = d_k
    for query in range(8):
        view.query = query
        for scaled, scale in [(True, None), (False, 1.0)]:
            wanted = scaled_dot_product_attention(q, k, ones, scale=scale)[query, 0]
            torch.testing.assert_close(view.weights(scaled), wanted, atol=1e-4, rtol=0)


def test_the_division_keeps_the_spread_at_1(view):
    for d_k, plain, scaled in zip(SIZES, *view.deviations, strict=True):
        assert plain == pytest.approx(math.sqrt(d_k), rel=0.05)
        assert scaled == pytest.approx(1, rel=0.05)


def test_without_it_the_gradient_dies(view):
    plain, scaled = view.gradients
    assert plain[-1] < 1e-4 < 0.3 < min(scaled)
    assert plain[3:] == sorted(plain[3:], reverse=True)
    plain, scaled = view.entropies
    assert plain[-1] < 0.01 and min(scaled) > 2.5


def test_entropy_is_that_of_torch():
    weights = torch.randn(7, 5).softmax(-1)
    wanted = torch.distributions.Categorical(weights).entropy() / math.log(2)
    torch.testing.assert_close(entropy(weights), wanted)
    assert entropy(torch.full((8,), 1 / 8)).item() == pytest.approx(3)
    assert entropy(torch.tensor([0.0, 1.0, 0.0])) == 0


def test_the_gradient_is_that_of_autograd():
    scores = torch.randn(7, 5, dtype=torch.float64)
    for row in scores:
        jacobian = torch.autograd.functional.jacobian(lambda x: x.softmax(-1), row)
        torch.testing.assert_close(jacobian_norm(row.softmax(-1)), jacobian.norm())


def test_a_dying_gradient_is_not_lost_in_rounding():
    weights = torch.tensor([0.0, -60.0], dtype=torch.float64).softmax(-1)
    assert jacobian_norm(weights).item() == pytest.approx(2 * math.exp(-60), rel=1e-9)


def test_scores_beyond_the_edge_share_the_outermost_bars():
    counts = histogram(torch.tensor([-40.0, -33.5, -0.5, 0.5, 31.5, 40.0]))
    assert {bar: count for bar, count in enumerate(counts) if count} == {
        0: 2,
        32: 1,
        33: 1,
        64: 1,
        65: 1,
    }


def test_every_score_is_counted(view):
    for side in view.histograms:
        assert [sum(counts) for counts in side] == [8 * QUERIES] * len(SIZES)


def test_the_words_name_the_state(view):
    assert repr(view) == "ScalingExplorer(d_k = 64, scores not divided by √d_k, query 0)"
    view.d_k, view.scaled, view.query = 1, True, 7
    assert repr(view) == "ScalingExplorer(d_k = 1, scores divided by √d_k, query 7)"


def test_the_picture_shows_the_row_and_the_gradient(view):
    view.d_k, view.query = 256, 2
    row = view.draw()
    drawn = [bar.get_height() for bars in row.containers for bar in bars]
    assert drawn == pytest.approx([*view.weights(True).tolist(), *view.weights(False).tolist()])
    scaled, plain, here = row.figure.axes[1].lines
    assert list(plain.get_ydata()) == view.gradients[PLAIN]
    assert list(scaled.get_ydata()) == view.gradients[SCALED]
    assert list(here.get_xdata()) == [256, 256]
    plt.close(row.figure)
    _, alt, _ = view.frame()
    assert "d_k = 256: weights of query 2. q·k / √d_k: key 0 " in alt
    assert "Curves of gradient at the scores over d_k, 1 to 1024: median of 512 queries." in alt


def test_no_figure_stays_open(view):
    view.to_html()
    assert not plt.get_fignums()


@pytest.mark.parametrize("d_k", [0, 63, 2048])
def test_a_d_k_between_the_powers_is_refused(view, d_k):
    with pytest.raises(ValueError, match=f"d_k={d_k} .* power of two from 1 to 1024"):
        view.d_k = d_k
    assert view.d_k == 64


@pytest.mark.parametrize("query", [-1, 8])
def test_a_query_that_is_not_there_is_refused(view, query):
    with pytest.raises(ValueError, match=f"query={query} .* 0 to 7"):
        view.query = query
    assert view.query == 0


def test_a_page_is_small_and_the_same_every_time(view):
    assert ScalingExplorer(0).document() == view.document() != ScalingExplorer(1).document()
    assert len(view.document()) < 60_000
