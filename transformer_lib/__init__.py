"""The library of *Attention by Hand*: a Transformer small enough to read in an evening.

The architecture, in reading order (torch and the standard library only):

    masks.py      who may look at whom
    attention.py  scores → weights → output; one attention, then many heads
    positions.py  where am I: sinusoidal and learned, added to the embeddings
    layers.py     what surrounds attention: feed-forward, pre-norm and post-norm residuals
    model.py      Config; encoder and decoder layers; Transformer, Classifier, LanguageModel

Beside it:

    data.py       the worked example "I am a student" and the course's other sentences
    trace.py      record what attention computes while a model runs
    lesson.py     what a notebook needs on its first page: seed, one thread, the machine check

For the eyes (matplotlib from here on):

    plots.py      tensors in, Axes out; one style

Nothing is re-exported: an import names its file.

Axes, always in this order and always in words:

    batch    sentences processed together
    heads    attentions running side by side
    query    the tokens that ask
    key      the tokens that answer
    length   the tokens of a sentence, where asking and answering are not told apart
    d_model  the width of a token between the layers
    d_head   its width inside one head: d_model / n_heads, the d_k of the formula

A mask is a boolean tensor that broadcasts to (batch, heads, query, key);
True means this query may attend to this key.
"""
