# %% [markdown] slideshow={"slide_type": "slide"}
# # Build it yourself
#
# > At the end you can build a Transformer from empty cells, prove that it is right, train it, and
# > change one thing of your own and measure what it does. About 150 minutes.

# %%
import math
from dataclasses import replace
from functools import partial

import torch
from torch import nn

from lesson import plots
from lesson.exercises.core import check, hint, yours
from lesson.start import begin
from transformer_lib.attention import Attention
from transformer_lib.data import CAT, STUDENT, translation_pairs
from transformer_lib.efficient import Masked
from transformer_lib.evaluation import exact_match
from transformer_lib.masks import PAD
from transformer_lib.model import Config, Transformer
from transformer_lib.positions import NoPositions
from transformer_lib.training import Recipe, fit, one_cycle
from transformer_lib.translator import Translator

seed = 0
begin(seed)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch: you have read it, but have you built it?
#
# You have turned every part by itself. Here stands nothing but a plan:
#
# ```text
# ids → embedding + positions → N × (attention, feed-forward) → memory
# ids → embedding + positions → N × (masked attention, cross-attention, feed-forward) → logits
# ```
#
# Ten cells are empty: seven small functions, and then the wiring, which is heads, a layer and the
# whole model. `check` tests each one. Given is only what keeps the numbers that are learned. Will
# it equal the library's Transformer?

# %% [markdown]
# How it works: `yours("name", function)` takes your function if it passes its check. Until then it
# takes the solution's, so that everything below runs from the first minute. Watch the lines turn
# to *yours*, one after the other.

# %% [markdown] exercise="sinusoids"
# ## Seven functions
#
# You have met all of them: the first in notebook 08, the next two in 07, attention and its mask in
# 05 and 06, the last two in 09.
#
# ### 1 · Where am I?

# %% [markdown] exercise="split_heads"
# ### 2 · Into heads

# %% [markdown] exercise="merge_heads"
# ### 3 · And out again

# %% [markdown] exercise="masked_attention" slideshow={"slide_type": "slide"}
# ### 4 · Attention, masked

# %% [markdown] exercise="decoder_mask"
# ### 5 · No pad, no future

# %% [markdown] exercise="layer_norm"
# ### 6 · Layer norm

# %% [markdown] exercise="feed_forward"
# ### 7 · Each word by itself

# %% [markdown]
# ### Who wrote them?
#
# Seven functions, in a dictionary called `part`, so that the next three can use them:

# %%
attempts = [sinusoids, split_heads, merge_heads, masked_attention, decoder_mask]
attempts += [layer_norm, feed_forward]
part = {function.__name__: yours(function.__name__, function) for function in attempts}

# %% [markdown] exercise="multi_head" slideshow={"slide_type": "slide"}
# ## The wiring
#
# No mathematics is left, only order: what goes where? The learned matrices come in as functions;
# call them.
#
# ### 8 · Heads

# %% [markdown] exercise="decoder_layer" slideshow={"slide_type": "slide"}
# ### 9 · A layer

# %% [markdown] exercise="transformer" slideshow={"slide_type": "slide"}
# ### 10 · The whole model

# %% [markdown]
# ### And these?
#
# Three more for the dictionary:

# %%
for function in (multi_head, decoder_layer, transformer):
    part[function.__name__] = yours(function.__name__, function)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A place for the numbers
#
# Functions hold no numbers that can be learned. So each gets a small module that keeps the
# matrices and calls it. Heads first: four matrices.

# %% slideshow={"slide_type": "fragment"}
class MultiHead(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.projections = nn.ModuleList(nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, x, memory, mask):
        return part["multi_head"](x, memory, mask, self.projections, self.n_heads)

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

# %% [markdown]
# `nn.Linear` keeps its matrix lying on its side, so it is turned on the way:

# %%
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.widen, self.narrow = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)

    def forward(self, x):
        numbers = [n for layer in (self.widen, self.narrow) for n in (layer.weight.T, layer.bias)]
        return part["feed_forward"](x.flatten(0, 1), *numbers).view_as(x)

# %% [markdown] slideshow={"slide_type": "slide"}
# A decoder's layer keeps three sublayers and a norm for each:

# %% slideshow={"slide_type": "fragment"}
class DecoderLayer(nn.Module):
    def __init__(self, d_model, n_heads, d_ff):
        super().__init__()
        self.ask_self, self.norm1 = MultiHead(d_model, n_heads), Norm(d_model)
        self.ask_memory, self.norm2 = MultiHead(d_model, n_heads), Norm(d_model)
        self.think, self.norm3 = FeedForward(d_model, d_ff), Norm(d_model)

    def forward(self, x, memory, mask, memory_mask):
        sublayers = self.ask_self, self.ask_memory, self.think
        norms = self.norm1, self.norm2, self.norm3
        return part["decoder_layer"](x, memory, mask, memory_mask, sublayers, norms)

