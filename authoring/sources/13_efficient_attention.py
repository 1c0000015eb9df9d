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
from torch import nn

from lesson import plots
from lesson.evidence import evidence
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin, show_source
from lesson.widgets.knob import Knob
from transformer_lib.attention import Attended, Attention, FusedAttention, MultiHeadAttention
from transformer_lib.efficient import BigBirdAttention, Linformer, Masked
from transformer_lib.masks import bigbird_mask, causal_mask, padding_mask
from transformer_lib.model import Classifier, Config, LanguageModel
from transformer_lib.positions import NoPositions
from transformer_lib.relative import AlibiScores, DisentangledScores

seed = 0
begin(seed)

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
# 1. Fewer *keys*: several keys become one. That is **Linformer** (Wang et al., 2020).
# 2. Fewer *pairs*: not everybody asks everybody. That is **BigBird** (Zaheer et al., 2020).

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

# %% [markdown] covers="K5" slideshow={"slide_type": "slide"}
# ### Why should a few slots be enough?
#
# Look at the formula once more: softmax(…) · $F v$. The table that finally meets the values is
# weights · $F$. It has a row for each query and a column for each key, like that of full attention,
# but it is a tall table times a flat one. So every row is a mixture of the rows of $F$. How many
# rows are independent is called the **rank**; here it is at most the number of slots.

# %% slideshow={"slide_type": "fragment"}
x = torch.randn(1, 1, 64, 16)
squeezed = Linformer(max_len=64, n_slots=8)
table = squeezed(x, x, x).weights[0, 0] @ squeezed.mix_v
full_table = Attention()(x, x, x).weights[0, 0]
print("tables", tuple(table.shape), tuple(full_table.shape))
print("rank with 8 slots:", torch.linalg.matrix_rank(table, rtol=1e-3).item())
print("rank of full attention:", torch.linalg.matrix_rank(full_table, rtol=1e-3).item())

# %% [markdown] slideshow={"slide_type": "fragment"}
# That is the paper's argument. A table of *low rank* can be had from few slots, and the tables of a
# trained model, Wang et al. found, come near to it: most of each is in its first 128 of 512
# products. Whether it is so depends on what the model has to do. Below we measure it in two models
# of our own.

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

# %% [markdown]
# <details><summary>When is it more than half?</summary>
#
# With 8 drawn: 145 of 256 cells, more than half. With 4 it is 115.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Can news still travel?
#
# With none drawn, block 15 does not see block 5. A second layer may hear of it all the same, from
# the blocks it does see. After how many layers has everybody heard of everybody? The product
# mask · mask counts the ways in two steps.

# %% slideshow={"slide_type": "fragment"}
kinds = {"window alone": (0, 0), "window and random": (1, 0), "window and global": (0, 1)}
for title, (n_random, n_global) in kinds.items():
    mask = bigbird_mask(16, 1, n_random, n_global).float()
    heard, layers = mask, 1
    while not (heard > 0).all():
        heard, layers = heard @ mask, layers + 1
    print(f"{title:18} {layers:2} layers")
assert layers == 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# The notice board does it: everybody writes to it, and everybody reads it. The bare window passes
# news on by one block a layer, as in notebook 01; a block drawn by lot is a short cut.

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
# all scores, but in small pieces that stay in fast memory, an idea called **FlashAttention** (Dao
# et al., 2022). It is the rival to beat.

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

# %% [markdown]
# Two controls. For the blocks: the same pattern, as a mask. For the slots: as many slots as words.

# %% control="K5 K6" slideshow={"slide_type": "fragment"}
unsqueezed = milliseconds(Linformer(max_len=2048, n_slots=2048), 2048)
gain = {name: took["full"][-1] / times[-1] for name, times in took.items()}
evidence(
    "K6", lambda gain: gain > 1.5,
    {"how much faster than full, blocks": gain["BigBird in blocks"]},
    {"the same pattern as a mask": gain["BigBird as mask"]},
    times=1.5,
)  # fmt: skip
evidence(
    "K5", lambda gain: gain > 1.5,
    {"how much faster than full, 64 slots": gain["Linformer"]},
    {"2048 slots for 2048 words": took["full"][-1] / unsqueezed},
    times=1.5,
)  # fmt: skip

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
from transformer_lib.evaluation import exact_match
from transformer_lib.tasks import DITTO, ditto_task, recall_task
from transformer_lib.training import Recipe, fit, one_cycle

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
# ditto off every place by a tagger. The models differ in their attention only. The last one is a
# control: BigBird without its global block.

