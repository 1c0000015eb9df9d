# %% [markdown] slideshow={"slide_type": "slide"}
# # Attention for long texts
#
# > At the end you can say what Linformer and BigBird leave out, predict what that saves and which
# > question it makes them miss, and choose between them. About 45 minutes; bring paper.

# %%
import math
import time
from dataclasses import replace

import torch
import torch.nn.functional as F

from lesson import plots
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin, show_source
from lesson.widgets.knob import Knob
from transformer_lib.attention import Attention, FusedAttention
from transformer_lib.efficient import BigBirdAttention, Linformer, Masked
from transformer_lib.evaluation import exact_match
from transformer_lib.masks import bigbird_mask, causal_mask, padding_mask, window_mask
from transformer_lib.model import Classifier, Config, LanguageModel
from transformer_lib.positions import NoPositions
from transformer_lib.relative import AlibiScores, DisentangledScores
from transformer_lib.tasks import DITTO, ditto_task, recall_task
from transformer_lib.training import Recipe, fit, one_cycle

begin()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch: a book does not fit
#
# Everybody asks everybody, and every question needs a place in memory. Notebook 12 ended at 8 GiB
# for 16 384 tokens. A long book has 131 072. What do the scores of one layer take, with 8 heads and
# 4 bytes a number?

# %% slideshow={"slide_type": "fragment"}
def gib(scores_of_a_head):
    return f"{8 * scores_of_a_head * 4 / 2**30:7.3f} GiB"


for length in (512, 4096, 16_384, 131_072):
    print(f"{length:7} tokens: {gib(length**2)}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# 512 GiB, for one layer and one text. Something has to be left out. What can you do without?
#
# 1. Fewer *keys*: several keys become one. That is **Linformer**.
# 2. Fewer *pairs*: not everybody asks everybody. That is **BigBird**.

# %% [markdown] covers="K5" slideshow={"slide_type": "slide"}
# ## By hand: four keys, two slots
#
# Linformer mixes the keys before anyone asks them. A small matrix $E$ says how: a row for each
# mixture, called a **slot**, and a column for each key. Here slot 1 is the mean of the first two
# keys, slot 2 that of the others. Work out $E k$ and the scores of $q = [1, 1]$, then run.

# %% slideshow={"slide_type": "fragment"}
k = torch.tensor([[2.0, 0.0], [4.0, 0.0], [0.0, 2.0], [0.0, 6.0]])
mixing = torch.tensor([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]])
q = torch.tensor([[1.0, 1.0]])
print("all keys:", (q @ k.T).tolist())
print("slots:   ", (mixing @ k).tolist(), " scores:", (q @ (mixing @ k).T).tolist())

# %% [markdown] slideshow={"slide_type": "subslide"}
# Four scores became two: [3, 0] and [0, 4] answer for four keys. The values are mixed in the same
# way by a matrix $F$ of their own; here $F = E$. Then everything goes on as always: scale, softmax,
# average.
#
# $$\text{softmax}\!\left(\frac{q\,(E k)^\top}{\sqrt{d_k}}\right) F v$$

# %% slideshow={"slide_type": "fragment"}
v = torch.tensor([[1.0, 0.0], [3.0, 0.0], [0.0, 1.0], [0.0, 5.0]])
weights = (q @ (mixing @ k).T / math.sqrt(2)).softmax(-1)
by_hand = weights @ (mixing @ v)
print("weights", weights, " output", by_hand)

# %% [markdown]
# The library's `Linformer` learns both matrices. Put ours in, and it must say the same:

# %%
linformer = Linformer(max_len=4, n_slots=2)
with torch.no_grad():
    linformer.mix_k.copy_(mixing)
    linformer.mix_v.copy_(mixing)
attended = linformer(q[None, None], k[None, None], v[None, None])
assert torch.allclose(attended.output[0, 0], by_hand)
assert torch.allclose(attended.weights[0, 0], weights)
print("weights of one query:", tuple(attended.weights.shape))

# %% [markdown]
# Its heart is three lines: hide the pads, mix, and ask as before.

# %%
show_source(Linformer.forward)

