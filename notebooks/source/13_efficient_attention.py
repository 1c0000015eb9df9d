# %% [markdown]
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

from transformer_lib import plots
from transformer_lib.attention import Attention
from transformer_lib.efficient import BigBirdAttention, FusedAttention, Linformer, Masked
from transformer_lib.exercises.core import check, hint
from transformer_lib.exercises.quiz import quiz
from transformer_lib.lesson import begin, show_source
from transformer_lib.masks import bigbird_mask, causal_mask, padding_mask, window_mask
from transformer_lib.model import Classifier, Config, LanguageModel
from transformer_lib.positions import NoPositions
from transformer_lib.relative import AlibiScores, DisentangledScores
from transformer_lib.tasks import DITTO, ditto_task, recall_task
from transformer_lib.training import Recipe, exact_match, fit, one_cycle
from transformer_lib.widgets.knob import Knob

begin()

# %% [markdown]
# ## The itch: a book does not fit
#
# Everybody asks everybody. What do the scores of one layer with 8 heads take, at 4 bytes a number?

# %%
for length in (512, 4096, 16_384, 131_072):
    print(f"{length:7} tokens: {8 * length**2 * 4 / 2**30:7.3f} GiB")

# %% [markdown]
# A long book needs 512 GiB for one layer and one text. Something has to be left out. What can you
# do without?
#
# 1. Fewer *keys*: several keys become one. That is **Linformer**.
# 2. Fewer *pairs*: not everybody asks everybody. That is **BigBird**.

# %% [markdown] covers="K5"
# ## By hand: four keys, two slots
#
# Linformer mixes the keys before anyone asks them. A small matrix $E$ says how: a row for each
# mixture, called a **slot**, and a column for each key. Here slot 1 is the mean of the first two
# keys, slot 2 that of the others. Work out $E k$ and the scores of $q = [1, 1]$, then run.

# %%
k = torch.tensor([[2.0, 0.0], [4.0, 0.0], [0.0, 2.0], [0.0, 6.0]])
mixing = torch.tensor([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]])
q = torch.tensor([[1.0, 1.0]])
print("all keys:", (q @ k.T).tolist())
print("slots:   ", (mixing @ k).tolist(), " scores:", (q @ (mixing @ k).T).tolist())

# %% [markdown]
# Four scores became two: [3, 0] and [0, 4] answer for four keys. The values are mixed in the same
# way by a matrix $F$ of their own. Then everything goes on as always: scale, softmax, average.
#
# $$\text{softmax}\!\left(\frac{q\,(E k)^\top}{\sqrt{d_k}}\right) F v$$

# %%
v = torch.tensor([[1.0, 0.0], [3.0, 0.0], [0.0, 1.0], [0.0, 5.0]])
weights = (q @ (mixing @ k).T / math.sqrt(2)).softmax(-1)
by_hand = weights @ (mixing @ v)
print("weights", weights, " output", by_hand)

# %% [markdown]
# The library's Linformer learns both matrices. Put ours in:

# %%
linformer = Linformer(max_len=4, n_slots=2)
with torch.no_grad():
    linformer.mix_k.copy_(mixing)
    linformer.mix_v.copy_(mixing)
attended = linformer(q[None, None], k[None, None], v[None, None])
assert torch.allclose(attended.output[0, 0], by_hand)
assert torch.allclose(attended.weights[0, 0], weights)
print("weights of one query:", tuple(attended.weights.shape))

# %%
show_source(Linformer.forward)

# %% [markdown]
# ### What is lost?
#
# Mixing is an average once more, and an average forgets. It depends on the keys: if neighbours
# are alike, little is lost; if every word is different, much. We compare 64 words, with slots that
# are means of neighbours, in both cases.
#
# > **Predict.** Two neighbours in each pair are *exactly* alike, and 32 slots hold the means of
# > the pairs. How large is the error against full attention?
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


different = torch.randn(3, 64, 16)
pairs = torch.randn(3, 32, 16).repeat_interleave(2, dim=1)
print(f"32 slots   pairs alike: {error(pairs, 32):.3f}   all different: {error(different, 32):.3f}")

