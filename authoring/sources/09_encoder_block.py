# %% [markdown] slideshow={"slide_type": "slide"}
# # The encoder block
#
# > At the end you can say what each part around attention is for, compute a layer norm with a
# > pencil, and predict which of four trainings fails. About 60 minutes.

# %%
import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import nn

from lesson import plots
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin, show_source
from lesson.widgets.knob import Knob
from transformer_lib.attention import MultiHeadAttention
from transformer_lib.data import buckets, pad, references
from transformer_lib.layers import FeedForward, PostNorm, PreNorm
from transformer_lib.masks import padding_mask
from transformer_lib.model import Classifier, Config, EncoderLayer, LanguageModel
from transformer_lib.tasks import recall_task
from transformer_lib.training import Recipe, fit, inverse_square_root, one_cycle
from transformer_lib.vocabulary import Vocabulary

begin()

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


words = torch.randn(1, 6, 64)
for layer in range(9):
    if layer in (0, 1, 2, 8):
        print(f"after {layer} layers: {alike(words[0]):.2f}")
    words = MultiHeadAttention(d_model=64, n_heads=4)(words)
assert alike(words[0]) > 0.99

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** An average lies *between* its parts, so each layer draws the words closer together. *a*
# would need each word to listen to itself above all; the weights of a fresh layer are nearly even.
# *b* is what we wanted. This is called **over-smoothing**.
# </details>

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
# (*not good* against *not bad*), and no weight does both. Now train two small models: one with
# three attentions, one with a new part that you compute by hand in a minute.

