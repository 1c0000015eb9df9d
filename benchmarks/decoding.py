"""How fast does a model write: with a key/value cache, without, and in Hugging Face's generate?

Every sentence is written to its full length: our models can never choose END or PAD, Hugging
Face's has no word that ends. All weights are random, which changes nothing about the time.
"""

from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn

from benchmarks import compare
from benchmarks.peers import Marian, TorchTransformer
from transformer_lib.cache import UncachedSession
from transformer_lib.decoding import beam, greedy
from transformer_lib.masks import PAD
from transformer_lib.model import Config, Transformer
from transformer_lib.vocabulary import END

SIZES = dict(vocab_size=500, d_model=128, n_heads=4, n_layers=2, d_ff=512)
LENGTH = 64  # words read and words written
AIMS = {
    ("greedy, recomputing", 1): 2.5,
    ("greedy, recomputing", 64): 8.0,
    ("Hugging Face, greedy", 1): 2.0,
    ("Hugging Face, greedy", 64): 1.0,
}
GREEDY, BEAM = "greedy, cache", "beam of 4, cache"


def endless(model: nn.Module) -> nn.Module:
    """A model that never chooses END or PAD."""
    with torch.no_grad():
        model.head.bias[[END, PAD]] = -1e9
    return model.eval()


def hugging_face(model: nn.Module, source: Tensor, length: int, beams: int) -> Tensor:
    """Its own generate, cache included, `length` words whatever they are."""
    return model.inner.generate(
        input_ids=source,
        attention_mask=torch.ones_like(source),
        max_new_tokens=length,
        min_new_tokens=length,
        num_beams=beams,
        do_sample=False,
        eos_token_id=None,
    )


def rivals(config: Config, batch: int, length: int) -> dict[str, Callable[[], float]]:
    """Every way to write that is compared; each returns how many words it wrote."""
    torch.manual_seed(0)
    ours, torchs = endless(Transformer(config)), endless(TorchTransformer(config))
    marian = Marian(config).eval()
    source = torch.randint(4, config.vocab_size, (batch, length))
    searches = {
        GREEDY: lambda: greedy(ours, source, length),
        "greedy, recomputing": lambda: greedy(ours, source, length, UncachedSession),
        "nn.Transformer, recomputing": lambda: greedy(torchs, source, length, UncachedSession),
        "Hugging Face, greedy": lambda: hugging_face(marian, source, length, 1)[:, 1:],
        BEAM: lambda: beam(ours, source, 4, max_len=length),
        "Hugging Face, beam of 4": lambda: hugging_face(marian, source, length, 4)[:, 1:],
    }
    return {name: counted(search, batch * length) for name, search in searches.items()}


def counted(search: Callable[[], Tensor], words: int) -> Callable[[], float]:
    """The search as work to be timed; stops the benchmark if a sentence came out too short."""

    def work() -> float:
        written = search()
        if written.numel() != words:
            raise RuntimeError(f"{written.numel()} words were written instead of {words}.")
        return words

    return work


def main(quick: bool = False, length: int = LENGTH) -> str:
    """Write in turns at batch 1 and 64, print the table, save the bars."""
    config = Config(max_len=length + 2, **SIZES)
    rows, bars = [], {}
    for batch in (1, 2) if quick else (1, 64):
        rates = compare.in_turns(rivals(config, batch, length), rounds=1 if quick else 5)
        bars[f"batch {batch}"] = []
        for name in rates:
            ours = BEAM if "beam" in name else GREEDY
            faster = compare.times_faster(rates, ours, name)
            aim = AIMS.get((name, batch))
            rows.append([name, batch, median(rates[name]), faster, aim])
            bars[f"batch {batch}"].append(faster)
    compare.draw_bars("decoding", bars, list(rates), "How many times faster ours writes")
    heads = ["search", "batch", "words/s", "ours with cache is faster by", "aim"]
    return compare.table(f"Decoding, d_model 128, {length} words", heads, rows)