# %% [markdown]
# An encoder's layer is yours without the middle step; there is no memory yet.

# %%
class EncoderLayer(nn.Module):
    def __init__(self, d_model, n_heads, d_ff):
        super().__init__()
        self.ask_self, self.norm1 = MultiHead(d_model, n_heads), Norm(d_model)
        self.think, self.norm2 = FeedForward(d_model, d_ff), Norm(d_model)

    def forward(self, x, mask):
        asks = self.norm1(x)
        x = x + self.ask_self(asks, asks, mask)
        return x + self.think(self.norm2(x))

# %% [markdown]
# N of them, and a last norm:

# %%
class Stack(nn.Module):
    def __init__(self, layer, config):
        super().__init__()
        sizes = config.d_model, config.n_heads, config.d_ff
        self.layers = nn.ModuleList(layer(*sizes) for _ in range(config.n_layers))
        self.final = Norm(config.d_model)

    def forward(self, x, *more):
        for layer in self.layers:
            x = layer(x, *more)
        return self.final(x)

# %% [markdown] slideshow={"slide_type": "slide"}
# And the whole. Ids become rows, times $\sqrt{d_{model}}$, plus the waves. All else is in your
# tenth function.

# %% slideshow={"slide_type": "fragment"}
class Mine(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config, sizes = config, (config.vocab_size, config.target_vocab_size)
        self.source_table, self.target_table = (nn.Embedding(n, config.d_model) for n in sizes)
        self.encoder, self.decoder = Stack(EncoderLayer, config), Stack(DecoderLayer, config)
        self.head = nn.Linear(config.d_model, config.target_vocab_size)

    def embed(self, table, tokens):
        waves = part["sinusoids"](tokens.size(1), self.config.d_model)
        return table(tokens) * math.sqrt(self.config.d_model) + waves

    def forward(self, source, target_in):
        embeddings = [partial(self.embed, t) for t in (self.source_table, self.target_table)]
        stacks = self.encoder, self.decoder
        return part["transformer"](source, target_in, PAD, embeddings, stacks, self.head)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Prove it
#
# Is it right? Four tests, none of which needs training. First the **shapes**: two sentences, four
# places to write at, and for each place a score for every word of 29.

# %% slideshow={"slide_type": "fragment"}
config = Config(vocab_size=23, target_vocab_size=29, d_model=24, n_heads=3, d_ff=40)
mine = Mine(config).eval()
source = torch.tensor([[5, 6, 7, 8, 9], [5, 6, 7, PAD, PAD]])
target_in = torch.tensor([[1, 11, 12, 13], [1, 11, PAD, PAD]])
print(tuple(mine(source, target_in).shape))
assert mine(source, target_in).shape == (2, 4, 29)

# %% [markdown] slideshow={"slide_type": "slide"}
# **The future is hidden.**
#
# > **Predict.** Change the last of the four target words of the first sentence. Which of its four
# > rows of scores move?
# >
# > - **a** all four
# > - **b** the first three
# > - **c** the last one alone

# %% slideshow={"slide_type": "fragment"}
changed = target_in.clone()
changed[0, 3] = 14
moved = (mine(source, target_in) - mine(source, changed))[0].abs().amax(-1) > 1e-6
print("rows that moved:", moved.tolist())
assert moved.tolist() == [False, False, False, True]

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** The last row alone is computed from the last word; the others see only words before it.
# *a* would be a model without a look-ahead mask. *b* would be a mask turned round: rows that see
# only what comes after them.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# **Pads do not matter.** The second sentence without its pads must give the same rows.

# %% slideshow={"slide_type": "fragment"}
alone = mine(source[1:, :3], target_in[1:, :2])
assert torch.allclose(alone, mine(source, target_in)[1:, :2], atol=1e-5)
print("the same with and without pads")

# %% [markdown] slideshow={"slide_type": "slide"}
# **The library agrees.** The hardest test: pour the numbers of the library's Transformer into
# yours and compare every score. Both keep their parameters in the same order.

# %% slideshow={"slide_type": "fragment"}
library = Transformer(config).eval()
with torch.no_grad():
    for here, there in zip(mine.parameters(), library.parameters(), strict=True):
        here.copy_(there)
difference = (mine(source, target_in) - library(source, target_in)).abs().max()
print("largest difference below 0.00001:", bool(difference < 1e-5))
assert difference < 1e-5

# %% [markdown] slideshow={"slide_type": "fragment"}
# Yours is the library's Transformer, number for number. It is not the paper's to the letter (Vaswani
# et al., 2017). There the norm stands *after* the addition; here before it, as in most models since
# (Xiong et al., 2020), and a last norm ends each stack. There source, target and head share one
# matrix (Press and Wolf, 2017); here are three. And we train without its dropout.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Train it
#
# English to French, short sentences, a few seconds. Everything outside the model is the library's:
# the batches, the loss, the loop of notebooks 02 and 10.

# %%
pairs = [pair for pair in translation_pairs() if len(pair[0].split()) <= 5]
held_out = [pair for pair in translation_pairs("random") if len(pair[0].split()) <= 5][:300]


def translator(build, **changes):
    """A translator with a fresh model; tables start small, as in the library."""
    torch.manual_seed(seed)
    both = Translator.untrained(pairs, d_model=48, n_layers=1, n_heads=4, d_ff=96)
    both.model = build(replace(both.model.config, **changes))
    for table in (m for m in both.model.modules() if isinstance(m, nn.Embedding)):
        nn.init.normal_(table.weight, std=table.embedding_dim**-0.5)
    return both

# %% [markdown]
# After every 60 steps it sits a test: of 297 sentences that it has never read, how many does it
# translate word for word?

# %% tags=["teaser", "nbval-ignore-output"] slideshow={"slide_type": "fragment"}
built = translator(Mine)
test = list(built.epochs(held_out, size=100)(0))
right = lambda model: exact_match(model, test)
recipe = Recipe(steps=300, evaluate_every=60, schedule=one_cycle(1.2e-2))
history = fit(built.model, built.epochs(pairs, size=64), recipe, right)
plots.learning(history, title=f"new sentences exactly right: {right(built.model):.0%}")

# %% [markdown]
# And the two sentences of the course. Put in others, of words that the model has read.

# %% slideshow={"slide_type": "fragment"}
print("more than 60 % of new sentences exactly right:", right(built.model) > 0.6)
print(built.translate([STUDENT[0], CAT[0]]))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Change one thing
#
# Now it is yours, so change it. A good experiment changes **one** thing, keeps all else (data,
# steps, seed) and says beforehand what should happen. Here are two changes of the library's model;
# the last line is for yours.

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** Without positions the encoder reads a bag of words. How much of the score is left,
# > after the same 180 steps?
# >
# > - **a** next to nothing: order is half of the grammar
# > - **b** more than half
# > - **c** all of it, with any seed

# %% slideshow={"slide_type": "fragment"}
def hears_nothing():
    return Masked(Attention(), lambda n_keys: torch.zeros(1, n_keys, dtype=torch.bool))


changes = {
    "as it is": {},
    "no positions": {"positions": NoPositions},
    "source hidden": {"cross_attention": hears_nothing},
    # "mine": {"d_ff": 8},
}

# %% [markdown]
# The last one is a control: a decoder that cannot ask the source at all. Each is trained afresh, in
# the same way:

# %% tags=["nbval-ignore-output"]
def measure(change):
    changed = translator(Transformer, **change)
    recipe = Recipe(steps=180, schedule=one_cycle(1.2e-2))
    fit(changed.model, changed.epochs(pairs, size=64), recipe)
    return right(changed.model)


results = {name: measure(change) for name, change in changes.items()}

# %% [markdown]
# What did each change do?

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
shares = {"share exactly right": list(results.values())}
plots.bars(shares, list(results), title="share of new sentences exactly right")

# %%
left = {name: share / results["as it is"] for name, share in results.items()}
print("no positions, more than half left:", left["no positions"] > 0.5)
print("source hidden, more than half left:", left["source hidden"] > 0.5)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** In sentences of at most five words, which words there are nearly says who does what, and the
# decoder keeps some order of its own: its mask gives it away. *a* has "the dog sees the cat" in
# mind; such pairs are few here. *c*: with three seeds we found 80 to 96 % left. Longer sentences
# would pay more.
# </details>

# %% [markdown] exercise="plan_heads" slideshow={"slide_type": "slide"}
# ### 11 · Design an experiment
#
# One seed is one throw of the dice. When we gave this model one head in place of four, it stayed 3 to
# 8 points behind, with three seeds. Is that the heads?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where to go from here
#
# - Train `Mine` on your own sentences: a file with a tab between the two languages, and
#   `transformer_lib.files.read_pairs`.
# - Put in what notebooks 08 and 13 compared: ALiBi, rotary, Linformer. One function changes.
# - Read a large model's code. You will find these functions in it, under other names.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - Seven functions and their wiring are a Transformer, equal to the library's to within 0.00001.
# - Tests come before training: shapes, causality, padding, an oracle.
# - One change at a time, the same seeds, held-out data, and a guess beforehand.
#
# **New words.** *Oracle*: an implementation that is known to be right, to compare with. *Ablation*:
# the experiment that takes one part away.
#
# **Open** `transformer_lib/model.py`: it should look familiar.
#
# **Next:** [15 Once more, mixed](15_once_more.ipynb), when a week has passed.
#
# **What breaks next** is yours to find out. Change one thing.