# %% slideshow={"slide_type": "fragment"}
def train(*between):
    model = nn.Sequential(nn.Linear(2, 8), *between, nn.Linear(8, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(200):
        logits = model(gathered[:, None])[:, 0]  # four reviews of one vector each
        loss = F.cross_entropy(logits, praises)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


averages = train(*[MultiHeadAttention(8, n_heads=2) for _ in range(3)])
with_new_part = train(MultiHeadAttention(8, n_heads=2), FeedForward(8, 32))
print(f"three attentions: {averages:.3f}, and ln 2 = {math.log(2):.3f} is guessing")
print("one attention and the new part, below 0.01:", with_new_part < 0.01)
assert abs(averages - math.log(2)) < 0.01 and with_new_part < 0.01

# %% [markdown]
# Three layers, and still a coin. (With several words the *weights* depend on the words, and that
# bends a little. What one word holds by itself is never bent.)

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
# So a layer has two halves: words listen to each other, then each thinks for itself.

# %% [markdown] covers="H2" slideshow={"slide_type": "slide"}
# ## A way round
#
# Now stack them: attention, feed-forward, attention, feed-forward … Learning sends a gradient
# down through all of it, and every sublayer multiplies it by its slope. Ten slopes of 0.1 leave
# $0.1^{10} = 10^{-10}$ of it. What if each sublayer's input is *added* to its output?

# %% slideshow={"slide_type": "fragment"}
quiz("plus_one")

# %% [markdown] slideshow={"slide_type": "slide"}
# That addition is a **residual connection**, a way round the sublayer. A small slope can no
# longer stop the gradient, as 1 is added to it: ten slopes of 1.1 make 2.6. Measure it on fresh
# sublayers: of a gradient of length 1 at the top, how much arrives at the bottom?

# %%
def arriving(depth, way_round):
    words = torch.randn(1, 6, 64, requires_grad=True)
    x = words
    for _ in range(depth):
        for sublayer in (MultiHeadAttention(64, n_heads=4), FeedForward(64, 128)):
            x = x + sublayer(x) if way_round else sublayer(x)
    (x * F.normalize(torch.randn(6 * 64), dim=0).view(1, 6, 64)).sum().backward()
    return words.grad.norm().item()

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
depths = [1, 2, 4, 8, 16]
gradients = {
    "f(x)": [arriving(depth, way_round=False) for depth in depths],
    "x + f(x)": [arriving(depth, way_round=True) for depth in depths],
}
plots.curves(
    depths, gradients, xlabel="layers", ylabel="gradient at the bottom", log="xy",
    title="without a way round nothing arrives",
)

# %%
print("f(x), 16 layers, below one in a million million:", gradients["f(x)"][-1] < 1e-12)
print("x + f(x), 16 layers, between 0.5 and 10:", 0.5 < gradients["x + f(x)"][-1] < 10)
assert gradients["f(x)"][-1] < 1e-12 and 0.5 < gradients["x + f(x)"][-1] < 10

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
# Mean $\mu$ and variance $\sigma^2$ are computed afresh for each word. The **gain** $\gamma$ and
# the **shift** $\beta$ are learned, one number a feature; they start as 1 and 0. Say it in code
# and hold it against the library:

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
# normalisation**. What becomes of the word 0 1 5 if its neighbours change? (The document writes
# "mean 2 3 3, std 2 2 2" below the columns. Check that, too.)

# %% slideshow={"slide_type": "fragment"}
mean, deviation = table.mean(0), table.std(0, correction=0)
print("columns: means", mean, "deviations", deviation)
for name, norm in [("batch norm", nn.BatchNorm1d(3)), ("layer norm", nn.LayerNorm(3))]:
    print(name, "among six:  ", norm(table)[2].detach())
    print(name, "among three:", norm(table[:3])[2].detach())
assert torch.allclose((table - mean) / deviation, nn.BatchNorm1d(3)(table), atol=1e-4)
assert (mean.round().tolist(), deviation.round().tolist()) == ([2, 2, 3], [2, 2, 2])

# %% [markdown] slideshow={"slide_type": "fragment"}
# Layer norm looks at one word and at nothing else: no other sentence, no pad, no length can
# disturb it. That is why Transformers use it. (And the middle mean rounds to 2, not to 3.)

# %%
quiz("row_or_column")

# %% [markdown] covers="H3 H4" slideshow={"slide_type": "slide"}
# ## All parts together
#
# Attention and feed-forward, each with a way round and a norm. Where does the norm stand? The
# paper of 2017 put it **after** the sum, most models since put it **before** the sublayer:
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
# numbers are in play, so guessing costs $\ln 8 = 2.079$. Three trainings of 200 steps: with a way
# round, without one, and without one but deeper.
#
# > **Predict.** Without a way round, but with its norms, does a model learn this with four
# > layers, and with eight?
# >
# > - **a** with both: the norms keep the signal alive
# > - **b** with four, not with eight
# > - **c** with neither

# %% tags=["nbval-ignore-output"]
class NoWayRound(PreNorm):
    """f(norm(x)): the same sublayer and norm, nothing added."""

    def forward(self, x, **inputs):
        return self.sublayer(self.norm(x), **inputs)


def recalling(epoch):
    generator = torch.Generator().manual_seed(epoch)
    source, label = recall_task(32, distance=5, vocab_size=12, generator=generator)
    return [(source.flip(1), label)]  # the classifier reads the first place


def learn(config):
    torch.manual_seed(0)
    model = Classifier(config, n_classes=12)
    history = fit(model, recalling, Recipe(steps=200, schedule=one_cycle(3e-3, warm=0.3)))
    return model.eval(), sum(history.losses[-10:]) / 10


small = Config(vocab_size=12, d_model=32, n_heads=2, d_ff=64, n_layers=4)
open_way, open_loss = learn(small)
closed, closed_loss = learn(replace(small, residual=NoWayRound))
_, deeper_loss = learn(replace(small, residual=NoWayRound, n_layers=8))

# %% slideshow={"slide_type": "fragment"}
print("4 layers, way round:    learnt", open_loss < 0.1)
print("4 layers, no way round: learnt", closed_loss < 0.2)
print("8 layers, no way round: still guessing", deeper_loss > 2.0)
assert open_loss < 0.1 and closed_loss < 0.2 and deeper_loss > 2.0

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** *a* is half right: norms keep the *size* of the numbers, but averages of averages drown
# what told the words apart, the more the deeper. *c*: four layers leave enough of it to learn
# from, at this size.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### The landscape
#
# With four layers both come to the same loss. Are they equally good, then? Look at the landscape
# in which they had to find their way: walk from the trained model in a random direction (each row
# of a matrix moves by up to its own length) and note the loss.

# %%
distances = torch.linspace(-1, 1, 61)


@torch.no_grad()
def walk(model, number):
    """The losses along random direction `number`; biases and norms stay where they are."""
    (tokens, label), losses = recalling(1_000)[0], []
    torch.manual_seed(number)
    matrices = [p for p in model.parameters() if p.dim() > 1]
    here = [matrix.clone() for matrix in matrices]
    steps = [F.normalize(torch.randn_like(m), dim=-1) * m.norm(dim=-1, keepdim=True) for m in here]
    for distance in distances:
        for matrix, start, step in zip(matrices, here, steps):
            matrix.copy_(start + distance * step)
        losses.append(F.cross_entropy(model(tokens), label).item())
    for matrix, start in zip(matrices, here):
        matrix.copy_(start)
    return torch.tensor(losses)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Both models walk in the same six directions. Turn the knob: down which line could a ball roll
# without getting stuck?

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "subslide"}
walks = {
    "way round": [walk(open_way, number) for number in range(6)],
    "no way round": [walk(closed, number) for number in range(6)],
}


def landscape(number):
    lines = {name: losses[number] for name, losses in walks.items()}
    return plots.curves(
        distances.tolist(), lines, xlabel="way from the trained model", ylabel="loss",
        title=f"direction {number}: a smooth bowl, and a rough one",
    )


Knob(landscape, list(range(6)), label="direction", start=0)

# %% [markdown]
# To put a number on it, add up how much the line bends from step to step, divided by its height.
# A straight line has 0; each bump adds.

# %%
def roughness(losses):
    return (losses.diff().diff().abs().sum() / (losses.max() - losses.min())).item()


rough = {name: sum(map(roughness, lines)) / 6 for name, lines in walks.items()}
print("more than 1.5 times as rough without:", rough["no way round"] > 1.5 * rough["way round"])
assert rough["no way round"] > 1.5 * rough["way round"]

# %% [markdown]
# A smooth bowl leads gradient descent down from wherever it starts. Six lines through a space of
# thousands of dimensions are evidence, not a proof; Li and others drew such pictures in 2018, of
# networks of 56 layers, and found the same.

# %% [markdown] covers="H4" slideshow={"slide_type": "slide"}
# ## Before or after, with and without warm-up
#
# Deep stacks have a name for being hard to train. **Warm-up**, a learning rate that begins near 0
# and rises, is said to help. Two places for the norm, two schedules: four trainings of the same
# model of twelve layers, the same 100 batches.
#
# > **Predict.** Which of the four do not learn the task?
# >
# > - **a** post-norm without warm-up
# > - **b** both without warm-up
# > - **c** both post-norms: twelve layers are too many for it

# %% tags=["nbval-ignore-output"]
deep = Config(vocab_size=12, n_layers=12)
schedules = {
    "with warm-up": one_cycle(5e-3, warm=0.5),
    "without warm-up": lambda step, progress: 5e-3 * (1 - progress),
}


def losses_of(residual, schedule):
    torch.manual_seed(0)
    model = Classifier(replace(deep, residual=residual), n_classes=12)
    return fit(model, recalling, Recipe(steps=100, schedule=schedule)).losses


curves = {f"pre-norm {name}": losses_of(PreNorm, rate) for name, rate in schedules.items()}
curves |= {f"post-norm {name}": losses_of(PostNorm, rate) for name, rate in schedules.items()}

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "subslide"}
shown = list(range(0, 100, 4))
plots.curves(
    shown, {name: [losses[step] for step in shown] for name, losses in curves.items()},
    xlabel="step", ylabel="loss, nats", title="one of four stays at guessing",
)

