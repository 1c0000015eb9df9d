# %% [markdown] slideshow={"slide_type": "slide"}
# # The encoder block
#
# > At the end you can say what each part around attention is for, compute a layer norm with a
# > pencil, and predict which of three trainings fails. About 60 minutes.

# %%
import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import nn

from lesson import plots
from lesson.evidence import evidence
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin, show_source
from transformer_lib.attention import MultiHeadAttention
from transformer_lib.data import buckets, pad, references
from transformer_lib.layers import FeedForward, PostNorm, PreNorm
from transformer_lib.masks import padding_mask
from transformer_lib.model import Classifier, Config, EncoderLayer, LanguageModel
from transformer_lib.tasks import recall_task
from transformer_lib.training import Recipe, fit, inverse_square_root, one_cycle
from transformer_lib.vocabulary import Vocabulary

seed = 0
begin(seed)

# %% [markdown] covers="H1" slideshow={"slide_type": "slide"}
# ## The itch: attention only averages
#
# Words find each other, with several heads, and they know their places. One attention is good, so
# eight on top of each other should be better. We take six random words and measure how alike they
# are: the mean cosine of all pairs, 0 for strangers, 1 for twins.
#
# > **Predict.** How alike are the six words after eight attention layers?
# >
# > - **a** about as much as before: each keeps the most of itself
# > - **b** less: each layer tells them better apart
# > - **c** they are nearly the same word

# %% slideshow={"slide_type": "fragment"}
def alike(words):
    rows = F.normalize(words, dim=-1)
    return (rows @ rows.mT)[~torch.eye(len(rows), dtype=torch.bool)].mean().item()


def through(n_layers, mask=None):
    torch.manual_seed(seed)
    words = torch.randn(1, 6, 64)
    for _ in range(n_layers):
        layer = MultiHeadAttention(d_model=64, n_heads=4)
        for part in (layer.v_proj, layer.out_proj):
            nn.init.zeros_(part.bias)  # one bias for all words would make them alike, too
        words = layer(words, mask=mask)
    return alike(words[0])


