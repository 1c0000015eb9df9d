"""The benchmarks run, and the parameters are as many as the paper says. No time is asserted."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from nbformat import v4, write

from benchmarks import (
    classroom,
    compare,
    corpus,
    decoding,
    device,
    learning,
    lengths,
    operations,
    parameters,
    training,
)
from benchmarks.peers import PEERS, TorchTransformer
from transformer_lib.data import translation_pairs
from transformer_lib.model import Config, Transformer

ROOT = Path(__file__).resolve().parent.parent
TINY = dict(d_model=8, n_heads=2, n_layers=1, d_ff=8)
PUBLISHED = [row for row in parameters.ROWS if row.published]


@pytest.fixture(autouse=True)
def no_pictures_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(compare, "FOLDER", tmp_path)


@pytest.mark.parametrize("row", PUBLISHED, ids=str)
def test_table_3_within_a_million_for_the_vocabulary_that_fits(row):
    if row.name == "big":  # the published numbers disagree with each other: see the README
        assert parameters.millions(row, parameters.STATED) == pytest.approx(row.published, rel=0.01)
    else:
        assert parameters.millions(row, parameters.FITTING) == pytest.approx(row.published, abs=1)


@pytest.mark.parametrize("row", PUBLISHED[1:-1], ids=str)
def test_differences_between_rows_need_no_vocabulary_when_the_width_is_the_same(row):
    base = PUBLISHED[0]
    vocab_size = parameters.FITTING if row.d_model != base.d_model else parameters.STATED
    ours = parameters.millions(row, vocab_size) - parameters.millions(base, vocab_size)
    assert ours == pytest.approx(row.published - base.published, abs=1)


def test_the_counted_parameters_are_those_of_a_built_model():
    row = parameters.Row("small", n_layers=1, d_model=16, d_ff=32, n_heads=2)
    attention, norm, feed_forward = 4 * 16 * 16, 2 * 16, 2 * 16 * 32 + 16 + 32
    layers = (attention + feed_forward + 2 * norm) + (2 * attention + feed_forward + 3 * norm)
    assert parameters.millions(row, 11) * 1e6 == 11 * 16 + layers


@pytest.mark.parametrize("name", PEERS)
def test_peers_answer_like_ours(name):
    model = PEERS[name](Config(vocab_size=13, target_vocab_size=11, **TINY)).eval()
    source, target_in = torch.randint(4, 11, (2, 5)), torch.randint(4, 11, (2, 3))
    logits = model(source, target_in)
    assert logits.shape == (2, 3, 11)
    padded = torch.nn.functional.pad(source, (0, 2))
    torch.testing.assert_close(model(padded, target_in), logits, rtol=1e-4, atol=1e-5)
    later = target_in.clone()
    later[:, -1] = 4
    torch.testing.assert_close(model(source, later)[:, :-1], logits[:, :-1])


def test_the_wrapped_transformer_has_as_many_parameters_as_ours():
    config = Config(vocab_size=13, **TINY)
    ours, theirs = Transformer(config), TorchTransformer(config)
    assert sum(map(torch.numel, ours.parameters())) == sum(map(torch.numel, theirs.parameters()))


def test_both_ways_of_batching_hold_every_sentence_once():
    for arrange in (corpus.bucketed, corpus.shuffled):
        assert sum(len(source) for source, _, _ in arrange(500)(0)) == len(translation_pairs())


def test_training_runs(monkeypatch):
    monkeypatch.setattr(training, "SIZES", TINY)
    monkeypatch.setattr(training, "BATCH", 4)
    text = training.main(quick=True)
    assert "matmul peak" in text and text.count("\n| ") == 10


def test_operations_are_counted_as_by_hand(monkeypatch):
    monkeypatch.setattr(training, "BATCH", 1)  # no padding: source s, target t, counted in full
    monkeypatch.setattr(training.corpus, "bucketed", lambda size: lambda epoch: iter([batch]))
    s, t, d, d_ff, words = 5, 3, 8, 8, 11
    batch = torch.randint(4, words, (1, s)), *torch.randint(4, words, (2, 1, t))
    encoder = s * (4 * d * d + 2 * d * d_ff) + 2 * s * s * d
    decoder = t * (6 * d * d + 2 * d * d_ff) + 2 * t * t * d + 2 * s * d * d + 2 * s * t * d
    forward = 2 * (encoder + decoder + t * d * words)
    config = Config(vocab_size=words, **TINY)
    assert training.operations_per_token(config, count=1) == 3 * forward / t


def test_operations_asked_for_and_all():
    x, w = torch.randn(2, 3), torch.randn(4, 3)
    found = operations.operations(lambda: torch.nn.functional.linear(x, w).relu())
    assert found.asked == 2 and found.all > 2  # linear, which asks for others, and relu


def test_a_word_of_ours_takes_the_fewest_operations(monkeypatch):
    monkeypatch.setattr(operations, "SIZES", TINY)
    table = operations.main()
    counts = [row.split("|")[1:-1] for row in table.splitlines() if row.startswith("| ")][2:]
    asked = {name.strip(): int(word) for name, _, _, word, _ in counts}
    assert asked["ours"] < asked["Marian"] < asked["nn.Transformer"]


def test_decoding_runs(monkeypatch):
    monkeypatch.setattr(decoding, "SIZES", dict(vocab_size=11, **TINY))
    assert "Hugging Face, beam of 4" in decoding.main(quick=True, length=4)


def test_a_search_that_stops_early_is_no_benchmark():
    with pytest.raises(RuntimeError, match="6 words were written instead of 8"):
        decoding.counted(lambda: torch.zeros(2, 3), 8)()


def test_lengths_run(monkeypatch):
    monkeypatch.setattr(lengths, "megabytes", lambda kind, length: 1.0)
    assert "| 256 |" in lengths.main(quick=True, lengths=[128, 256])


def test_memory_grows_with_the_square():
    rise = lengths.megabytes("explicit", 1024)
    assert rise != rise or rise > 15  # 4 heads · 1024² scores of 4 bytes; nan: not on Linux


def test_first_win():
    times = {"a": [3.0, 1.0, 2.0, 1.0], "b": [2.0, 2.0, 1.0, 2.0]}
    assert lengths.first_win([1, 2, 3, 4], times, "a", "b") == "a is faster than b from 4 on"
    assert lengths.first_win([1, 2, 3, 4], times, "b", "a") == "b never stays faster than a"


def test_learning_runs():
    tasks = {"tiny": learning.Task(TINY, 1e-2, 1.0)}
    assert "> 2" in learning.main(quick=True, tasks=tasks, ladder=[1, 2])


def test_the_search_finds_the_rung_at_which_the_median_seed_arrives(monkeypatch):
    needed = [30, 45, 60]  # steps, seed by seed

    def train(name, task, steps, seed):
        return (0.96 if steps >= needed[seed] else 0.5), 1.0

    monkeypatch.setattr(learning, "train", train)
    search = learning.Search("ours", learning.Task(TINY, 1e-2, 1.0), seeds=3)
    assert search.shortest([10, 20, 30, 40, 50, 60]) == 50
    assert search.shortest([10, 20]) is None


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")


@pytest.fixture
def greedy_notebook(tmp_path):
    """A notebook that holds 100 MB for a moment and works for half a second."""
    cells = ["held = b'x' * 100_000_000; del held", "import time\nwhile time.process_time() < 1: 0"]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    write(notebook, tmp_path / "00_greedy.ipynb")
    return tmp_path / "00_greedy.ipynb"


@LINUX
def test_what_a_notebook_takes(greedy_notebook):
    use = classroom.alone(greedy_notebook)
    assert use.name == "00_greedy" and 0.9 < use.processor < use.wall + 0.1
    assert 0 < use.longest < use.processor
    assert use.peak > max(use.left_open, 130)  # what was freed may stay with the process


@LINUX
def test_kernels_side_by_side_share_pages(greedy_notebook):
    for held, shared, single in classroom.side_by_side(greedy_notebook, 2):
        assert held > shared > single > 5


@LINUX
def test_jupyterlab_is_measured(monkeypatch):
    monkeypatch.setattr(classroom, "notebooks", lambda: [])
    held, shared, single = classroom.server()
    assert held >= shared >= single > 20


def test_the_advice_has_head_room():
    uses = [classroom.Use(name, 9, 4, 2, peak, 150) for name, peak in zip("abc", (300, 400, 500))]
    said = classroom.advice(uses, 100, [(500, 300, 150)] * 4)
    assert "limit 768 MB, guarantee 500 MB (JupyterLab 100 MB)" in said
    assert "4 kernels side by side: 2,000 MB counted one by one (RSS), 1,200 MB in truth" in said
    assert "The longest cell takes 2.0 s of a processor (a); all notebooks together 12 s." in said


def test_classroom_runs(monkeypatch, capsys):
    took = 9, 4, 2, 300, 150
    monkeypatch.setattr(classroom, "alone", lambda path: classroom.Use(path.stem, *took))
    monkeypatch.setattr(classroom, "side_by_side", lambda path, count: [(300, 200, 150)] * count)
    monkeypatch.setattr(classroom, "server", lambda: (100, 90, 80))
    monkeypatch.setattr(classroom, "PROC", Path(__file__))
    assert "| 00_start_here | 9 | 4 | 2 | 300 | 150 |" in classroom.main(quick=True)
    monkeypatch.setattr(classroom, "PROC", Path("/nowhere"))
    assert classroom.main() == "`classroom` reads /proc, which only Linux has: run it there."
    assert "2 kernels side by side" in capsys.readouterr().out


def test_the_command_names_what_it_does_not_know():
    command = [sys.executable, "benchmarks/run.py", "spelling"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode != 0 and "no benchmark spelling" in found.stderr


def test_the_command_answers_a_question():
    command = [sys.executable, "benchmarks/run.py", "parameters", "--quick"]
    assert "| big |" in subprocess.check_output(command, cwd=ROOT, text=True)


@pytest.mark.parametrize("place", ["cpu", *(["cuda"] if torch.cuda.is_available() else [])])
def test_the_question_of_a_large_model_is_answered_on_every_device(place, capsys):
    device.main(quick=True, device=place)
    said = capsys.readouterr().out
    assert said.count("\n| ours") == said.count("\n| nn.Transformer") == 2
    assert "| ours, compiled |" in said and f"Training on {place}: d_model 16" in said