# %% [markdown] slideshow={"slide_type": "slide"}
# ### What is lost?
#
# Mixing is an average, and an average forgets. How much?
#
# > **Predict.** 64 words come in 32 pairs of neighbours that are *exactly* alike, and 32 slots hold
# > the means of the pairs. How large is the error against full attention?
# >
# > - **a** about half: half of the keys are gone
# > - **b** none
# > - **c** small, but not none: the softmax has half as many terms

# %%
def means(n_words, n_slots):
    return torch.eye(n_slots).repeat_interleave(n_words // n_slots, 1) * n_slots / n_words


def error(words, n_slots):
    q, k, v = words
    mixing = means(len(k), n_slots)
    full, squeezed = Attention()(q, k, v).output, Attention()(q, mixing @ k, mixing @ v).output
    return ((full - squeezed).norm() / full.norm()).item()

# %% [markdown]
# `means(64, 32)` is the matrix $E$ of the example above, only larger. `error` is a share: 0 is the
# same output as full attention, 1 an error as large as the output.

# %% slideshow={"slide_type": "fragment"}
pairs = torch.randn(3, 32, 16).repeat_interleave(2, dim=1)
different = torch.randn(3, 64, 16)
print(f"32 slots, pairs alike: {error(pairs, 32):.3f}, all different: {error(different, 32):.3f}")
assert error(pairs, 32) < 1e-5 and error(different, 32) > 0.4

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** Two equal keys have equal weights, and their slot stands for both. Every term of the
# softmax halves, above and below the fraction line, so the difference that *c* sees cancels. *a*
# counts keys; what counts is what they say.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# Real texts lie between: neighbours are similar, not equal. So take the different words and blur
# them, each over nine neighbours, and let the slots become fewer.

# %% slideshow={"slide_type": "fragment"}
similar = 3 * F.avg_pool1d(different.mT, 9, 1, 4, count_include_pad=False).mT
slots = [4, 8, 16, 32, 64]
lines = {"all different": different, "neighbours similar": similar}
errors = {name: [error(words, n) for n in slots] for name, words in lines.items()}
title = "few slots are enough where neighbours are similar"
plots.curves(slots, errors, xlabel="slots for 64 words", ylabel="error", log="x", title=title)

# %% [markdown]
# A trained Linformer chooses its mixtures itself. But it chooses them once, for all texts.

# %% [markdown] covers="K6" slideshow={"slide_type": "slide"}
# ## BigBird: three reasons to look
#
# BigBird keeps every key, and lets each query ask a few. Cut the text into blocks. A block sees
#
# - its neighbours and itself (**window**): what is near matters most,
# - the first block, which sees all in turn (**global**): a notice board,
# - one block drawn by lot (**random**): a short cut.
#
# Below is a text of 8 blocks; each cell is a block of queries that meets a block of keys.

# %% tags=["teaser"] slideshow={"slide_type": "fragment"}
parts = {"window": (0, 0), "+ global": (0, 1), "+ random": (1, 1)}
for (title, (n_random, n_global)), ax in zip(parts.items(), plots.panels(3, height=2.6)):
    plots.mask_map(bigbird_mask(8, 1, n_random, n_global), title=title, ax=ax)

# %% [markdown] slideshow={"slide_type": "slide"}
# Count the filled cells of the first two pictures: $3 \cdot 8 - 2 = 22$ for the window, and the
# global block brings 12 new ones: 34 of 64.
#
# > **Predict.** Twice as many blocks, window and one global block: by what do the visible cells
# > grow, and by what all cells?
# >
# > - **a** both 4 times
# > - **b** both 2 times
# > - **c** about 2 times, 4 times

# %% slideshow={"slide_type": "fragment"}
seen = [int(bigbird_mask(blocks, 1, n_random=0).sum()) for blocks in (8, 16, 32, 64)]
print("visible", seen)
print("all    ", [blocks**2 for blocks in (8, 16, 32, 64)])
assert all(2 <= after / before < 2.3 for before, after in zip(seen, seen[1:]))

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** A block more brings five cells, three for its window and one each in the global row and
# column, however many there are already. *a* is full attention. *b* would be right for the visible
# ones alone.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# Turn the knob: how many blocks are drawn by lot for each row? (A lot may fall on a block that
# is seen anyway.) When is more than half of the picture filled?

# %% slideshow={"slide_type": "fragment"}
def drawn(n_random):
    mask = bigbird_mask(16, 1, n_random)
    title = f"{n_random} drawn: {int(mask.sum())} of {mask.numel()} cells visible"
    return plots.mask_map(mask, title=title)


Knob(drawn, [0, 1, 2, 4, 8], label="random blocks", start=1)

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Can news still travel?
#
# Draw none: then block 15 does not see block 5. A second layer may hear of it all the same, from
# the blocks it does see. After how many layers has everybody heard of everybody? The product
# mask · mask counts the ways in two steps.

# %% slideshow={"slide_type": "fragment"}
for title, n_global in (("window alone", 0), ("window and global", 1)):
    mask = bigbird_mask(16, 1, n_random=0, n_global=n_global).float()
    heard, layers = mask, 1
    while not (heard > 0).all():
        heard, layers = heard @ mask, layers + 1
    print(f"{title:18} {layers:2} layers")
assert layers == 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# The notice board does it: everybody writes to it, and everybody reads it. The bare window passes
# news on by one block a layer, as in notebook 01.

# %% [markdown] covers="K6" slideshow={"slide_type": "slide"}
# ## As a mask, and as blocks
#
# There are two ways to build it. `Masked` computes all scores and hides most of them.
# `BigBirdAttention` *gathers* for each block the blocks it sees, and never computes the others.
# The outcome has to be the same:

# %% slideshow={"slide_type": "fragment"}
q, k, v = torch.randn(3, 1, 4, 128, 16)
as_mask = Masked(Attention(), lambda length: bigbird_mask(length, 8))
as_blocks = BigBirdAttention(block=8)
assert torch.allclose(as_mask(q, k, v).output, as_blocks(q, k, v).output, atol=1e-5)
print("same output:", tuple(as_blocks(q, k, v).output.shape))

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** 2048 words, blocks of 64. Which of the two is faster than full attention?
# >
# > - **a** the blocks only
# > - **b** both: the mask hides four fifths of the work
# > - **c** neither: the softmax still has to be computed

# %%
@torch.inference_mode()
def milliseconds(attention, length):
    q, k, v = torch.randn(3, 1, 4, length, 16)
    times = []
    for _ in range(4):
        began = time.process_time()
        attention(q, k, v)
        times.append(1000 * (time.process_time() - began))
    return min(times)

# %% [markdown]
# Linformer runs along, and so does *fused*: PyTorch's own kernel for full attention. It computes
# all scores, but in small pieces that stay in fast memory. It is the rival to beat.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
kinds = {
    "BigBird as mask": Masked(Attention(), lambda length: bigbird_mask(length, 64)),
    "full": Attention(),
    "full, fused": FusedAttention(),
    "BigBird in blocks": BigBirdAttention(block=64),
    "Linformer": Linformer(max_len=2048, n_slots=64),
}
lengths = [256, 512, 1024, 2048]
took = {name: [milliseconds(kind, T) for T in lengths] for name, kind in kinds.items()}
title = "a mask saves nothing; blocks and slots do"
plots.curves(lengths, took, xlabel="words", ylabel="milliseconds", log="xy", title=title)

# %%
full = took["full"][-1]
print("as mask, no faster:       ", took["BigBird as mask"][-1] > 0.8 * full)
print("in blocks, twice as fast: ", took["BigBird in blocks"][-1] < full / 2)
print("Linformer, twice as fast: ", took["Linformer"][-1] < full / 2)
assert took["BigBird as mask"][-1] > 0.8 * full > took["BigBird in blocks"][-1]

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** A mask is put *on* the scores, so they have been computed by then, and putting it on takes
# time too. *b* confuses hiding with leaving out. *c*: in blocks the softmax runs over the gathered
# keys alone.
# </details>
#
# Where do the lines cross? On the machine of `benchmarks/README.md` Linformer with 64 slots beat
# the fused kernel from 256 words on, BigBird with blocks of 64 from 1024 on.

# %% [markdown] slideshow={"slide_type": "slide"}
# And the book? Linformer keeps 64 scores for each word, BigBird the scores of five blocks: three in
# the window, one global, one drawn.

# %% slideshow={"slide_type": "fragment"}
book = 131_072
per_word = {"everybody": book, "Linformer": 64, "BigBird": 5 * 64}
for name, keys in per_word.items():
    print(f"{name:9} {gib(book * keys)}")

# %% [markdown]
# It fits. (The fused kernel never keeps more than a piece of the scores, so in memory it beats
# both; in time it still pays for all of them.)

# %% [markdown] covers="K5 K6" slideshow={"slide_type": "slide"}
# ## Do they still learn?
#
# Speed says nothing about what is left of the talent. Two games. **Recall**: name the last of 32
# symbols, asked at the first place, 31 places away. **Ditto**: each mark ″ stands for the number
# written last before it, so *every* place needs another neighbour.

# %% slideshow={"slide_type": "fragment"}
source, target = ditto_task(1, 12, 12, torch.Generator().manual_seed(3))
print("read: ", *["″" if token == DITTO else token for token in source[0].tolist()])
print("write:", *target[0].tolist())

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** One layer, Linformer with 4 slots, BigBird with blocks of 4. Who has trouble with
# > what?
# >
# > - **a** BigBird with recall: it is far away
# > - **b** both with both: they see less
# > - **c** Linformer with ditto

# %%
class Tagger(LanguageModel):
    """The same layers, looking in both directions: an answer for every place."""

    def forward(self, tokens):
        return self.head(self.decoder(self.embedding(tokens), mask=padding_mask(tokens)))


def seeded(number):
    return torch.Generator().manual_seed(number)


def recalls(epoch, n=32):
    source, label = recall_task(n, 31, 12, seeded(epoch))
    return [(source.flip(1), label)]


def dittos(epoch, n=32, length=32):
    return [ditto_task(n, length, 12, seeded(epoch))]

# %% [markdown]
# Fresh examples every time, the same for all. Recall is read off the first place by a classifier,
# ditto off every place by a tagger. Three models that differ in their attention only:

# %%
def marks_right(model, length=32):
    ((source, target),) = dittos(epoch=1000, n=256, length=length)
    with torch.no_grad():
        return (model(source).argmax(-1) == target)[source == DITTO].float().mean().item()


def trained(model, batches, steps=200):
    fit(model, batches, Recipe(steps=steps, schedule=one_cycle(1e-2)))
    return model


small = Config(vocab_size=12, max_len=32, d_model=32, d_ff=64, n_layers=1)
configs = {
    "full": small,
    "Linformer": replace(small, attention=lambda: Linformer(max_len=32, n_slots=4)),
    "BigBird": replace(small, attention=lambda: BigBirdAttention(block=4)),
}

# %% tags=["nbval-ignore-output"]
recalled = []
for config in configs.values():
    torch.manual_seed(0)
    model = trained(Classifier(config, n_classes=12), recalls)
    recalled.append(exact_match(model, recalls(epoch=1000, n=256)))

# %% [markdown]
# And ditto:

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
read = []
for config in configs.values():
    torch.manual_seed(0)
    read.append(marks_right(trained(Tagger(config), dittos)))
title = "all can recall; Linformer misses the dittos"
plots.bars({"recall": recalled, "ditto": read}, list(configs), title=title)

# %%
print("recall, all above 0.95:", all(share > 0.95 for share in recalled))
print("ditto, Linformer below 0.6:", read[1] < 0.6)
print("ditto, BigBird above Linformer by 0.2:", read[2] > read[1] + 0.2)
assert min(recalled) > 0.95 and read[1] < 0.6 and read[2] > read[1] + 0.2

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Recall needs *one* place, and a slot can be that place. Ditto needs 32 different neighbours
# from 4 mixtures that are the same for all. *a* overlooks that the question stands in the global
# block. *b* takes less for worse: BigBird's window tells it where to look, and in so short a
# training that helps, even against full attention.
# </details>

# %% [markdown]
# In the middle of a text the far symbol may be out of BigBird's sight:

# %%
sees = bigbird_mask(32, block=4)[:, 31]
print("the last word is seen from place 0:", bool(sees[0]), " from 12:", bool(sees[12]))
assert sees[0] and not sees[12]

# %% [markdown] slideshow={"slide_type": "fragment"}
# All this holds for these games, these sizes and 200 steps. The question to take along: *is what I
# look for one thing for all, or something else near every place?*

# %% [markdown] covers="K5" slideshow={"slide_type": "slide"}
# ## Break it: Linformer writes a text
#
# A decoder must not see the future. Can it ask Linformer with a look-ahead mask?

# %% slideshow={"slide_type": "fragment"}
quiz("linformer_order")

# %% [markdown]
# Try it, with four words:

# %% slideshow={"slide_type": "subslide"}
words = torch.randn(1, 1, 4, 2)
try:
    linformer(words, words, words, causal_mask(4))
except ValueError as refused:
    print(refused)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It refuses, with good reason. Change the *last* of the four words. Does the *first* one notice?

# %% slideshow={"slide_type": "fragment"}
changed = words.clone()
changed[..., 3, :] += 1
noticed = []
for attention, mask in ((Attention(), causal_mask(4)), (linformer, None)):
    before, after = (attention(words, x, x, mask).output[0, 0, 0] for x in (words, changed))
    noticed.append(not torch.allclose(before, after))
print("full attention with its mask:", noticed[0], " Linformer, which takes none:", noticed[1])
assert noticed == [False, True]

# %% [markdown] slideshow={"slide_type": "fragment"}
# Slot 2 holds the last word, and every query asks slot 2. What has been mixed, no mask can take
# apart.

# %% [markdown] covers="K7" slideshow={"slide_type": "slide"}
# ## Longer than ever seen
#
# Cheap attention lets you *read* a long text. Does the model know where it is in there? The
# documents name positions as the second thing to improve. You know the test from notebook 08:
# train on rows of 16, read rows of 32 and 64. Three kinds of positions, and a fourth model that
# joins the two ideas of this notebook, fewer pairs and distances: DeBERTa inside a window of 17.

# %%
added = Config(vocab_size=12, max_len=64, d_model=32, d_ff=64)


def scored(make):
    return replace(added, positions=NoPositions, attention=make)


def deberta():
    return Attention(DisentangledScores(d_head=8, max_distance=8))


lookers = {
    "sinusoidal": added,
    "ALiBi": scored(lambda: Attention(AlibiScores(n_heads=4))),
    "DeBERTa": scored(deberta),
    "DeBERTa in a window": scored(lambda: Masked(deberta(), lambda n: window_mask(n, 17))),
}

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** All four read nearly every mark at 16. Which still do at 64?
# >
# > - **a** all but sinusoidal
# > - **b** none: 64 was never trained
# > - **c** sinusoidal too: its waves go on for ever

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
shares = {}
for name, config in lookers.items():
    torch.manual_seed(0)
    model = trained(LanguageModel(config), lambda epoch: dittos(epoch, length=16), steps=150)
    shares[name] = [marks_right(model, length) for length in (16, 32, 64)]
xlabel, title = "length, trained at 16", "waves end where training ended, distances go on"
plots.curves([16, 32, 64], shares, xlabel=xlabel, ylabel="marks right", log="x", title=title)

# %%
print("at 16, above 0.9:", [name for name, share in shares.items() if share[0] > 0.9])
print("at 64, above 0.8:", [name for name, share in shares.items() if share[2] > 0.8])
assert shares["sinusoidal"][2] < 0.6 and min(shares["DeBERTa"]) > 0.9

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** A score that knows only *how far* meets the same distances in a longer row. *c*: the waves
# go on, but row 40 of them was never trained. *b* mistakes the length for what is asked, which is
# always near.
# </details>

# %% [markdown]
# The window costs nothing here: what is asked for lies within it. As a `Masked` pattern it saves
# nothing either, as you have measured.

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown] exercise="linformer_shape"
# ### 1 · The shape of the scores

# %% [markdown] exercise="relative_offsets"
# ### 2 · How far, with a sign

# %% [markdown] exercise="visible_blocks" slideshow={"slide_type": "slide"}
# ### 3 · How many cells are visible?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - Linformer: fewer keys. Everyone asks the same few mixtures; fast from early on, blind to what
#   is different at every place, and never causal.
# - BigBird: fewer pairs. Window, global, random; pays only in blocks, since a mask saves nothing.
# - Scores that know distances hold beyond the trained length.
#
# **New words.** *Slot*: a learned mixture of keys. *Global block*: sees all, is seen by all.
#
# **Open** `transformer_lib/efficient.py`: three kinds of attention behind one door.
#
# **What breaks next.** You have turned every part by itself. Does it hold when you start from an
# empty cell? Notebook 14.

# %% [markdown]
# **Next:** [14 Build it yourself](14_capstone.ipynb)