for n_layers in (0, 1, 2, 8):
    print(f"after {n_layers} layers: {through(n_layers):.2f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** An average lies *between* its parts, so each layer draws the words closer together. *a*
# would need each word to listen to itself above all; the weights of a fresh layer are nearly even.
# *b* is what we wanted. This is called **over-smoothing** (Li, Han and Wu, 2018).
# </details>
#
# Is it the averaging, or do eight layers of matrices make anything alike? Take the averaging away:
# the same layers, under a mask with which each word hears itself alone.

# %% control="H1" slideshow={"slide_type": "fragment"}
deaf = torch.eye(6, dtype=torch.bool)
evidence(
    "H1", lambda likeness: likeness > 0.9,
    {"cosine after 8 layers": through(8)}, {"the same, each word by itself": through(8, deaf)},
    by=0.5,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# With a pencil: two words, the numbers 0 and 8. The first listens half to each, the second a
# quarter to the first and three quarters to itself. Write down three layers.

# %% slideshow={"slide_type": "fragment"}
mixing = torch.tensor([[0.5, 0.5], [0.25, 0.75]])
values = torch.tensor([0.0, 8.0])
for layer in range(1, 4):
    values = mixing @ values
    print(f"layer {layer}:", values.tolist())

# %% [markdown] slideshow={"slide_type": "subslide"}
# From 8 apart to 0.125 apart. And there is a deeper trouble: a second layer cannot even compute
# anything new. Hold the weights fixed; then two layers are one layer with other weights, and twice
# the values give twice the answer. That is what **linear** means.

# %% slideshow={"slide_type": "fragment"}
first, second = torch.randn(2, 6, 6).softmax(dim=-1)
a, b = torch.randn(2, 6, 64)
one_layer = second @ first
assert torch.allclose(second @ (first @ a), one_layer @ a, atol=1e-5)
assert torch.allclose(one_layer.sum(dim=-1), torch.ones(6))
assert torch.allclose(first @ (2 * a + 3 * b), 2 * (first @ a) + 3 * (first @ b), atol=1e-5)
print("two layers of averages are one layer of averages")

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Something no average can say
#
# Does it matter? Suppose attention has done its part, and one vector holds what it has gathered of
# a review: [is there a *not*?, is there a *good*?]. Otherwise the word is *bad*. Draw the four
# reviews, *not* to the right and *good* upwards. Can you part praise from blame with one straight
# line?

# %% slideshow={"slide_type": "fragment"}
reviews = {"bad": [0, 0], "good": [0, 1], "not bad": [1, 0], "not good": [1, 1]}
gathered = torch.tensor(list(reviews.values()), dtype=torch.float)
praises = torch.tensor([0, 1, 1, 0])
says = ["blame", "praise", "praise", "blame"]
plots.scatter(gathered, list(reviews), says, title="no straight line parts praise from blame")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A weighted sum draws such a line. "good" must raise it (*good* against *bad*) and must lower it
# (*not good* against *not bad*), and no weight does both. Now train a small model: one attention,
# and a new part that you compute by hand in a minute. That part has a *bend*. For comparison, the
# same model with the bend taken out. Guessing costs $\ln 2 = 0.693$.

# %% control="H1" slideshow={"slide_type": "fragment"}
def train(new_part):
    torch.manual_seed(seed)
    attention = MultiHeadAttention(8, n_heads=2)
    model = nn.Sequential(nn.Linear(2, 8), attention, new_part, nn.Linear(8, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        logits = model(gathered[:, None])[:, 0]  # four reviews of one vector each
        loss = F.cross_entropy(logits, praises)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


bent, straight = train(FeedForward(8, 32)), train(FeedForward(8, 32, activation=nn.Identity()))
assert abs(straight - math.log(2)) < 0.01
evidence(
    "H1", lambda loss: loss < 0.05,
    {"loss, with its bend": bent}, {"loss, without": straight}, by=0.5,
)

# %% [markdown]
# As many weights, and still a coin. (With several words the attention *weights* depend on the
# words, and that bends a little. What one word holds by itself is never bent.)

# %% [markdown] covers="H1" slideshow={"slide_type": "slide"}
# ## By hand: widen, cut, narrow
#
# The new part has three steps. **Widen**: from two numbers make four, one detector for each
# review. **Cut**: replace what is below 0 by 0; this is the ReLU, the bend. **Narrow**: back to
# two numbers, [praise, blame]. Do "not good" = [1, 1] with a pencil: multiply with each column of
# `widen`, add `shift`, cut, then multiply with each column of `narrow`.

# %% slideshow={"slide_type": "fragment"}
widen = torch.tensor([[-1.0, -1, 1, 1], [-1, 1, -1, 1]])
shift = torch.tensor([1.0, 0, 0, -1])
narrow = torch.tensor([[0.0, 1], [1, 0], [1, 0], [0, 1]])

wide = gathered @ widen + shift
cut = wide.clamp(min=0)
by_hand = cut @ narrow
for name, *rows in zip(reviews, *(step.int().tolist() for step in (wide, cut, by_hand))):
    print(f"{name:9} {rows[0]!s:16} -> {rows[1]} -> {rows[2]}")
assert by_hand[:, 0].tolist() == praises.tolist()

# %% [markdown] slideshow={"slide_type": "fragment"}
# After the cut exactly one detector is left in each row, so narrowing is easy: detectors 2 and 3
# speak for praise, 1 and 4 for blame. This is the **feed-forward network**: two linear layers,
# ReLU between, $d_{model} \to d_{ff} \to d_{model}$. In the paper 512 → 2048 → 512. The library
# does the same:

# %%
layer = FeedForward(d_model=2, d_ff=4)
with torch.no_grad():
    layer.widen.weight.copy_(widen.T)
    layer.widen.bias.copy_(shift)
    layer.narrow.weight.copy_(narrow.T)
    layer.narrow.bias.zero_()
assert torch.allclose(layer(gathered), by_hand)
assert torch.allclose(layer(gathered)[[3, 0]], layer(gathered[[3, 0]]))
print("by hand and library agree, and each word is handled by itself")
show_source(FeedForward)

# %% [markdown]
# So a layer has two halves: words listen to each other, then each thinks for itself. Many later
# models bend with a rounder curve than the ReLU, the **GELU** (Hendrycks and Gimpel, 2016).

# %% [markdown] covers="H2" slideshow={"slide_type": "slide"}
# ## A way round
#
# Now stack them: attention, feed-forward, attention, feed-forward … Learning sends a gradient
# down through all of it, and every sublayer multiplies it by its slope. Ten slopes of 0.1 leave
# $0.1^{10} = 10^{-10}$ of it. What if each sublayer's input is *added* to its output?

# %% slideshow={"slide_type": "fragment"}
quiz("plus_one")

# %% [markdown] slideshow={"slide_type": "slide"}
# That addition is a **residual connection** (He et al., 2015), a way round the sublayer. A document
# says what it means: the sublayer no longer has to make the whole word anew, it learns the
# *change*. And a small slope no longer stops the gradient: ten slopes of 1.1 make 2.6.
#
# Measure it on fresh sublayers: of a gradient of length 1 at the top, how much arrives at the
# bottom? Fresh sublayers also *shrink* their input, which alone starves a gradient. So a third
# line keeps the size: every output is divided by what its numbers typically are.

# %%
ways = {
    "f(x)": lambda f, x: f(x),
    "f(x), kept in size": lambda f, x: f(x) / f(x).std().detach(),
    "x + f(x)": lambda f, x: x + f(x),
}


def arriving(depth, way):
    torch.manual_seed(seed)
    words = torch.randn(1, 6, 64, requires_grad=True)
    goal, x = F.normalize(torch.randn(6 * 64), dim=0), words
    for _ in range(depth):
        for sublayer in (MultiHeadAttention(64, n_heads=4), FeedForward(64, 128)):
            x = ways[way](sublayer, x)
    (x.flatten() * goal).sum().backward()
    return words.grad.norm().item()

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
depths = [1, 2, 4, 8, 16]
gradients = {way: [arriving(depth, way) for depth in depths] for way in ways}
plots.curves(
    depths, gradients, xlabel="layers", ylabel="gradient at the bottom", log="xy",
    title="fresh sublayers shrink: two cures",
)

# %% control="H2"
arrived = {way: line[-1] for way, line in gradients.items()}
evidence(
    "H2", lambda share: share > 0.1,
    {"gradient after 16 layers, x + f(x)": arrived["x + f(x)"]}, {"f(x)": arrived["f(x)"]},
    times=1e9,
)
print("f(x), kept in size, above 0.01:", arrived["f(x), kept in size"] > 0.01)
assert arrived["f(x)"] < 1e-12 and arrived["f(x), kept in size"] > 0.01

# %% [markdown]
# So nearly all of the loss is shrinking, and *two* cures help: the way round, and keeping the size,
# which norms will do. Does one need the way round then? This figure cannot tell. Further down a
# model is trained with norms and without a way round.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The way round saves the signal. But nobody keeps it in bounds now: each sublayer *adds* something.
# What becomes of the numbers themselves?

# %% slideshow={"slide_type": "fragment"}
x = torch.randn(1, 6, 64)
for depth in range(33):
    if depth in (0, 8, 16, 32):
        print(f"after {depth:2} layers a number is about {x.std():.1f}")
    x = x + MultiHeadAttention(64, n_heads=4)(x)
    x = x + FeedForward(64, 128)(x)
assert x.std() > 3

# %% [markdown]
# They grow, and faster and faster. They need a common measure.

# %% [markdown] covers="H3" slideshow={"slide_type": "slide"}
# ## By hand: layer normalisation
#
# Here is a table from one of the documents. Read each row as a word of three features.
#
# | | | |
# |---|---|---|
# | 1 | 3 | 6 |
# | 2 | 2 | 2 |
# | 0 | 1 | 5 |
# | 4 | 6 | 1 |
# | 5 | 2 | 3 |
# | 1 | 0 | 1 |
#
# From a row, subtract its mean; divide by its **deviation**, the root of the mean square of what
# is left. The last row: mean 2/3, left are 1/3, −2/3, 1/3, mean square 2/9, root 0.471, result
# 0.71, −1.41, 0.71.

# %% [markdown] exercise="normed_row" slideshow={"slide_type": "fragment"}
# The same for another row, by you.

# %% [markdown] slideshow={"slide_type": "slide"}
# ### The row that has no deviation
#
# > **Predict.** What does PyTorch's layer norm make of the row 2 2 2?
# >
# > - **a** `nan`: 0 divided by 0
# > - **b** 0 0 0
# > - **c** 2 2 2: it is even already

# %% slideshow={"slide_type": "fragment"}
table = torch.tensor([[1.0, 3, 6], [2, 2, 2], [0, 1, 5], [4, 6, 1], [5, 2, 3], [1, 0, 1]])
normed = nn.LayerNorm(3)(table).detach()
print(normed)
assert normed[1].tolist() == [0, 0, 0]

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** The differences are 0, and a tiny $\epsilon$ is added to the variance before the root, so
# that 0 is divided by something. *a* is what happens without it. *c* forgets that the mean goes:
# a row keeps only the *differences* of its features.
# </details>

# %% [markdown] covers="H3" slideshow={"slide_type": "subslide"}
# ### The formula
#
# $$\text{norm}(x) = \gamma \cdot \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta$$
#
# Mean $\mu$ and variance $\sigma^2$ are computed afresh for each word (Ba, Kiros and Hinton, 2016).
# The **gain** $\gamma$ and the **shift** $\beta$ are learned, one number a feature; they start as 1
# and 0. Say it in code and hold it against the library:

# %%
def layer_norm(x, gain, shift):
    mean = x.mean(dim=-1, keepdim=True)
    variance = (x - mean).square().mean(dim=-1, keepdim=True)
    return gain * (x - mean) / (variance + 1e-5).sqrt() + shift


library = nn.LayerNorm(3)
library.weight.data = torch.tensor([1.0, 2.0, 0.5])
library.bias.data = torch.tensor([0.0, 10.0, -1.0])
assert torch.allclose(layer_norm(table, library.weight, library.bias), library(table))
assert torch.allclose(layer_norm(table, gain=1, shift=0), normed, atol=1e-6)
print(library(table).detach()[0])

# %% [markdown] covers="X12"
# ### What one reads
#
# One document writes the mean as $\mu = \sum_j x_j$, and divides by $\sqrt{\sigma} + \epsilon$,
# although its $\sigma$ is a root already. A good norm makes every row's mean 0 and its deviation
# 1, and does not care whether the row is given in metres or centimetres. Does this one?

# %% proves="X12"
def as_written(x):
    mean = x.sum(dim=-1, keepdim=True)
    sigma = (x - mean).square().mean(dim=-1, keepdim=True).sqrt()
    return (x - mean) / (sigma.sqrt() + 1e-5)


print("as written, 2 2 2 becomes", as_written(table)[1])
print("means     ", as_written(table).mean(dim=-1))
print("deviations", as_written(table).std(dim=-1, correction=0))
print("100 times the table, as written:", (as_written(100 * table) / as_written(table))[0])
print("100 times the table, PyTorch:   ", (nn.LayerNorm(3)(100 * table) / normed)[0].detach())
assert torch.allclose(normed.mean(dim=-1), torch.zeros(6), atol=1e-6)
assert as_written(table).mean(dim=-1).abs().min() > 0.5

# %% [markdown]
# No: the row 2 2 2 becomes −2 −2 −2, no mean is 0, every deviation is another one, and a
# hundredfold row comes out tenfold. Divide by $d$, and by the root of the *variance*, and all is
# well.

# %% [markdown] covers="H3" slideshow={"slide_type": "slide"}
# ### Rows or columns?
#
# Normalise down the *columns* instead, each feature over the whole batch, and you have **batch
# normalisation** (Ioffe and Szegedy, 2015). What becomes of the word 0 1 5 if its neighbours
# change? (The document writes "mean 2 3 3, std 2 2 2" below the columns. Check that, too.)

# %% slideshow={"slide_type": "fragment"}
mean, deviation = table.mean(0), table.std(0, correction=0)
print("columns: means", mean, "deviations", deviation)
for name, norm in [("batch norm", nn.BatchNorm1d(3)), ("layer norm", nn.LayerNorm(3))]:
    print(name, "among six:  ", norm(table)[2].detach())
    print(name, "among three:", norm(table[:3])[2].detach())
trained = nn.BatchNorm1d(3, momentum=1.0)  # it keeps the last batch's means and deviations
trained(table)
trained.eval()
assert torch.equal(trained(table)[2], trained(table[:3])[2])
assert torch.allclose((table - mean) / deviation, nn.BatchNorm1d(3)(table), atol=1e-4)
assert (mean.round().tolist(), deviation.round().tolist()) == ([2, 2, 3], [2, 2, 2])

# %% [markdown] slideshow={"slide_type": "fragment"}
# Layer norm looks at one word and at nothing else: no other sentence, no pad, no length can
# disturb it. (And the middle mean rounds to 2, not to 3.) Batch norm changes with the neighbours
# *while it trains*. Afterwards, as the last assertion says, it divides by what it has kept, and
# a word depends on the batches of the training instead.
#
# Some later models, such as Llama, leave the mean out and divide by the root of the mean square:
# **RMSNorm** (Zhang and Sennrich, 2019).

# %%
quiz("row_or_column")

# %% [markdown] covers="H3 H4" slideshow={"slide_type": "slide"}
# ## All parts together
#
# Attention and feed-forward, each with a way round and a norm. Where does the norm stand? The
# paper of 2017 put it **after** the sum, many models since **before** the sublayer (Xiong et al.,
# 2020):
#
# $$\text{post: } \text{norm}(x + f(x)) \qquad\qquad \text{pre: } x + f(\text{norm}(x))$$

# %% slideshow={"slide_type": "fragment"}
show_source(PreNorm)

# %% [markdown] slideshow={"slide_type": "subslide"}
# In pre-norm no norm stands in the way round, from bottom to top; so a stack of them ends with
# one norm more, its `final_norm`. An **encoder layer** is two such sublayers:

# %% slideshow={"slide_type": "fragment"}
show_source(EncoderLayer)

# %% [markdown]
# PyTorch has the same layer as `nn.TransformerEncoderLayer`. We copy our parameters into it; both
# must say the same.

# %%
ours = EncoderLayer(Config(vocab_size=8, d_model=8, n_heads=2, d_ff=32, residual=PostNorm))
theirs = nn.TransformerEncoderLayer(8, 2, 32, dropout=0.0, batch_first=True)
attention, thinking = ours.self_attention.sublayer, ours.feed_forward.sublayer
parts = [attention.q_proj, attention.k_proj, attention.v_proj]
theirs.self_attn.in_proj_weight.data = torch.cat([part.weight for part in parts])
theirs.self_attn.in_proj_bias.data = torch.cat([part.bias for part in parts])
theirs.self_attn.out_proj.load_state_dict(attention.out_proj.state_dict())
theirs.linear1.load_state_dict(thinking.widen.state_dict())
theirs.linear2.load_state_dict(thinking.narrow.state_dict())

x = torch.randn(2, 5, 8)
assert torch.allclose(ours(x), theirs(x), atol=1e-5)
print("ours and PyTorch's agree; in", tuple(x.shape), "out", tuple(ours(x).shape))

# %% [markdown] covers="H2" slideshow={"slide_type": "slide"}
# ## Break it: close the way round
#
# What does the way round do for learning? The class below leaves it out and plugs into the model.
# The task is like the recall of notebook 01: name the number that stands last of six. Eight
# numbers are in play, so guessing costs $\ln 8 = 2.079$. Eight layers, a hundred steps: once with
# a way round, once without.
#
# > **Predict.** Without a way round, but with its norms, does the model learn this?
# >
# > - **a** as well as the other: the norms keep the signal alive
# > - **b** some of it: it falls behind, but leaves guessing
# > - **c** nothing in a hundred steps

# %% tags=["nbval-ignore-output"]
class NoWayRound(PreNorm):
    """f(norm(x)): the same sublayer and norm, nothing added."""

    def forward(self, x, **inputs):
        return self.sublayer(self.norm(x), **inputs)


def recalling(epoch):
    generator = torch.Generator().manual_seed(epoch)
    source, label = recall_task(32, distance=5, vocab_size=12, generator=generator)
    return [(source.flip(1), label)]  # the classifier reads the first place


def learn(config, schedule, steps):
    torch.manual_seed(seed)
    model = Classifier(config, n_classes=12)
    losses = fit(model, recalling, Recipe(steps=steps, schedule=schedule)).losses
    return losses, sum(losses[-10:]) / 10

# %% tags=["nbval-ignore-output"]
small = Config(vocab_size=12, d_model=32, n_heads=2, d_ff=64, n_layers=8)
rate = one_cycle(5e-3, warm=0.3)
_, open_loss = learn(small, rate, steps=100)
_, closed_loss = learn(replace(small, residual=NoWayRound), rate, steps=100)

# %% control="H2" slideshow={"slide_type": "fragment"}
assert closed_loss > 0.95 * math.log(8)
evidence(
    "H2", lambda loss: loss < 0.2,
    {"loss, 8 layers, a way round": open_loss}, {"loss, none": closed_loss}, by=1.5,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** *a* and *b* are right that norms keep the *size* of the numbers. But the first run of this
# notebook had no trouble with sizes, and eight rounds of averaging made one word of six: what the
# model should name is hard to find in there. With a way round each word is still in its row.
# </details>

# %% [markdown] covers="H4" slideshow={"slide_type": "slide"}
# ## Before or after, with and without warm-up
#
# Deep stacks have a name for being hard to train. **Warm-up**, a learning rate that begins near 0
# and rises, is said to help. Twelve layers, the same 60 batches, and three trainings: pre-norm at
# the full rate from the first step on, post-norm likewise, and post-norm with warm-up.
#
# > **Predict.** Which of the three do not learn the task?
# >
# > - **a** post-norm without warm-up
# > - **b** both without warm-up
# > - **c** both post-norms: twelve layers are too many for it

# %% tags=["nbval-ignore-output"]
deep = Config(vocab_size=12, n_layers=12)
at_once, warmed = lambda step, progress: 5e-3 * (1 - progress), one_cycle(5e-3, warm=0.5)
plans = {
    "pre-norm": (PreNorm, at_once),
    "post-norm": (PostNorm, at_once),
    "post-norm, warm-up": (PostNorm, warmed),
}
curves, ends = {}, {}
for name, (residual, schedule) in plans.items():
    curves[name], ends[name] = learn(replace(deep, residual=residual), schedule, steps=60)

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "subslide"}
shown = list(range(0, 60, 3))
plots.curves(
    shown, {name: [losses[step] for step in shown] for name, losses in curves.items()},
    xlabel="step", ylabel="loss, nats", title="one of three stays at guessing",
)

# %% control="H4 H5"
failed = {"loss, post-norm at the full rate": ends["post-norm"]}
evidence(
    "H4", lambda loss: loss < 0.2,
    {"loss, pre-norm at the full rate": ends["pre-norm"]}, failed, by=1.5,
)
evidence(
    "H5", lambda loss: loss < 0.2,
    {"loss, post-norm with warm-up": ends["post-norm, warm-up"]}, failed, by=1.5,
)
assert ends["post-norm"] > 0.95 * math.log(8)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** *b*: pre-norm gets along without it here; its way round runs from top to bottom, and no
# norm stands in it. *c*: the paper's own models were post-norm, with warm-up.
# </details>
#
# Large pre-norm models are warmed up all the same: this model says nothing about
# their size. GPT-3 is one (Brown et al., 2020).

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What happened in the first steps?
#
# One of the documents says that gradients can *diverge* in post-norm. We look at all twelve layers,
# before the first step and after 5 and 20 steps at the full rate: how long is the gradient of each
# layer, and how different are the vectors of 32 different sentences?

# %%
def differ(model):
    vectors = model.encoder(model.embedding(recalling(1_000)[0][0]))[:, 0]
    return ((vectors - vectors.mean(0)).norm() / vectors.norm()).item()


def by_layer(model):
    tokens, label = recalling(1_000)[0]
    model.zero_grad()
    F.cross_entropy(model(tokens), label).backward()
    layers = [layer.parameters() for layer in model.encoder.layers]
    return [torch.cat([p.grad.flatten() for p in layer]).norm().item() for layer in layers]

# %%
def look(residual):
    torch.manual_seed(seed)
    model = Classifier(replace(deep, residual=residual), n_classes=12)
    seen = [(differ(model), by_layer(model))]
    
    def watch(model):
        seen.append((differ(model), by_layer(model)))
        return seen[-1][0]

    fit(model, recalling, Recipe(steps=20, schedule=lambda *_: 5e-3, evaluate_every=5), watch)
    return {0: seen[0], 5: seen[1], 20: seen[4]}

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
seen = {"pre-norm": look(PreNorm), "post-norm": look(PostNorm)}
for ax, (name, looks) in zip(plots.panels(2, height=3.2), seen.items()):
    lines = {f"{steps} steps": gradient for steps, (_, gradient) in looks.items()}
    plots.curves(
        range(1, 13), lines, xlabel="layer, from the input", ylabel="gradient", log="y",
        title=name, ax=ax,
    )
    ax.set_ylim(1e-7, 10)

# %% control="H4"
for name, looks in seen.items():
    even = max(looks[0][1]) < 2 * min(looks[0][1])
    print(f"{name} before the first step: all layers alike, within a factor of 2: {even}")
print("post-norm, 5 steps: all sentences the same:", seen["post-norm"][5][0] < 0.01)
print("pre-norm, 5 steps: they differ:", seen["pre-norm"][5][0] > 0.05)
first = {name: looks[20][1][0] for name, looks in seen.items()}
evidence(
    "H4", lambda gradient: gradient > 0.1,
    {"gradient in the first layer, pre-norm": first["pre-norm"]},
    {"post-norm": first["post-norm"]}, times=1000,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Before the first step nothing is wrong in either: every layer gets its share. (Xiong et al., 2020,
# find that in post-norm stacks the layers near the output begin with the larger gradients. In ours,
# with its own first weights, that is not to be seen.) Five large steps are enough to give every
# sentence the same vector. The last layer then still gets a gradient, and each layer below less:
# nothing diverges here, it *dies* on the way down. Pre-norm stumbles too, but its words still
# travel on the way round, and it recovers.

# %% [markdown] covers="H5" slideshow={"slide_type": "slide"}
# ## The paper's schedule
#
# $$\text{rate} = d_{model}^{-0.5} \cdot
# \min(\text{step}^{-0.5},\; \text{step} \cdot \text{warmup}^{-1.5})$$
#
# A rising line and a falling curve; the smaller one counts. Where do they meet? The paper warms
# up for 4000 steps. Turn the knob: what does a shorter or longer warm-up do to the highest rate?

# %% slideshow={"slide_type": "subslide"}
from lesson.widgets.knob import Knob

steps = range(0, 20_001, 250)


def compared(warmup):
    lines = {}
    for length in (4000, warmup):
        rate = inverse_square_root(d_model=512, warmup=length)
        lines[f"warm-up of {length} steps"] = [rate(step, 0) for step in steps]
    title = f"the rate turns after {warmup} steps"
    return plots.curves(steps, lines, xlabel="step", ylabel="learning rate", title=title)


Knob(compared, [1000, 2000, 8000, 16_000], label="warm-up", start=8000)

# %%
paper = inverse_square_root(d_model=512, warmup=4000)
rates = [paper(step, 0) for step in range(20_000)]
print(f"highest at step {rates.index(max(rates)) + 1}: {max(rates):.6f}")
assert rates.index(max(rates)) + 1 == 4000
assert math.isclose(max(rates), 512**-0.5 * 4000**-0.5)

# %% [markdown]
# <details><summary>What the knob shows</summary>
#
# A longer warm-up climbs less high, and all of them go down the same slope. One number sets both,
# where the rate turns and how high it gets; and wider models get smaller steps.
# </details>

# %% [markdown] covers="H6 H5" slideshow={"slide_type": "slide"}
# ## The stack: words in context
#
# An **encoder** is a stack of $N$ such layers; the paper has $N = 6$. They are equal in form, and
# each has parameters of its own. We train four of them as in 2017: post-norm, on the paper's
# schedule. The task: *tear* is one spelling and two words. At each *tear*, say which of them it is:
# "paper", something torn, or "cry", a drop.

# %%
class Namer(LanguageModel):
    """A word for each place, reading both sides: no look-ahead mask."""

    def forward(self, tokens):
        return self.head(self.decoder(self.embedding(tokens), mask=padding_mask(tokens)))


DROPS = set("cry shed wipe dry hide feel eye cheek chin nose face".split())
vocabulary = Vocabulary.build(text for text, _, _ in references())
examples = []
for text, asks, answers in references():
    if "tear" in text:
        sense = "cry" if text.split()[answers] in DROPS else "paper"
        examples.append((vocabulary.encode(text), asks, vocabulary.ids[sense]))
ids, asks, sense = examples[0]
said = vocabulary.decode(ids).split()
print(" ".join(said), "| place", asks, "->", vocabulary.words[sense])
assert not any({"paper", "shed"} <= set(text.split()) for text, _, _ in references())

# %% [markdown]
# A batch holds sentences, and targets that are empty but for the place that is asked.

# %%
def senses(epoch):
    """Batches of sentences, and at the *tear* that is asked which one it is."""
    lengths = [len(ids) for ids, _, _ in examples]
    for chosen in buckets(lengths, 32, torch.Generator().manual_seed(epoch)):
        tokens = pad([examples[row][0] for row in chosen])
        target = torch.zeros_like(tokens)  # 0 is the pad: no loss there
        for place, row in enumerate(chosen):
            _, asks, sense = examples[row]
            target[place, asks] = sense
        yield tokens, target

# %% tags=["nbval-ignore-output"]
torch.manual_seed(seed)
reader = Namer(Config(vocab_size=len(vocabulary), n_layers=4, residual=PostNorm))
rate = inverse_square_root(d_model=64, warmup=400)
fit(reader, senses, Recipe(steps=120, schedule=rate))

# %% [markdown]
# The documents' sentence has two *tear*, and *paper* and *shed* never stood together in a trained
# sentence. We keep what each layer makes of each word. Look at the sizes, then at the two
# answers.

# %% slideshow={"slide_type": "fragment"}
@torch.no_grad()
def layers_of(text):
    """(layer, word, d_model): first the embeddings, then what each layer made of them."""
    tokens = torch.tensor([vocabulary.encode(text)])
    states = [reader.embedding(tokens)]
    for layer in reader.decoder.layers:
        states.append(layer(states[-1]))
    return torch.cat(states)


tears = layers_of("When I tear the paper, I shed a tear.")
said = [vocabulary.words[best] for best in reader.head(tears[-1]).argmax(dim=-1).tolist()]
print("(layer, word, d_model):", tuple(tears.shape))
print("tear at place 2 ->", said[2], "   tear at place 9 ->", said[9])
assert (said[2], said[9]) == ("paper", "cry") and tears.shape == (5, 11, 64)

# %% [markdown] slideshow={"slide_type": "slide"}
# The size is the same at every height, five times (11, 64): that is why layers stack. Each *tear*
# was told which word it is. Where did the two part? Hold two sentences against each other in which
# *tear* stands at the same place after the same words: "today I see a tear in the map", "… on the
# cheek".
#
# > **Predict.** How alike are the two *tear*, layer by layer?
# >
# > - **a** different from the start: they mean different things
# > - **b** alike in all layers but the last, which makes the decision
# > - **c** exactly alike at the bottom, less and less alike in the middle

# %% [markdown] slideshow={"slide_type": "fragment"}
# And the control: any other neighbour might move the vector just as far. So a third sentence, with
# another neighbour but the same sense: "… in the shirt".

# %% tags=["teaser", "nbval-ignore-output"] slideshow={"slide_type": "subslide"}
endings = ["in the map", "in the shirt", "on the cheek"]
in_map, in_shirt, on_cheek = (layers_of("today I see a tear " + end)[:, 4] for end in endings)
likeness = {
    "two senses: map – cheek": F.cosine_similarity(in_map, on_cheek, dim=-1),
    "one sense: map – shirt": F.cosine_similarity(in_map, in_shirt, dim=-1),
}
plots.curves(
    range(5), likeness, xlabel="after layer (0: the embedding)", ylabel="cosine of two tear",
    title="one spelling, two words: only the senses part",
)

# %% control="H6"
two, one = (line[-1].item() for line in likeness.values())
assert torch.equal(in_map[0], on_cheek[0])
print("at the bottom, exactly alike:", torch.equal(in_map[0], on_cheek[0]))
evidence(
    "H6", lambda cosine: cosine < 0.6,
    {"two senses, map and cheek": two}, {"one sense, map and shirt": one}, by=0.4,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** One spelling has one row of the table, and the same place adds the same numbers. Only
# attention can bring in the map or the cheek. *a* would need the table to know the sentence. *b*:
# no layer waits for the last one.
# </details>
#
# Such vectors are called **contextual**. That is what an encoder makes of embeddings. Note what it
# kept: the sense, which it was asked for, and not *which* torn thing it was. A model that had to
# name the neighbour would have to keep them apart as well. (How fast the two part differs from
# training to training.)

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown] exercise="residual_gradient"
# ### 1 · The gradient of a stack

# %% [markdown] exercise="feed_forward"
# ### 2 · The feed-forward network

# %% [markdown] exercise="pre_norm"
# ### 3 · Where the norm stands

# %% [markdown] exercise="layer_norm"
# ### 4 · Layer norm for any epsilon

# %% [markdown] exercise="learning_rate"
# ### 5 · The paper's learning rate

# %% [markdown] exercise="plan_warmup"
# ### 6 · Plan an experiment

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - Attention averages; the feed-forward network bends, each word by itself.
# - The way round lets words and gradients pass; the norm keeps them in size, one word at a time.
# - Norm after the sum (2017) needed warm-up in our deep stack. Norm before the sublayer did not.
#
# **New words.** *Residual connection*: the input added to the output. *Gain, shift*: what a norm
# learns. *Warm-up*: starting with small steps. *Contextual*: a vector that has heard its
# sentence.
#
# **Open** `transformer_lib/layers.py`: the whole of it is this notebook.
#
# **What breaks next.** All parts are there, and they read. A translator must also write: it needs a
# second stack, and a way from the one to the other. That is notebook 10.

# %% [markdown]
# **Next:** [10 The whole Transformer](10_encoder_decoder.ipynb)
