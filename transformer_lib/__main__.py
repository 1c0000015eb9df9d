"""The translator from the shell.

python -m transformer_lib train                     learn English → French from the course's corpus
python -m transformer_lib train --pairs mine.tsv    … from your own file of tab-separated pairs
python -m transformer_lib score                     exact matches and BLEU on sentences never seen
python -m transformer_lib translate "I am a student"
"""

import argparse
import random
import sys
from pathlib import Path

import torch

from transformer_lib.data import translation_pairs
from transformer_lib.decoding import beam, greedy
from transformer_lib.evaluation import exact_match
from transformer_lib.files import read_pairs
from transformer_lib.training import Recipe, fit, one_cycle
from transformer_lib.translator import Translator

FILE = Path("translator.safetensors")
HELD_OUT = 0.1  # share of your own pairs that is kept for scoring


def own_pairs(path: Path) -> tuple[list, list]:
    """Your pairs, shuffled always alike: (to learn from, to score with)."""
    pairs = read_pairs(path)
    random.Random(0).shuffle(pairs)
    kept = max(1, int(HELD_OUT * len(pairs)))
    return pairs[kept:], pairs[:kept]


def split(path: Path | None) -> tuple[list, list]:
    """(to learn from, to score with), from a file or from the course's corpus."""
    return own_pairs(path) if path else (translation_pairs("train"), translation_pairs("random"))


def train(args: argparse.Namespace) -> None:
    """Learn, save, and say how well it went."""
    if args.model.exists():
        raise ValueError(f"{args.model} is there already; move it or name another: --model FILE.")
    learn, held_out = split(args.pairs)
    torch.manual_seed(args.seed)
    sizes = {"d_model": args.d_model, "n_heads": 8, "n_layers": args.n_layers}
    translator = Translator.untrained(learn, **sizes)
    translator.model.to("cuda" if torch.cuda.is_available() else "cpu")
    recipe = Recipe(budget_s=args.seconds, schedule=one_cycle(1e-2))
    history = fit(translator.model, translator.epochs(learn), recipe)
    translator.save(args.model)
    print(f"{len(history.losses)} steps, {history.ended}; saved to {args.model}")
    report(translator, held_out)


def score(args: argparse.Namespace) -> None:
    """Score a saved translator on pairs it has not seen."""
    report(Translator.load(args.model), split(args.pairs)[1])


def report(translator: Translator, held_out: list) -> None:
    """Exact matches and BLEU."""
    share = exact_match(translator.model, translator.epochs(held_out, size=250)(0))
    bleu = translator.bleu(held_out)
    print(f"{len(held_out)} held-out sentences: {share:.1%} exactly right, BLEU {bleu:.1f}")


def translate(args: argparse.Namespace) -> None:
    """Translate the sentences on the command line."""
    translator = Translator.load(args.model)
    for sentence in args.sentences:
        unknown = translator.source.unknown(sentence)
        if unknown:
            print(f"(never seen: {', '.join(unknown)})", file=sys.stderr)
    search = beam if args.beam else greedy
    print(*translator.translate(args.sentences, search), sep="\n")


def parser() -> argparse.ArgumentParser:
    """The verbs and their arguments."""
    root = argparse.ArgumentParser(
        prog="python -m transformer_lib",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = root.add_subparsers(required=True, metavar="train | score | translate")
    for verb in (train, score, translate):
        each = verbs.add_parser(verb.__name__, help=verb.__doc__)
        each.set_defaults(verb=verb)
        each.add_argument("--model", type=Path, default=FILE, help=f"where it lies ({FILE})")
        if verb is translate:
            each.add_argument("sentences", nargs="+")
            each.add_argument("--beam", action="store_true", help="beam search in place of greedy")
        else:
            each.add_argument("--pairs", type=Path, help="your own file: english<TAB>french")
        if verb is train:
            each.add_argument("--seconds", type=float, default=20.0, help="of training (20)")
            each.add_argument("--d-model", type=int, default=64, help="width (64)")
            each.add_argument("--n-layers", type=int, default=2, help="layers on each side (2)")
            each.add_argument("--seed", type=int, default=0)
    return root


if __name__ == "__main__":
    torch.set_num_threads(1)
    args = parser().parse_args()
    try:
        args.verb(args)
    except (ValueError, OSError) as trouble:
        sys.exit(str(trouble))
