# %% [markdown]
# # Build it yourself
#
# > At the end you can build a Transformer from an empty cell, prove that it is right, train it, and
# > change one thing of your own and measure what it does. About 120 minutes.

# %%
import math
from dataclasses import replace

import torch
from torch import nn

from transformer_lib import plots
from transformer_lib.cache import Recompute
from transformer_lib.data import CAT, STUDENT, translation_pairs
from transformer_lib.decoding import greedy
from transformer_lib.exercises.core import check, hint, yours
from transformer_lib.layers import PostNorm
from transformer_lib.lesson import begin
from transformer_lib.masks import PAD, padding_mask
from transformer_lib.model import Config, Transformer
from transformer_lib.positions import NoPositions
from transformer_lib.training import Recipe, exact_match, fit
from transformer_lib.translator import Translator

begin()

# %% [markdown]
# ## The itch: you have read it, but have you built it?
#
# Thirteen notebooks have shown you parts. Here stands nothing but a plan:
#
# ```text
# ids → embedding + positions → N × (attention, feed-forward) → memory
# ids → embedding + positions → N × (masked attention, cross-attention, feed-forward) → logits
# ```
#
# Seven small functions are yours to write; `check` tests each one. The pieces around them are
# given, so that what you write is put to use at once.

# %% [markdown]
# How it works: `yours("name", function)` takes your function if it passes its check. Until then it
# takes the solution's, so that everything below runs from the first minute. Watch the lines turn
# to *yours*, one after the other.

# %% [markdown]
# ## Seven functions
#
# ### 1 · Where am I? ★★★ 10 min
#
# `sinusoids(length, d_model)` → (length, d_model): sine of $pos / 10000^{2i/d}$ at feature $2i$,
# cosine of the same at $2i + 1$ (notebook 08).

# %% tags=["exercise"]
def sinusoids(length, d_model):
    """(length, d_model)"""
    raise NotImplementedError


# %%
check("sinusoids", sinusoids)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def sinusoids_solution(length, d_model):
    places, twice_i = torch.arange(length)[:, None], torch.arange(0, d_model, 2)
    angle = places / 10_000 ** (twice_i / d_model)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


check("sinusoids", sinusoids_solution)

# %% [markdown]
# ### 2 · Into heads ★★ 5 min
#
# (batch, length, d_model) → (batch, heads, length, d_head), each head its own slice (notebook 07).

# %% tags=["exercise"]
def split_heads(x, n_heads):
    """(batch, heads, length, d_head)"""
    raise NotImplementedError


# %%
check("split_heads", split_heads)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def split_heads_solution(x, n_heads):
    return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)


check("split_heads", split_heads_solution)

# %% [markdown]
# ### 3 · And out again ★★ 3 min
#
# (batch, heads, length, d_head) → (batch, length, d_model).

# %% tags=["exercise"]
def merge_heads(x):
    """(batch, length, d_model)"""
    raise NotImplementedError


# %%
check("merge_heads", merge_heads)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def merge_heads_solution(x):
    return x.transpose(1, 2).flatten(2)


check("merge_heads", merge_heads_solution)

# %% [markdown]
# ### 4 · Attention, masked ★★★ 10 min
#
# The heart: `q` (batch, heads, query, d_head), `k` and `v` (batch, heads, key, d_head), and a mask
# that broadcasts to (batch, heads, query, key), True = may attend. A query that sees nothing gets
# zeros (notebooks 05 and 06).

# %% tags=["exercise"]
def masked_attention(q, k, v, mask):
    """(batch, heads, query, d_head)"""
    raise NotImplementedError


# %%
check("masked_attention", masked_attention)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def masked_attention_solution(q, k, v, mask):
    scores = q @ k.mT / math.sqrt(q.size(-1))
    weights = scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num()
    return weights @ v


check("masked_attention", masked_attention_solution)

# %% [markdown]
# ### 5 · No pad, no future ★★ 5 min
#
# From `tokens` (batch, target) make the decoder's mask (batch, 1, target, target) (notebook 06).

# %% tags=["exercise"]
def decoder_mask(tokens, pad):
    """(batch, 1, target, target)"""
    raise NotImplementedError


