# %% [markdown] slideshow={"slide_type": "slide"}
# # Why not recurrent networks?
#
# > At the end you can say three things that go wrong when a network reads word by word, and predict
# > from the distance of two words what makes them hard to connect. About 45 minutes.

# %%
import time
from functools import cache

import torch
from torch import nn

from lesson import plots
from lesson.evidence import evidence
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin
from lesson.widgets.knob import Knob
from transformer_lib.attention import Attention
from transformer_lib.evaluation import exact_match
from transformer_lib.masks import window_mask
from transformer_lib.model import Classifier, Config
from transformer_lib.rnn import RecurrentReader, RecurrentSeq2Seq, WindowModel, receptive_field
from transformer_lib.tasks import copy_task, recall_task
from transformer_lib.training import Recipe, fit
from transformer_lib.vocabulary import START

seed = 0
begin(seed)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch: sentences have no fixed length
#
# A network has a fixed number of inputs, and a sentence has as many words as it likes. One old
# way out (Elman, 1990) is to read as you do: one word after the other, keeping a **state**, a few
# numbers that stand for all that was read so far. Each word changes the state a little:
#
# $$h_t = \tanh(x_t W + h_{t-1} U)$$
#
# $x_t$ is the word as a row of numbers, $h_{t-1}$ the state before it. $W$ and $U$ are tables
# of numbers that training finds; a product with one makes each new number a weighted sum of the
# old ones. $\tanh$ squeezes any number between −1 and 1.

# %% [markdown] slideshow={"slide_type": "fragment"}
# Such a network is called **recurrent**, RNN for short. The same $W$ and $U$ serve at every word,
# so it reads any length. For many years it was *the* way to read. Why did anyone look for another?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By hand: a memory of one number
#
# Leave everything away that can be left away: the state is one number, each word is one number,
# and a step keeps half of the old state: $h_t = x_t + 0.5 \cdot h_{t-1}$. The sentence is
# 8, 0, 0, 0. Write down the four states, then run.

# %% slideshow={"slide_type": "fragment"}
state, states = 0.0, []
for word in [8.0, 0.0, 0.0, 0.0]:
    state = word + 0.5 * state
    states.append(state)
print(states)

# %% [markdown] slideshow={"slide_type": "fragment"}
# 8, 4, 2, 1: each step halves what is left of the first word.

# %% [markdown] covers="A3" slideshow={"slide_type": "subslide"}
# ## How far apart are two words?
#
# In "tasty pizza" the two words that belong together are neighbours. In the next sentence somebody
# *was* sorry: who, and how many steps before?

# %% slideshow={"slide_type": "fragment"}
near = "the tasty pizza"
far = "the chef who burned the soup and dropped the plates was sorry"


def steps_between(sentence, one, other):
    words = sentence.split()
    return words.index(other) - words.index(one)


print("tasty → pizza:", steps_between(near, "tasty", "pizza"), "step")
print("chef  → was:  ", steps_between(far, "chef", "was"), "steps")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The relative clause stands in between, and a longer clause puts them further apart. To carry
# *chef* to *was*, the network has to bring it through every single word of the clause.
#
# Learning goes the same way back. It asks of each number: how much would the result change if this
# one did? The answer is called its **gradient**; it is sent from *was* to *chef*, and each step
# multiplies it. Click an answer, or press its letter.

# %% slideshow={"slide_type": "fragment"}
quiz("vanishing")

# %% [markdown] covers="A2"
# ### A signal that fades
#
# That was a cell with one number. Now 32: we let a network read 40 random words and ask, by its
# gradient, how strongly the last state reacts to each word. Three kinds are in use: the plain one
# above, and two with **gates**, learned numbers that decide how much of the old state stays: LSTM
# (Hochreiter and Schmidhuber, 1997) and GRU (Cho and others, 2014).