# %%
assert error(pairs, 32) < 1e-5 and error(different, 32) > 0.4
smooth = 3 * F.avg_pool1d(different.mT, 9, 1, 4, count_include_pad=False).mT
slots = [64, 32, 16, 8, 4]
lines = {"all different": different, "neighbours alike": smooth}
errors = {name: [error(words, n) for n in slots] for name, words in lines.items()}
plots.curves(slots, errors, xlabel="slots for 64 words", ylabel="error, as a share", log="x")

# %% [markdown]
# <details><summary>Why</summary>
#
# **b.** Two equal keys have equal weights, and their slot stands for both. Every term of the
# softmax halves, above and below the fraction line, so the difference that *c* sees cancels. *a*
# counts keys; what counts is what they say.
# </details>
#
# A trained Linformer chooses its mixtures itself. But it chooses them once, for all texts.

# %% [markdown] covers="K6"
# ## BigBird: three reasons to look
#
# BigBird keeps every key, and lets each query ask a few. Cut the text into blocks. A block sees
#
# - its neighbours and itself (**window**): what is near matters most,
# - the first block, which sees all in turn (**global**): a notice board,
# - one block drawn by lot (**random**): a short cut.
#
# Each cell below is a block of 4 words, 8 blocks in all, 32 words.

# %% tags=["teaser"]
parts = {"window": (0, 0), "+ global": (0, 1), "+ random": (1, 1)}
for (title, (n_random, n_global)), ax in zip(parts.items(), plots.panels(3, height=2.6)):
    plots.mask_map(bigbird_mask(8, 1, n_random, n_global), title=title, ax=ax)

# %% [markdown]
# Count the filled cells of the first picture: $3 \cdot 8 - 2 = 22$ of 64. It grows with the number
# of blocks, not with its square.
#
# > **Predict.** Twice as many blocks, window and one global block: by what do the visible cells
# > grow, and by what all cells?
# >
# > - **a** both 4 times
# > - **b** both 2 times
# > - **c** about 2 times, 4 times

# %%
seen = [int(bigbird_mask(blocks, 1, n_random=0).sum()) for blocks in (8, 16, 32, 64)]
print("visible", seen)
print("all    ", [blocks**2 for blocks in (8, 16, 32, 64)])
assert all(2 <= after / before < 2.3 for before, after in zip(seen, seen[1:]))

# %% [markdown]
# <details><summary>Why</summary>
#
# **c.** A block more brings five cells, three for its window and one each in the global row and
# column, however many there are already. *a* is full attention. *b* would be right for the visible
# ones alone.
# </details>
#
# Turn the knob: how many blocks are drawn by lot for each row?

# %%
def drawn(n_random):
    mask = bigbird_mask(16, 1, n_random)
    title = f"{n_random} drawn: {int(mask.sum())} of {mask.numel()} blocks visible"
    return plots.mask_map(mask, title=title)


Knob(drawn, [0, 1, 2, 4, 8], label="random blocks", start=1)

# %% [markdown]
# ### Can news still travel?
#
# Block 15 does not see block 5. In two layers it may hear of it: whom do those know whom it sees?

# %%
mask = bigbird_mask(16, 1, n_random=0).float()
print("one layer hears of all: ", bool((mask > 0).all()))
print("two layers hear of all: ", bool((mask @ mask > 0).all()))
assert not (mask > 0).all() and (mask @ mask > 0).all()

# %% [markdown]
# The notice board does it: everybody writes to it and everybody reads it. Compare the bare window
# of notebook 01, which needed a layer for every few words.

# %% [markdown] covers="K6"
# ## As a mask, and as blocks
#
# There are two ways to build it. `Masked` computes all scores and hides most of them.
# `BigBirdAttention` *gathers* for each block the blocks it sees, and never computes the others.
# The outcome has to be the same:

# %%
q, k, v = torch.randn(3, 1, 4, 128, 16)
as_mask = Masked(Attention(), lambda length: bigbird_mask(length, 8))
as_blocks = BigBirdAttention(block=8)
assert torch.allclose(as_mask(q, k, v).output, as_blocks(q, k, v).output, atol=1e-5)
print("same output:", tuple(as_blocks(q, k, v).output.shape))

# %% [markdown]
# > **Predict.** 2048 words, blocks of 64. Which is faster than full attention?
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