# %%
check("decoder_mask", decoder_mask)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def decoder_mask_solution(tokens, pad):
    future = torch.ones(tokens.size(1), tokens.size(1), dtype=torch.bool).tril()
    return (tokens != pad)[:, None, None] & future


check("decoder_mask", decoder_mask_solution)

# %% [markdown]
# ### 6 · Layer norm ★★ 6 min
#
# For rows `x` (tokens, d_model): take away the mean of each row, divide by
# $\sqrt{\text{variance} + \epsilon}$, times `gain`, plus `shift` (notebook 09).

# %% tags=["exercise"]
def layer_norm(x, gain, shift, epsilon):
    """(tokens, d_model)"""
    raise NotImplementedError


# %%
check("layer_norm", layer_norm)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def layer_norm_solution(x, gain, shift, epsilon):
    centred = x - x.mean(-1, keepdim=True)
    return gain * centred / (centred.square().mean(-1, keepdim=True) + epsilon).sqrt() + shift


check("layer_norm", layer_norm_solution)

# %% [markdown]
# ### 7 · Each word by itself ★★ 4 min
#
# For rows `x` (tokens, d_model): relu of `x @ w1 + b1`, times `w2`, plus `b2` (notebook 09).

# %% tags=["exercise"]
def feed_forward(x, w1, b1, w2, b2):
    """(tokens, d_model)"""
    raise NotImplementedError


# %%
check("feed_forward", feed_forward)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def feed_forward_solution(x, w1, b1, w2, b2):
    return torch.relu(x @ w1 + b1) @ w2 + b2


check("feed_forward", feed_forward_solution)

# %% [markdown]
# ## Put together
#
# Seven functions, and who wrote them:

# %%
attempts = [sinusoids, split_heads, merge_heads, masked_attention, decoder_mask]
attempts += [layer_norm, feed_forward]
part = {function.__name__: yours(function.__name__, function) for function in attempts}

# %% [markdown]
# Functions hold no numbers that can be learned. So each gets a small module that keeps the
# matrices and calls it. Attention first: four matrices, cut, ask, join.

# %%
class Heads(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.q, self.k, self.v, self.out = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, x, memory, mask):
        asked = part["split_heads"](self.q(x), self.n_heads)
        offered = [part["split_heads"](make(memory), self.n_heads) for make in (self.k, self.v)]
        return self.out(part["merge_heads"](part["masked_attention"](asked, *offered, mask)))

# %% [markdown]
# The norm and the feed-forward network see one long list of words; where a sentence ends does not
# matter to them.

# %%
class Norm(nn.Module):
    def __init__(self, d_model):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(d_model))
        self.shift = nn.Parameter(torch.zeros(d_model))

    def forward(self, x):
        rows = part["layer_norm"](x.flatten(0, 1), self.gain, self.shift, 1e-5)
        return rows.view_as(x)


class Think(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.widen, self.narrow = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)

    def forward(self, x):
        numbers = [n for layer in (self.widen, self.narrow) for n in (layer.weight.T, layer.bias)]
        return part["feed_forward"](x.flatten(0, 1), *numbers).view_as(x)

# %% [markdown]
# A path round every sublayer: $x + f(\text{norm}(x))$.

# %%
class Around(nn.Module):
    def __init__(self, sublayer, d_model):
        super().__init__()
        self.sublayer, self.norm = sublayer, Norm(d_model)

    def forward(self, x, *more):
        return x + self.sublayer(self.norm(x), *more)


def attend(around, x, mask, memory=None):
    """Self-attention, or cross-attention when there is a memory."""
    asking = around.norm(x)
    return x + around.sublayer(asking, asking if memory is None else memory, mask)

# %% [markdown]
# One class for both kinds of layer: a decoder's has a second attention, which asks the memory.

# %%
class Layer(nn.Module):
    def __init__(self, config, cross):
        super().__init__()
        d_model = config.d_model
        self.listen = Around(Heads(d_model, config.n_heads), d_model)
        self.look_over = Around(Heads(d_model, config.n_heads), d_model) if cross else None
        self.think = Around(Think(d_model, config.d_ff), d_model)

    def forward(self, x, mask, memory=None, memory_mask=None):
        x = attend(self.listen, x, mask)
        if self.look_over is not None:
            x = attend(self.look_over, x, memory_mask, memory)
        return self.think(x)