# %%
def reach(network, length=40):
    """How strongly the last state reacts to the word 0, 1, 2, … steps before it."""
    torch.manual_seed(seed)
    words = (0.1 * torch.randn(length, 1, 32)).requires_grad_()
    states, _ = network(words)
    (states[-1] * torch.randn(1, 32)).sum().backward()
    sizes = words.grad.norm(dim=(1, 2)).flip(0)
    return sizes / sizes[0]

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** In a fresh network, how strongly does the last state react to the word 20 steps
# > back? Its reaction to the last word counts as 1.
# >
# > - **a** weaker in proportion: about 1/20
# > - **b** as strong with gates, gone without
# > - **c** less than a thousandth in all three

# %% slideshow={"slide_type": "fragment"}
faded = {kind.__name__: reach(kind(32, 32)) for kind in (nn.RNN, nn.GRU, nn.LSTM)}
for name, sizes in faded.items():
    print(f"{name:5} 20 steps back, below 0.001: {bool(sizes[20] < 0.001)}")
assert max(sizes[20] for sizes in faded.values()) < 0.001

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "subslide"}
plots.curves(
    range(40), faded, xlabel="steps back", ylabel="reaction of the last state", log="y",
    title="fresh networks: nearly straight lines on this scale",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Factors below 1 are *multiplied*, one a step, so the signal falls like $0.5^n$, a straight
# line on this scale. *a* would be a sum. *b* is what gates are made for: they can *learn* to keep,
# but have to learn it from gradients that arrive in this state.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Where do the factors come from? One is the slope of $\tanh$, which is 1 at 0 and smaller
# elsewhere. The other is $U$. Take its share away: an **orthogonal** $U$ turns the state without
# making it longer or shorter. And what if $U$ is six times as large as PyTorch starts it?

# %% control="A2" slideshow={"slide_type": "fragment"}
turning, large = nn.RNN(32, 32), nn.RNN(32, 32)
nn.init.orthogonal_(turning.weight_hh_l0)
large.weight_hh_l0.data *= 6
evidence(
    "A2", lambda reaction: reaction < 0.001,
    {"a fresh U, 20 steps back": faded["RNN"][20]},
    {"a U that only turns": reach(turning)[20]},
    times=100,
)
print("six times as large, more than 10 times the last word's:", bool(reach(large)[20] > 10))

# %% [markdown] slideshow={"slide_type": "fragment"}
# So a plain network need not fade: it depends on $U$. But the middle way is narrow. A small $U$
# makes the signal **vanish**, a large one may make it **explode**, and training moves $U$ as it
# goes (Bengio, Simard and Frasconi, 1994).

# %% [markdown] covers="X20" slideshow={"slide_type": "subslide"}
# ### Is it a window?
#
# A document has another reason: recurrent networks have "a fixed window size", and what stands
# before it is lost. Does anything at all arrive from 39 words back? Ask the gradient. Then let one
# network read 3, 30 and 300 words.

# %% proves="X20" slideshow={"slide_type": "fragment"}
reacts = bool(faded["RNN"][39] > 0)
print("reacts to the word 39 steps back, if faintly:", reacts)
same = nn.RNN(32, 32)
print("states:", [len(same(torch.randn(length, 1, 32))[0]) for length in (3, 30, 300)])
assert reacts

# %% [markdown] slideshow={"slide_type": "fragment"}
# No window and no edge: the early words fade, they are not cut off. A real window, further below,
# gives exactly 0 outside.

# %% [markdown] covers="A2 A3" slideshow={"slide_type": "slide"}
# ### Does it matter? Recall by distance
#
# A game for three readers. They read a row of random symbols and, at the *last* one, have to name
# the *first*. Eight symbols are in play (the code's 12 counts four reserved ones). Each reader is
# trained afresh for each distance, with the same 150 steps. The third is a preview: it reads with
# attention, whatever that is.

# %%
def recall_accuracy(make, distance):
    torch.manual_seed(seed)
    model = make()
    batches = lambda epoch: [recall_task(32, distance, 12) for _ in range(100)]
    fit(model, batches, Recipe(steps=150))
    return exact_match(model, [recall_task(500, distance, 12)])


def reader(kind):
    return lambda: RecurrentReader(vocab_size=12, d_model=32, n_classes=12, cell=kind)

# %% [markdown]
# The reader with attention answers at the last place, too. It also comes in a **deaf** form, in
# which no place hears another, so that only what stands at the last place itself can help.

# %%
class Attentive(Classifier):
    """Reads with attention and answers at the last place."""

    def __init__(self, deaf=False):
        super().__init__(Config(vocab_size=12, d_model=32, n_layers=1), n_classes=12)
        self.deaf = deaf

    def forward(self, tokens):
        only_itself = torch.eye(tokens.size(1)).bool()
        x = self.encoder(self.embedding(tokens), mask=only_itself if self.deaf else None)
        return self.head(x[:, -1])

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** The plain RNN, at a distance of 16: how often does it name the first symbol? (Blind
# > guessing gives one in eight.)
# >
# > - **a** nearly always: the first symbol is all it has to keep
# > - **b** about half the time
# > - **c** no better than guessing

# %% tags=["nbval-ignore-output"]
distances = [4, 8, 16]
makers = {"RNN": reader(nn.RNN), "GRU": reader(nn.GRU), "attention": Attentive}
recalled = {
    name: [recall_accuracy(make, distance) for distance in distances]
    for name, make in makers.items()
}
deaf = recall_accuracy(lambda: Attentive(deaf=True), distance=16)

# %% tags=["teaser", "nbval-ignore-output"] slideshow={"slide_type": "fragment"}
plots.curves(
    distances, recalled, xlabel="distance to the first symbol", ylabel="share right", log="x",
    title="after 150 steps of training",
)

# %% control="A3"
print("RNN, distance 16, near guessing:", recalled["RNN"][2] < 0.25)
print("GRU, distance 8, nearly all:", recalled["GRU"][1] > 0.9)
evidence(
    "A3", lambda share: share > 0.9,
    {"attention, distance 16": recalled["attention"][2]},
    {"the same, but no place hears another": deaf},
    by=0.5,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Keeping one symbol is easy to *do*; finding out that it must be kept is the hard part, and
# for that a gradient would have to come 16 steps back. *a* confuses the two. *b* is where the GRU
# may be at this distance, half trained; more training takes it further. And attention? Its
# gradient has one step to go. Take that step away, and the deaf reader guesses.
# </details>

# %% [markdown] covers="A1" slideshow={"slide_type": "slide"}
# ## The bottleneck
#
# The second trouble is one of room. The first neural translators were two recurrent networks
# (Sutskever and others, 2014): one reads, and hands its **last state** to the other, which writes.
# Whatever the length of the sentence, it passes through a vector of fixed size.
#
# The purest test: copy what you have read. Two copiers, whose vector holds 8 or 64 numbers, learn
# it on rows of 2 to 8 symbols.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** With a vector eight times as wide, rows of which length are copied?
# >
# > - **a** eight times as long: eight times the room
# > - **b** longer, but less than eight times
# > - **c** any length: 64 numbers are more than 8 symbols

# %%
def copying(length, rows=32):
    source, target = copy_task(rows, length, 12)
    start = torch.full((rows, 1), START)
    return source, torch.cat([start, target[:, :-1]], dim=1), target


def epoch(number):
    return [copying(int(length)) for length in torch.randint(2, 9, (100,))]


def copied_through(width, steps):
    torch.manual_seed(seed)
    model = RecurrentSeq2Seq(vocab_size=12, target_vocab_size=12, d_model=width, cell=nn.GRU)
    fit(model, epoch, Recipe(steps=steps))
    return [exact_match(model, [copying(length, rows=300)]) for length in lengths]

# %% [markdown]
# But is it the room? A narrow copier might only be slow to learn. So a third one is as narrow, and
# trains twice as long.

# %% tags=["nbval-ignore-output"]
lengths = [2, 3, 4, 6, 8]
copied = {
    "8 numbers": copied_through(8, steps=300),
    "8 numbers, twice the training": copied_through(8, steps=600),
    "64 numbers": copied_through(64, steps=300),
}

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
plots.curves(
    lengths, copied, xlabel="symbols in a row", ylabel="rows copied",
    title="both move the cliff: numbers, and training",
)

# %% control="A1"
narrow, longer, wide = copied.values()
print("8 symbols, few in all three:", max(narrow[4], longer[4], wide[4]) < 0.3)
print("2 symbols, more of them with more training:", longer[0] > narrow[0])
evidence(
    "A1", lambda share: share < 0.5,
    {"4 symbols through 8 numbers, twice the training": longer[2]},
    {"the same through 64 numbers": wide[2]},
    by=0.4,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** The cliff moves from below 2 symbols to about 6. *a* takes numbers for boxes: all of them
# change at every step, and the network has to learn how to keep the symbols apart, which gets
# harder with each one. *c* does, too. So it is not room alone: what counts is how much so long a
# training packs into so many numbers. With both fixed, the longer row does not fit.
# </details>

# %% [markdown] covers="A4 X9" slideshow={"slide_type": "slide"}
# ## One word at a time
#
# The third trouble is time. State 7 needs state 6, which needs state 5: no two steps can be done
# at once, however many processors stand by. One of the documents says that training time
# therefore grows *exponentially* with the length.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** From 64 to 512 words, eight times as many: how much longer does reading take?
# >
# > - **a** about 8 times
# > - **b** about 64 times
# > - **c** $2^{448}$ times: exponentially

# %%
def milliseconds(read, length):
    words, times = torch.randn(1, length, 64), []
    with torch.inference_mode():
        for _ in range(20):
            began = time.process_time()  # of this program alone, however busy the machine is
            read(words)
            times.append(1000 * (time.process_time() - began))
    return min(times)

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
network = nn.RNN(64, 64, batch_first=True)
attention = lambda x: Attention()(x, x, x).output
in_steps = {length: milliseconds(network, length) for length in (64, 512)}
at_once = {length: milliseconds(attention, length) for length in (64, 512)}
for length in (64, 512):
    print(f"{length} words   RNN {in_steps[length]:.1f} ms   attention {at_once[length]:.1f} ms")

# %% proves="X9"
growth = in_steps[512] / in_steps[64]
print("8 times the words take less than 24 times the time:", growth < 24)
assert growth < 24

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** One step a word, so the time is *linear*: twice the words, twice the time. *b* would be
# quadratic, as if every word met every word. *c* is the claim: with exponential time not even a
# page could be read. What hurts is not the amount but the order: the steps stand in a queue.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# These clocks show the *work*: one thread does all of it in a row, so they cannot show a
# queue. What a machine with any number of processors has to wait for is the longest chain of
# operations of which each needs the one before. Will it be longer for 64 words than for 8? PyTorch
# keeps these chains, for the way back; count them.

# %% control="A4" slideshow={"slide_type": "fragment"}
@cache
def chain(operation):
    """How many operations have to be done in a row, up to this one."""
    return 1 + max([chain(before) for before, _ in operation.next_functions if before], default=0)


def chained(read, length):
    return chain(read(torch.randn(1, length, 64, requires_grad=True)).grad_fn)


for length in (8, 64):
    counts = chained(lambda x: network(x)[0], length), chained(attention, length)
    print(f"{length:2} words   RNN: {counts[0]:3} operations in a row   attention: {counts[1]}")
evidence(
    "A4", lambda operations: operations > 64,
    {"RNN, 64 words": counts[0]}, {"attention, 64 words": counts[1]}, times=10,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The RNN's queue grows by three a word; attention's does not grow. A graphics card, which
# does thousands of products at the same time, stands idle in a queue. (Attention pays in work:
# every word with every word is a *square*, the matter of notebooks 12 and 13.)

# %% [markdown] covers="A5" slideshow={"slide_type": "slide"}
# ## A way out that is too short: windows
#
# Then let every word look at its neighbours only, two on each side: a **window** of 5. All windows
# can be computed at once. But what does the last word of a sentence hear of the first? (Each row
# listens, green is what it hears.)

# %% slideshow={"slide_type": "fragment"}
one_layer = window_mask(10, width=5)
words = [f"h{place}" for place in range(1, 11)]
plots.mask_map(one_layer, words, title="one layer, window 5: h10 hears h8, h9 and itself")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Nothing. A second layer on top hears what the first has gathered, so the window widens. How many
# layers until $h_{10}$ hears $h_1$? Turn the knob.

# %% slideshow={"slide_type": "fragment"}
def heard_through(n_layers):
    heard = torch.eye(10)
    for _ in range(n_layers):
        heard = heard @ one_layer.float()
    mask = heard > 0
    title = f"layers: {n_layers}, h10 hears {int(mask[9].sum())} of 10"
    return plots.mask_map(mask, words, title=title)


Knob(heard_through, [1, 2, 3, 4, 5], label="layers", start=2)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you see</summary>
#
# One layer reaches two words back, so nine steps need five layers: at 4 the last row still has a
# gap, at 5 it is full.
# </details>

# %% [markdown]
# Is that only a drawing? Ask a real model: change one of the ten words, and see whether its answer
# at the last word changes at all.

# %% control="A5"
def words_heard(n_layers):
    torch.manual_seed(seed)
    model = WindowModel(vocab_size=20, d_model=16, n_classes=2, n_layers=n_layers, width=5)
    sentence = torch.arange(4, 14)
    others = sentence + torch.eye(10).long()  # ten sentences, each with one word changed
    answers = model(torch.cat([sentence[None], others]))
    return int(((answers[1:] - answers[0]).abs().amax(-1) > 1e-7).sum())


print({n_layers: words_heard(n_layers) for n_layers in (1, 2, 3, 4, 5)})
evidence(
    "A5", lambda words: words == 10,
    {"window 5, 5 layers": words_heard(5)}, {"window 5, 4 layers": words_heard(4)}, by=1,
)

# %% [markdown]
# And how many words a word in the middle of a long sentence hears, with 1, 2, 3, 4, 5 layers:

# %%
print([receptive_field(n_layers, width=5) for n_layers in (1, 2, 3, 4, 5)])

# %% [markdown] slideshow={"slide_type": "fragment"}
# Each layer adds four words, two on each side. So windows trade steps for depth: a pair 100 words
# apart needs 50 layers, or a wider window, and no width is enough for every sentence.

# %% [markdown] slideshow={"slide_type": "subslide"}
# With attention every word hears every other one in *one* step:
#
# | | steps in a row | layers between two words $n$ apart |
# |---|---|---|
# | recurrent | $n$ | 1, but $n$ steps |
# | window of 5 | 1 a layer | $n/2$ |
# | attention | 1 a layer | 1 |

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown] exercise="steps_in_a_row" slideshow={"slide_type": "slide"}
# ### 1 · How many steps in a row?

# %% [markdown] exercise="receptive_field"
# ### 2 · How far does a window reach?

# %% [markdown] exercise="rnn_states"
# ### 3 · A recurrent network

# %% [markdown] exercise="repair_last_state"
# ### 4 · Repair: the last state

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - Every step multiplies, so a distant word fades (or, with a large $U$, explodes): on the way
#   forward and, worse, in learning.
# - A whole sentence through one vector of fixed size: the longer the row, the less of it arrives.
# - Steps wait for one another. The time is linear, but more processors do not shorten the queue.

# %% [markdown]
# **New words.** *State*: what a recurrent network remembers. *Vanishing gradient*: the fading on
# the way back; it *explodes* where it grows. *Receptive field*: the words that one output can hear.
#
# **Open** `transformer_lib/rnn.py`: the networks of this notebook.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **What breaks next.** The bottleneck falls first: let the writer look back at *every* state, not
# only the last. Notebook 02 adds that look, and calls it attention.
#
# **Next:** [02 Attention before Transformers](02_attention_before_transformers.ipynb)
