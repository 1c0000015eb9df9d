"""How fast and how large: run all benchmarks, or those you name.

python benchmarks/run.py                       all of them (about forty minutes)
python benchmarks/run.py training decoding     two of them
python benchmarks/run.py --quick               only to see that everything runs (a minute)
python benchmarks/run.py --device cuda         a large model on a GPU, beside nn.Transformer

Tables go to the screen, pictures to build/benchmarks/.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ("parameters", "operations", "training", "decoding", "lengths", "learning", "classroom")


def settle() -> None:
    """Start again with the course's settings, which count only before torch is loaded."""
    import course

    if any(name not in os.environ for name in course.SETTINGS):
        for name, value in course.SETTINGS.items():
            os.environ.setdefault(name, value)
        sys.exit(course.hand_over([sys.executable, *sys.argv]))


def parser() -> argparse.ArgumentParser:
    """What may stand on the command line."""
    form = argparse.RawDescriptionHelpFormatter
    root = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    root.add_argument("questions", nargs="*", metavar="|".join(QUESTIONS))
    root.add_argument("--device", help="where the question `device` is asked, such as cuda")
    root.add_argument("--quick", action="store_true", help="tiny sizes; the numbers mean nothing")
    return root


def main() -> None:
    """Answer the questions on the command line, one after the other."""
    args = parser().parse_args()
    unknown = set(args.questions) - set(QUESTIONS)
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(QUESTIONS)}.")
    settle()
    import torch

    torch.set_num_threads(1)
    from lesson import pictures

    pictures.plt.switch_backend("Agg")
    pictures.use_style()
    asked = args.questions or (() if args.device else QUESTIONS)
    for question in asked:
        importlib.import_module(f"benchmarks.{question}").main(quick=args.quick)
    if args.device:
        importlib.import_module("benchmarks.device").main(args.quick, args.device)


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # not this folder: its modules are named after the library's
    main()