# %%
ends = {name: sum(losses[-10:]) / 10 for name, losses in curves.items()}
for name, loss in ends.items():
    print(f"{name:25} learnt: {loss < 0.1}")
assert [loss < 0.1 for loss in ends.values()] == [True, True, True, False]
assert ends["post-norm without warm-up"] > 0.9 * math.log(8)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** *b*: pre-norm never needed it, since its way round runs from top to bottom and no norm
# stands in it. *c*: the paper's own models were post-norm, with warm-up; it is the first steps
# that decide.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What happened in the first steps?
#
# One of the documents says that gradients can *diverge* in post-norm. We look: after 0, 5, 10, 15
# and 20 steps at the full rate, how different are the vectors of 32 different sentences, and how
# long is the gradient in the first layer?

# %%
def differ(model):
    vectors = model.encoder(model.embedding(recalling(1_000)[0][0]))[:, 0]
    return ((vectors - vectors.mean(0)).norm() / vectors.norm()).item()


def first_gradient(model):
    tokens, label = recalling(1_000)[0]
    model.zero_grad()
    F.cross_entropy(model(tokens), label).backward()
    return model.encoder.layers[0].feed_forward.sublayer.narrow.weight.grad.norm().item()


def look(residual):
    torch.manual_seed(0)
    model = Classifier(replace(deep, residual=residual), n_classes=12)
    seen = [(differ(model), first_gradient(model))]

    def watch(model):
        seen.append((differ(model), first_gradient(model)))
        return seen[-1][0]

    fit(model, recalling, Recipe(steps=20, schedule=lambda *_: 5e-3, evaluate_every=5), watch)
    return seen

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
seen = {"pre-norm": look(PreNorm), "post-norm": look(PostNorm)}
lines = {name: [gradient for _, gradient in rows] for name, rows in seen.items()}
plots.curves(
    range(0, 21, 5), lines, xlabel="steps at the full rate", ylabel="gradient, first layer",
    log="y", title="post-norm: the gradient dies",
)

