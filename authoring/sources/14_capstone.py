# %% [markdown] slideshow={"slide_type": "slide"}
# # Build it yourself
#
# > At the end you can build a Transformer from an empty cell, prove that it is right, train it, and
# > change one thing of your own and measure what it does. About 120 minutes.

# %%
import math
from dataclasses import replace

import torch
from torch import nn

from lesson import plots
from lesson.exercises.core import check, hint, yours
from lesson.start import begin
from transformer_lib.data import CAT, STUDENT, translation_pairs
from transformer_lib.evaluation import exact_match
from transformer_lib.layers import PostNorm
from transformer_lib.masks import PAD, padding_mask
from transformer_lib.model import Config, Transformer
from transformer_lib.positions import NoPositions
from transformer_lib.training import Recipe, fit
from transformer_lib.translator import Translator

begin()

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
# Seven small functions are yours to write; `check` tests each one. The pieces around them are
# given, so that what you write is put to use at once. Will it equal the library's Transformer?

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
# ## Put together
#
# Seven functions, and who wrote them:

# %%
attempts = [sinusoids, split_heads, merge_heads, masked_attention, decoder_mask]
attempts += [layer_norm, feed_forward]
part = {function.__name__: yours(function.__name__, function) for function in attempts}

# %% [markdown] slideshow={"slide_type": "slide"}
# Functions hold no numbers that can be learned. So each gets a small module that keeps the
# matrices and calls it. Attention first: four matrices, cut, ask, join. Without a memory a sentence
# asks itself.

# %% slideshow={"slide_type": "fragment"}
class MultiHead(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.q, self.k, self.v, self.out = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, x, mask, memory=None):
        memory = x if memory is None else memory
        projected = self.q(x), self.k(memory), self.v(memory)
        q, k, v = (part["split_heads"](each, self.n_heads) for each in projected)
        return self.out(part["merge_heads"](part["masked_attention"](q, k, v, mask)))

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
# A path round every sublayer: $x + f(\text{norm}(x))$.

# %% slideshow={"slide_type": "fragment"}
class Residual(nn.Module):
    def __init__(self, sublayer, d_model):
        super().__init__()
        self.sublayer, self.norm = sublayer, Norm(d_model)

    def forward(self, x, *more):
        return x + self.sublayer(self.norm(x), *more)

# %% [markdown] slideshow={"slide_type": "slide"}
# One class for both kinds of layer: a decoder's has a second attention, which asks the memory.

# %% slideshow={"slide_type": "fragment"}
class Layer(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, cross):
        super().__init__()
        self.self_attention = Residual(MultiHead(d_model, n_heads), d_model)
        self.cross_attention = Residual(MultiHead(d_model, n_heads), d_model) if cross else None
        self.feed_forward = Residual(FeedForward(d_model, d_ff), d_model)

    def forward(self, x, mask, memory=None, memory_mask=None):
        x = self.self_attention(x, mask)
        if self.cross_attention is not None:
            x = self.cross_attention(x, memory_mask, memory)
        return self.feed_forward(x)

# %% [markdown]
# N of them, and a last norm:

# %%
class Stack(nn.Module):
    def __init__(self, config, cross):
        super().__init__()
        sizes = config.d_model, config.n_heads, config.d_ff
        self.layers = nn.ModuleList(Layer(*sizes, cross) for _ in range(config.n_layers))
        self.final = Norm(config.d_model)

    def forward(self, x, *more):
        for layer in self.layers:
            x = layer(x, *more)
        return self.final(x)

# %% [markdown] slideshow={"slide_type": "slide"}
# And the whole. Ids become rows, times $\sqrt{d_{model}}$, plus the waves; the encoder answers
# once; the decoder asks it at every layer; the head scores every word of the vocabulary.

# %% slideshow={"slide_type": "fragment"}
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
# You have built *the* Transformer, not something like it.

# %% [markdown] slideshow={"slide_type": "slide"}
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

# %% [markdown]
# After every 100 steps it sits a test: of 300 sentences that it has never read, how many does it
# translate word for word?

# %% tags=["teaser", "nbval-ignore-output"] slideshow={"slide_type": "fragment"}
built = translator(Mine)
test = list(built.epochs(held_out, size=100)(0))
right = lambda model: exact_match(model, test)
recipe = Recipe(steps=500, evaluate_every=100)
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
# steps, seed) and says beforehand what should happen. Here are three changes of the library's
# model; the last line is for yours.

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** Which of the three hurts most after 300 steps?
# >
# > - **a** one head in place of four
# > - **b** no positions
# > - **c** the norm after the addition (post-norm)

# %% slideshow={"slide_type": "fragment"}
changes = {
    "as it is": {},
    "one head": {"n_heads": 1},
    "no positions": {"positions": NoPositions},
    "post-norm": {"residual": PostNorm},
    # "mine": {"d_ff": 8},
}

# %% [markdown]
# Each is trained afresh, in the same way:

# %% tags=["nbval-ignore-output"]
def measure(change):
    changed = translator(Transformer, **change)
    fit(changed.model, changed.epochs(pairs, size=64), Recipe(steps=300))
    return right(changed.model)


results = {name: measure(change) for name, change in changes.items()}

# %% [markdown]
# What did each change do?

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
worst = min(results, key=results.get)
shares = {"share exactly right": list(results.values())}
plots.bars(shares, list(results), title=f"share exactly right; the worst: {worst}")

# %%
print("no positions costs most:", worst == "no positions")
assert results["no positions"] < results["as it is"]

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** Without positions the encoder sees a bag of words; "the cat sees the dog" and "the dog sees
# the cat" become one sentence. (The decoder is spared in part: its mask gives order away.) *a*
# costs little on sentences this short. *c*, with one layer and warm-up, does well; notebook 09
# shows where it fails.
# </details>

# %% [markdown] exercise="plan_heads" slideshow={"slide_type": "slide"}
# ### 8 · Design an experiment
#
# One seed is one throw of the dice, and one head differed little from four.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where to go from here
#
# - Train `Mine` on your own sentences: a file with a tab between the two languages, and
#   `transformer_lib.files.read_pairs`.
# - Put in what notebooks 08 and 13 compared: ALiBi, rotary, Linformer. One function changes.
# - Read a large model's code. You will find these seven functions in it, under other names.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - Seven functions and seven small classes are a Transformer, equal to the library's to within
#   0.00001.
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