# %% tags=["nbval-ignore-output"]
lengths = [256, 512, 1024, 2048]
kinds = {
    "full": Attention(),
    "full, fused": FusedAttention(),
    "BigBird as mask": Masked(Attention(), lambda length: bigbird_mask(length, 64)),
    "BigBird in blocks": BigBirdAttention(block=64),
    "Linformer": Linformer(max_len=2048, n_slots=64),
}
took = {name: [milliseconds(kind, T) for T in lengths] for name, kind in kinds.items()}
plots.curves(lengths, took, xlabel="words", ylabel="milliseconds", log="xy")

# %%
full = took["full"][-1]
print("as mask, no faster:       ", took["BigBird as mask"][-1] > 0.8 * full)
print("in blocks, twice as fast: ", took["BigBird in blocks"][-1] < full / 2)
print("Linformer, twice as fast: ", took["Linformer"][-1] < full / 2)
assert took["BigBird as mask"][-1] > 0.8 * full > took["BigBird in blocks"][-1]

# %% [markdown]
# <details><summary>Why</summary>
#
# **a.** A mask is put *on* the scores, so they have been computed by then, and putting it on takes
# time too. *b* confuses hiding with leaving out. *c*: in blocks the softmax runs over the gathered
# keys alone.
# </details>
#
# *Fused* is PyTorch's own kernel: all scores, but in small pieces that stay in fast memory. It is
# the rival to beat.

# %% [markdown]
# Where do the lines cross? On the machine of `benchmarks/README.md` Linformer with 64 slots beat
# the fused kernel from 256 words on, BigBird with blocks of 64 from 1024 on. In memory the fused
# kernel wins everywhere; beside the explicit scores both save most of it:

# %%
for T in (1024, 16_384):
    explicit, slots, blocks = T * T, T * 64, T * 5 * 64  # scores of one head
    print(f"{T:6} words: {explicit:11,} scores; Linformer {slots:9,}; BigBird {blocks:9,}")

# %% [markdown] covers="K5 K6"
# ## Do they still learn?
#
# Speed says nothing about what is left of the talent. Two games. **Recall**: name the last of 32
# symbols, asked at the first place, 31 places away. **Ditto**: each mark ″ stands for the number
# written last before it, so *every* place needs another neighbour.

# %%
source, target = ditto_task(1, 12, 12, torch.Generator().manual_seed(3))
print("read: ", *["″" if token == DITTO else token for token in source[0].tolist()])
print("write:", *target[0].tolist())

# %% [markdown]
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

# %% tags=["nbval-ignore-output"]
read = []
for config in configs.values():
    torch.manual_seed(0)
    read.append(marks_right(trained(Tagger(config), dittos)))
plots.bars({"recall": recalled, "ditto": read}, list(configs), title="who misses what")

# %%
print("recall, all above 0.95:", all(share > 0.95 for share in recalled))
print("ditto, Linformer below 0.6:", read[1] < 0.6)
print("ditto, BigBird above Linformer by 0.2:", read[2] > read[1] + 0.2)
assert min(recalled) > 0.95 and read[1] < 0.6 and read[2] > read[1] + 0.2

# %% [markdown]
# <details><summary>Why</summary>
#
# **c.** Recall needs *one* place, and a slot can be that place. Ditto needs 32 different neighbours
# from 4 mixtures that are the same for all. *a* overlooks that the question stands in the global
# block. *b* takes less for worse: BigBird's window tells it where to look, and in so short a
# training that helps.
# </details>
#
# In the middle of a text the far symbol may be out of sight:

# %%
sees = bigbird_mask(32, block=4)[:, 31]
print("the last word is seen from place 0:", bool(sees[0]), " from 12:", bool(sees[12]))
assert sees[0] and not sees[12]

# %% [markdown]
# All this holds for these games, these sizes and 200 steps. The question to take along: *is what I
# look for one thing for all, or something else near every place?*

# %% [markdown] covers="K5"
# ## Break it: Linformer writes a text
#
# A decoder must not see the future. What happens if it asks Linformer with a look-ahead mask?

# %%
quiz("linformer_order")

# %% tags=["raises-exception"]
Linformer(max_len=4, n_slots=2)(*torch.randn(3, 1, 1, 4, 2), causal_mask(4))

# %% [markdown]
# It refuses, with good reason. Change the *last* of four words and watch what the *first* one
# hears:

# %%
words = torch.randn(1, 1, 4, 2)
changed = words.clone()
changed[..., 3, :] += 1
for name, attention in (("full", Attention()), ("Linformer", linformer)):
    mask = causal_mask(4) if name == "full" else None
    before, after = (attention(words, x, x, mask).output[0, 0, 0] for x in (words, changed))
    print(f"{name:10} the first word notices: {not torch.allclose(before, after)}")

# %%
assert not torch.allclose(linformer(words, words, words).output[0, 0, 0],
                          linformer(words, changed, changed).output[0, 0, 0])  # fmt: skip

# %% [markdown]
# Slot 2 holds the last word, and every query asks slot 2. What has been mixed, no mask can take
# apart.

# %% [markdown] covers="K7"
# ## Longer than ever seen
#
# Cheap attention lets you *read* a long text. Does the model know where it is in there? The
# documents name positions as the second thing to improve. You know the test from notebook 08:
# train on rows of 16, read rows of 32 and 64. Three kinds of positions, and a fourth model that
# repairs both: DeBERTa's scores inside a window of 17.

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

# %% [markdown]
# > **Predict.** All read nearly every mark at 16. Which still do at 64?
# >
# > - **a** all but sinusoidal
# > - **b** none: 64 was never trained
# > - **c** sinusoidal too: its waves go on for ever

# %% tags=["nbval-ignore-output"]
shares = {}
for name, config in lookers.items():
    torch.manual_seed(0)
    model = trained(LanguageModel(config), lambda epoch: dittos(epoch, length=16), steps=150)
    shares[name] = [marks_right(model, length) for length in (16, 32, 64)]
plots.curves([16, 32, 64], shares, xlabel="length, trained at 16", ylabel="marks right", log="x")

# %%
print("at 16, above 0.9:", [name for name, share in shares.items() if share[0] > 0.9])
print("at 64, above 0.8:", [name for name, share in shares.items() if share[2] > 0.8])
assert shares["sinusoidal"][2] < 0.6 and min(shares["DeBERTa"]) > 0.9

# %% [markdown]
# <details><summary>Why</summary>
#
# **a.** A score that knows only *how far* meets the same distances in a longer row. *c*: the waves
# go on, but row 40 of them was never trained. *b* mistakes the length for what is asked, which is
# always near.
# </details>
#
# The window costs nothing here: what is asked for lies within it. As a `Masked` pattern it saves
# nothing either, as you have measured.

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown]
# ### 1 · The shape of the scores ★ 2 min
#
# Two sentences, 3 heads, 41 queries, 43 keys, squeezed into 8 slots. Which shape have the scores,
# as a tuple?

# %% tags=["exercise"]
linformer_shape = ...

# %%
check("linformer_shape", linformer_shape)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
linformer_shape_solution = (2, 3, 41, 8)  # a column for each slot
check("linformer_shape", linformer_shape_solution)

# %% [markdown]
# ### 2 · How far, with a sign ★★ 4 min
#
# What DeBERTa and ALiBi start from: a (length, length) table of whole numbers, place of the key −
# place of the query. For length 2: [[0, 1], [−1, 0]].

# %% tags=["exercise"]
def relative_offsets(length):
    """−1 is the word before, 0 the word itself."""
    raise NotImplementedError


# %%
check("relative_offsets", relative_offsets)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def relative_offsets_solution(length):
    place = torch.arange(length)
    return place - place[:, None]


check("relative_offsets", relative_offsets_solution)

# %% [markdown]
# ### 3 · How many blocks are visible? ★★★ 8 min
#
# Pairs of blocks that BigBird shows without the drawn ones: each block sees itself and its
# neighbours; the first `n_global` see all and are seen by all. For 3 blocks, none global: 7.

# %% tags=["exercise"]
def visible_blocks(n_blocks, n_global):
    """A pair that is visible for two reasons counts once."""
    raise NotImplementedError


# %%
check("visible_blocks", visible_blocks)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def visible_blocks_solution(n_blocks, n_global):
    rest = n_blocks - n_global  # those that are not global see their own window
    return n_blocks**2 - rest**2 + max(0, 3 * rest - 2)


check("visible_blocks", visible_blocks_solution)

# %% [markdown]
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
