"""What a notebook shows and asks with.

    start.py        the first cell of every notebook; the machine check; the library's own code
    pictures.py     a figure as a page shows it: style, sharpness, alt text
    plots.py        tensors in, Axes out
    widgets/        live views, one Python file and one script each
    bertviz_views/  BertViz on our own models, without internet
    exercises/      check, hint, solution; quizzes; progress
    teaching/       the progress of a class

The models are in transformer_lib, which knows nothing of this package.
"""