# %%
def marks_right(model, length=32):
    ((source, target),) = dittos(epoch=1000, n=256, length=length)
    with torch.no_grad():
        return (model(source).argmax(-1) == target)[source == DITTO].float().mean().item()


def trained(model, batches, steps=150):
    fit(model, batches, Recipe(steps=steps, schedule=one_cycle(1e-2)))
    return model


small = Config(vocab_size=12, max_len=32, d_model=32, d_ff=64, n_layers=1)
configs = {
    "full": small,
    "Linformer": replace(small, attention=lambda: Linformer(max_len=32, n_slots=4)),
    "BigBird": replace(small, attention=lambda: BigBirdAttention(block=4)),
    "not global": replace(small, attention=lambda: BigBirdAttention(block=4, n_global=0)),
}

# %% tags=["nbval-ignore-output"]
recallers, recalled = {}, {}
for name, config in configs.items():
    torch.manual_seed(seed)
    recallers[name] = trained(Classifier(config, n_classes=12), recalls, steps=100)
    recalled[name] = exact_match(recallers[name], recalls(epoch=1000, n=256))

# %% [markdown]
# And ditto:

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
readers, read = {}, {}
for name in ("full", "Linformer", "BigBird"):
    torch.manual_seed(seed)
    readers[name] = trained(Tagger(configs[name]), dittos)
    read[name] = marks_right(readers[name])
both = {"recall": [recalled[name] for name in read], "ditto": list(read.values())}
plots.bars(both, list(read), title="all can recall; Linformer is behind in the dittos")

# %%
print("recall, all above 0.95:", all(recalled[name] > 0.95 for name in read))
print("ditto, BigBird above Linformer by 0.2:", read["BigBird"] > read["Linformer"] + 0.2)
print("ditto, full above Linformer by 0.15:", read["full"] > read["Linformer"] + 0.15)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Recall needs *one* place, and a slot can be that place. In ditto every place needs another
# neighbour, and which one depends on the text; Linformer has the same 4 mixtures for all places and
# all texts. *a* overlooks that the question stands in the global block. *b* takes less for worse:
# BigBird's window shows little but what is near, and what is asked for is near.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Is it the notice board?
#
# BigBird recalls a symbol that is 31 places away. If the global block does that, the same model
# without one must fall to guessing: one of seven symbols.

