"""The library of *Attention by Hand*: 4 000 lines, of which 650 are the Transformer itself.

The architecture, in reading order (torch and the standard library only); read it in an evening:

    masks.py      who may look at whom
    attention.py  scores → weights → output; one attention, its short cut, then many heads
    positions.py  where am I: sinusoidal and learned, added to the embeddings
    layers.py     what surrounds attention: feed-forward, pre-norm and post-norm residuals
    model.py      Config; encoder and decoder layers; Transformer, Classifier, LanguageModel

Beside it:

    relative.py     scores that know the distance: Shaw, T5, ALiBi, DeBERTa, rotary
    efficient.py    a pattern, Linformer and BigBird behind the same door as attention
    rnn.py          what came before: recurrent and windowed models
    bert.py         BERT's encoder from the parts above
    trace.py        record what attention computes while a model runs
    parts.py        the parts of a trace with their words
    knockout.py     take one part out of a trained model, look, and put it back

From text to a trained model and back:

    vocabulary.py   words become numbers
    subwords.py     pieces of words become numbers
    files.py        tab-separated files, read whole or refused with the line's number
    data.py         the worked example "I am a student"; the corpora; batches
    tasks.py        puzzles without language: copy, reverse, sort, recall, ditto
    sentences.py    puzzles of small sentences, in which one word has several questions
    training.py     loss, schedules, one loop
    evaluation.py   a model that only answers, and how many answers are right
    distributed.py  the same loop in several processes
    checkpoint.py   a model or a training on disk
    cache.py        keys and values that decoding keeps
    inline.py       a module as a plain function, for a word that must be written fast
    decoding.py     greedy, sampling, beam
    translator.py   text in, text out
    wordpieces.py   the pieces of words that a BERT knows
    pretrained.py   a BERT that others have trained, put into our layers

Pictures, live views and exercises are in the package `lesson`, which uses this one; nothing here
knows of it. Nothing is re-exported: an import names its file.

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