# %%
print("at the start both tell sentences apart:", min(rows[0][0] for rows in seen.values()) > 0.3)
print("post-norm, 5 steps: all sentences the same:", seen["post-norm"][1][0] < 0.01)
print("post-norm, 20 steps: the gradient is gone:", seen["post-norm"][4][1] < 1e-3)
print("pre-norm, 20 steps: it is there:", seen["pre-norm"][4][1] > 1e-2)
assert seen["post-norm"][1][0] < 0.01 < seen["pre-norm"][1][0]
assert seen["post-norm"][4][1] < 1e-3 < 1e-2 < seen["pre-norm"][4][1]

# %% [markdown] slideshow={"slide_type": "fragment"}
# So here the gradient does not explode: it *dies*. Five large steps are enough to give every
# sentence the same vector, and where all sentences are alike, no change of a weight tells them
# apart: nothing is left to learn from. Pre-norm stumbles too, but its words still travel on the
# way round, and it recovers. With four layers instead of twelve, or a fifth of the rate, post-norm
# learns without warm-up too: try it.

# %% [markdown] covers="H5" slideshow={"slide_type": "slide"}
# ## The paper's schedule
#
# $$\text{rate} = d_{model}^{-0.5} \cdot
# \min(\text{step}^{-0.5},\; \text{step} \cdot \text{warmup}^{-1.5})$$
#
# A rising line and a falling curve; the smaller one counts. Where do they meet? The paper warms
# up for 4000 steps. Turn the knob: what does a shorter or longer warm-up do to the highest rate?

# %% slideshow={"slide_type": "subslide"}
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
# A longer warm-up climbs less high, and all of them go down the same slope. One knob sets both,
# and wider models get smaller steps.

# %% [markdown] covers="H6 H5" slideshow={"slide_type": "slide"}
# ## The stack: words in context
#
# An **encoder** is a stack of $N$ such layers; the paper has $N = 6$. They are equal in form, and
# each has parameters of its own. We train four of them as in 2017: post-norm, on the paper's
# schedule. The task: at a word that can only be read with the help of another, name that other
# word. Each *tear* is asked:

# %%
class Namer(LanguageModel):
    """A word for each place, reading both sides: no look-ahead mask."""

    def forward(self, tokens):
        return self.head(self.decoder(self.embedding(tokens), mask=padding_mask(tokens)))


vocabulary = Vocabulary.build(text for text, _, _ in references())
examples = [
    (vocabulary.encode(text), asks, answers)
    for text, asks, answers in references() if "tear" in text
]
ids, asks, answers = examples[0]
said = vocabulary.decode(ids).split()
print(" ".join(said), "|", said[asks], "->", said[answers])
assert not any({"paper", "shed"} <= set(text.split()) for text, _, _ in references())

# %% [markdown]
# A batch holds sentences, and targets that are empty but for the place that is asked.

# %%
def naming(epoch):
    """Batches of sentences, and at the word that asks the word that answers."""
    lengths = [len(ids) for ids, _, _ in examples]
    for chosen in buckets(lengths, 32, torch.Generator().manual_seed(epoch)):
        tokens = pad([examples[row][0] for row in chosen])
        target = torch.zeros_like(tokens)  # 0 is the pad: no loss there
        for place, row in enumerate(chosen):
            ids, asks, answers = examples[row]
            target[place, asks] = ids[answers]
        yield tokens, target

# %% tags=["nbval-ignore-output"]
torch.manual_seed(0)
reader = Namer(Config(vocab_size=len(vocabulary), n_layers=4, residual=PostNorm))
rate = inverse_square_root(d_model=64, warmup=150)
fit(reader, naming, Recipe(steps=300, schedule=rate))

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
assert (said[2], said[9]) == ("paper", "shed") and tears.shape == (5, 11, 64)

# %% [markdown] slideshow={"slide_type": "slide"}
# The size is the same at every height, five times (11, 64): that is why layers stack. Each *tear*
# found its own word. Where did the two part? Hold two sentences against each other in which
# *tear* stands at the same place after the same words: "today I see a tear in the map", "… on the
# cheek".
#
# > **Predict.** How alike are the two *tear*, layer by layer?
# >
# > - **a** different from the start: they mean different things
# > - **b** alike in all layers but the last, which makes the decision
# > - **c** exactly alike at the bottom, less from layer to layer

# %% tags=["teaser", "nbval-ignore-output"] slideshow={"slide_type": "subslide"}
in_map = layers_of("today I see a tear in the map")
on_cheek = layers_of("today I see a tear on the cheek")
likeness = {
    "map – cheek": F.cosine_similarity(in_map[:, 4], on_cheek[:, 4], dim=-1),
    "the two of one sentence": F.cosine_similarity(tears[:, 2], tears[:, 9], dim=-1),
}
plots.curves(
    range(5), likeness, xlabel="after layer (0: the embedding)", ylabel="cosine of two tear",
    title="one spelling, two words, layer by layer",
)

# %%
apart = likeness["map – cheek"]
print("at the bottom, exactly alike:", torch.equal(in_map[0, 4], on_cheek[0, 4]))
print("layer 1, less:", bool(apart[1] < 0.95), "  layer 4, hardly:", bool(apart[4] < 0.6))
assert torch.equal(in_map[0, 4], on_cheek[0, 4]) and apart[4] < 0.6 and apart[4] < apart[1] < 0.95

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** One spelling has one row of the table, and the same place adds the same numbers. Only
# attention can bring in the map or the cheek, a little with each layer. *a* would need the table
# to know the sentence. *b*: no layer waits for the last one. (In the sentence with both, the
# places differ from the start.)
# </details>
#
# Such vectors are called **contextual**. That is what an encoder makes of embeddings. (How fast
# the two part differs from training to training; that they start as one and end as two does not.)

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
# - Norm after the sum (2017) needs warm-up in a deep stack. Norm before the sublayer does not.
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