# %% control="K6" slideshow={"slide_type": "fragment"}
evidence(
    "K6", lambda share: share > 0.9,
    {"recall at distance 31, with a global block": recalled["BigBird"]},
    {"without one": recalled["not global"]},
    by=0.5,
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ### How low is the rank?
#
# Now to the argument of the paper. Take the two trained models with *full* attention, and let their
# tables shrink: a **singular value decomposition** writes a table as a sum of products, column times
# row, the weightiest first. We keep the first $n$: the best that any $n$ slots could do, even if
# they were chosen anew for each text.

# %%
class BestSlots(nn.Module):
    """Full attention, and then only the best n products of each table."""

    def __init__(self, n_slots):
        super().__init__()
        self.n_slots, self.inner = n_slots, Attention()

    def forward(self, q, k, v, mask=None):
        left, size, right = torch.linalg.svd(self.inner(q, k, v, mask).weights)
        left = left[..., : self.n_slots] * size[..., None, : self.n_slots]
        weights = left @ right[..., : self.n_slots, :]
        return Attended(weights @ v, weights, None)


def shrunk(model, n_slots):
    """The same trained model with this attention in place of its own."""
    layer = next(m for m in model.modules() if isinstance(m, MultiHeadAttention))
    layer.attention = BestSlots(n_slots)
    return model

# %% [markdown]
# How many products does each of the two games need?

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
kept, asked = [1, 2, 4, 8, 32], recalls(epoch=1000, n=256)
by_rank = {
    "recall": [exact_match(shrunk(recallers["full"], n), asked) for n in kept],
    "ditto": [marks_right(shrunk(readers["full"], n)) for n in kept],
}
title = "recall needs one product of the table, ditto many"
plots.curves(kept, by_rank, xlabel="products kept of 32", ylabel="right", log="x", title=title)

# %% control="K5" slideshow={"slide_type": "fragment"}
left = {name: shares[0] / shares[-1] for name, shares in by_rank.items()}
evidence(
    "K5", lambda share: share > 0.9,
    {"of recall, share left with 1 product": left["recall"]},
    {"of ditto, share left with 1 product": left["ditto"]},
    by=0.25,
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "fragment"}
# So the argument holds where all look for the same, and not where each needs another. (It is not
# the whole story: with 32 slots for 32 words Linformer read no more than half of the dittos when we
# tried. Its mixtures know nothing of the text.) All this for these games and 150 steps.

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
# documents name positions as the second thing to improve, DeBERTa for one (He et al., 2021). You
# know the test from notebook 08: train on rows of 16, read rows of 32 and 64. Three kinds: waves
# that are added, and two scores that know distances.

# %%
added = Config(vocab_size=12, max_len=64, d_model=32, d_ff=64)


def scored(make):
    return replace(added, positions=NoPositions, attention=make)


lookers = {
    "sinusoidal": added,
    "ALiBi": scored(lambda: Attention(AlibiScores(n_heads=4))),
    "DeBERTa": scored(lambda: Attention(DisentangledScores(d_head=8, max_distance=8))),
}

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** All three read nearly every mark at 16. Which still do at 64?
# >
# > - **a** all but sinusoidal
# > - **b** none: 64 was never trained
# > - **c** sinusoidal too: its waves go on for ever

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
shares = {}
for name, config in lookers.items():
    torch.manual_seed(seed)
    model = trained(LanguageModel(config), lambda epoch: dittos(epoch, length=16), steps=100)
    shares[name] = [marks_right(model, length) for length in (16, 32, 64)]
xlabel, title = "length, trained at 16", "beyond 16 the waves fail, distances hold"
plots.curves([16, 32, 64], shares, xlabel=xlabel, ylabel="marks right", log="x", title=title)

# %% control="K7" slideshow={"slide_type": "fragment"}
print("at 16, above 0.9:", [name for name, share in shares.items() if share[0] > 0.9])
print("at 64, above 0.8:", [name for name, share in shares.items() if share[2] > 0.8])
evidence(
    "K7", lambda share: share > 0.8,
    {"trained at 16, read at 64: ALiBi": shares["ALiBi"][2]},
    {"the same with sinusoidal positions": shares["sinusoidal"][2]},
    by=0.3,
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** What is asked is near, and a score that knows only *how far* meets the same near distances
# in a longer row. *c*: the waves go on, but row 40 of them was never trained. *b* mistakes the
# length for what is asked.
# </details>

# %% [markdown]
# One thing to watch when you read papers: which way is a distance counted? Ours is place of the key
# − place of the query, as Shaw et al. (2018) have it. DeBERTa's paper counts query − key. Both know
# the same; a table trained with one sign is read backwards with the other.

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
# - Linformer: fewer keys. Everyone asks the same few mixtures: enough where the table of weights
#   has a low rank, poor where every place needs another word, and not causal as it stands.
# - BigBird: fewer pairs. Window, global, random; pays only in blocks, since a mask saves nothing.
# - Scores that know distances hold beyond the trained length.
#
# **New words.** *Slot*: a learned mixture of keys. *Rank*: how many rows of a table are independent.
# *Global block*: sees all, is seen by all.
#
# **Open** `transformer_lib/efficient.py`: three kinds of attention behind one door.
#
# **What breaks next.** You have turned every part by itself. Does it hold when you start from an
# empty cell? Notebook 14.

# %% [markdown]
# **Next:** [14 Build it yourself](14_capstone.ipynb)