# %%
class Stack(nn.Module):
    def __init__(self, config, cross):
        super().__init__()
        self.layers = nn.ModuleList(Layer(config, cross) for _ in range(config.n_layers))
        self.final = Norm(config.d_model)

    def forward(self, x, *more):
        for layer in self.layers:
            x = layer(x, *more)
        return self.final(x)

# %% [markdown]
# And the whole. Ids become rows, times $\sqrt{d_{model}}$, plus the waves; the encoder answers
# once; the decoder asks it at every layer; the head scores every word of the vocabulary.

# %%
class Mine(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config, sizes = config, (config.vocab_size, config.target_vocab_size)
        self.source_table, self.target_table = (nn.Embedding(n, config.d_model) for n in sizes)
        self.encoder, self.decoder = Stack(config, cross=False), Stack(config, cross=True)
        self.head = nn.Linear(config.d_model, config.target_vocab_size)

    def embed(self, table, tokens):
        waves = part["sinusoids"](tokens.size(1), self.config.d_model)
        return table(tokens) * math.sqrt(self.config.d_model) + waves

    def encode(self, source):
        memory_mask = padding_mask(source)
        return self.encoder(self.embed(self.source_table, source), memory_mask), memory_mask

    def decode(self, target_in, memory, memory_mask):
        x, mask = self.embed(self.target_table, target_in), part["decoder_mask"](target_in, PAD)
        return self.head(self.decoder(x, mask, memory, memory_mask))

    def forward(self, source, target_in):
        return self.decode(target_in, *self.encode(source))

# %% [markdown]
# ## Prove it
#
# It runs; is it right? Four tests, none of which needs training. First the shapes.

# %%
config = Config(vocab_size=23, target_vocab_size=29, d_model=24, n_heads=3, d_ff=40)
mine = Mine(config).eval()
source = torch.tensor([[5, 6, 7, 8, 9], [5, 6, 7, PAD, PAD]])
target_in = torch.tensor([[1, 11, 12, 13], [1, 11, PAD, PAD]])
print(tuple(mine(source, target_in).shape))
assert mine(source, target_in).shape == (2, 4, 29)

# %% [markdown]
# **The future is hidden.** Change the last word of the target: which rows of the answer move?
#
# > **Predict.**
# >
# > - **a** all four
# > - **b** the first three
# > - **c** the last one alone

# %%
changed = target_in.clone()
changed[0, 3] = 14
moved = (mine(source, target_in) - mine(source, changed))[0].abs().amax(-1) > 1e-6
print("rows that moved:", moved.tolist())
assert moved.tolist() == [False, False, False, True]

# %% [markdown]
# <details><summary>Why</summary>
#
# **c.** Row 3 is computed from word 3 and everything before it. *a* would be a model without a
# look-ahead mask. *b* would be a mask turned round: rows that see only what comes after them.
# </details>
#
# **Pads do not matter.** The second sentence without its pads must give the same rows.

# %%
alone = mine(source[1:, :3], target_in[1:, :2])
assert torch.allclose(alone, mine(source, target_in)[1:, :2], atol=1e-5)
print("the same with and without pads")

# %% [markdown]
# **The library agrees.** The hardest test: pour the numbers of the library's Transformer into
# yours and compare every logit. Both keep their parameters in the same order.

# %%
library = Transformer(config).eval()
with torch.no_grad():
    for here, there in zip(mine.parameters(), library.parameters(), strict=True):
        here.copy_(there)
difference = (mine(source, target_in) - library(source, target_in)).abs().max()
print("largest difference below 0.00001:", bool(difference < 1e-5))
assert difference < 1e-5

# %% [markdown]
# The same to five decimals. You have built *the* Transformer, not something like it.

# %% [markdown]
# ## Train it
#
# English to French, short sentences, ten seconds. Everything outside the model is the library's:
# the batches, the loss, the loop of notebooks 02 and 10.

# %%
pairs = [pair for pair in translation_pairs() if len(pair[0].split()) <= 6]
held_out = [pair for pair in translation_pairs("random") if len(pair[0].split()) <= 6][:300]


def translator(build, **changes):
    """A translator with a fresh model; tables start small, as in the library."""
    torch.manual_seed(0)
    both = Translator.untrained(pairs, d_model=48, n_layers=1, n_heads=4, d_ff=96)
    both.model = build(replace(both.model.config, **changes))
    for table in (m for m in both.model.modules() if isinstance(m, nn.Embedding)):
        nn.init.normal_(table.weight, std=table.embedding_dim**-0.5)
    return both

# %% tags=["teaser", "nbval-ignore-output"]
built = translator(Mine)
test = list(built.epochs(held_out, size=100)(0))
right = lambda model: exact_match(model, test)
fit(built.model, built.epochs(pairs, size=64), Recipe(steps=500, evaluate_every=100), right)

# %%
print("more than 60 % of new sentences exactly right:", right(built.model) > 0.6)
write = lambda model, source: greedy(model, source, session=Recompute)
print(built.translate([STUDENT[0], CAT[0]], write))

# %% [markdown]
# ## Change one thing
#
# Now it is yours, so change it. A good experiment changes **one** thing, keeps all else (data,
# steps, seed) and says beforehand what should happen. Here are three changes of the library's
# model; the last line is for yours.
#
# > **Predict.** Which of the three hurts most after 300 steps?
# >
# > - **a** one head in place of four
# > - **b** no positions
# > - **c** the norm after the addition (post-norm)

# %%
changes = {
    "as it is": {},
    "one head": {"n_heads": 1},
    "no positions": {"positions": NoPositions},
    "post-norm": {"residual": PostNorm},
    # "mine": {"d_ff": 8},
}


def measure(change):
    changed = translator(Transformer, **change)
    fit(changed.model, changed.epochs(pairs, size=64), Recipe(steps=300))
    return right(changed.model)

# %% tags=["nbval-ignore-output"]
results = {name: measure(change) for name, change in changes.items()}

# %% tags=["nbval-ignore-output"]
shares = {"share exactly right": list(results.values())}
plots.bars(shares, list(results), title="one change at a time")

# %%
print("no positions costs most:", min(results, key=results.get) == "no positions")

# %% [markdown]
# <details><summary>Why</summary>
#
# **b.** Without positions the encoder sees a bag of words; "the cat sees the dog" and "the dog sees
# the cat" become one sentence. (The decoder is spared in part: its mask gives order away.) *a* costs
# little on sentences this short. *c*, with one layer and warm-up, does well, here even better; notebook
# 09 shows where it fails.
# </details>

# %% [markdown]
# One seed is one throw of the dice. Before you believe a small difference, run three. Write down
# your own experiment as a plan, in the form that its check asks for:

# %%
hint("plan_heads")

# %% [markdown]
# ### 8 · Design an experiment ★★★ 15 min
#
# Do more heads help at the same size of the model? A list of runs, each a `dict` with `n_heads`
# (1, 2, 4, 8), `d_model` (32, 64, 128), `seed` and `scored_on` ("train" or "held-out").

# %% tags=["exercise"]
plan_heads = ...

# %%
check("plan_heads", plan_heads)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
plan_heads_solution = [
    dict(n_heads=n_heads, d_model=64, seed=seed, scored_on="held-out")
    for n_heads in (1, 8)
    for seed in (0, 1, 2)
]
check("plan_heads", plan_heads_solution)

# %% [markdown]
# ## Where to go from here
#
# - Train `Mine` on your own sentences: a file with a tab between the two languages, and
#   `transformer_lib.files.read_pairs`.
# - Put in what notebooks 08 and 13 compared: ALiBi, rotary, Linformer. One function changes.
# - Read a large model's code. You will find these seven functions in it, under other names.

# %% [markdown]
# ## Recap
#
# - Seven functions and six small classes are a Transformer, equal to the library's to five
#   decimals.
# - Tests come before training: shapes, causality, padding, an oracle.
# - One change at a time, the same seeds, held-out data, and a guess beforehand.
#
# **New words.** *Oracle*: an implementation that is known to be right, to compare with. *Ablation*:
# the experiment that takes one part away.
#
# **Open** `transformer_lib/model.py`: it should look familiar.
