# %% [markdown] slideshow={"slide_type": "slide"}
# # Why not recurrent networks?
#
# > At the end you can say three things that go wrong when a network reads word by word, and predict
# > from the distance of two words whether it will connect them. About 45 minutes.

# %%
import time

import torch
from torch import nn

from lesson import plots
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

begin()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch: sentences have no fixed length
#
# A network has a fixed number of inputs, and a sentence has as many words as it likes. The oldest
# way out is to read as you do: one word after the other, keeping a **state**, a few numbers that
# stand for all that was read so far. Each word changes the state a little:
#
# $$h_t = \tanh(x_t W + h_{t-1} U)$$
#
# Such a network is called **recurrent**, RNN for short. For twenty years it was *the* way to
# read. Why did anyone look for another?

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
# That was a cell with one number. Now real ones: we read 40 random words and measure how strongly
# the last state reacts to each earlier one, the size of $\partial h_T / \partial h_t$. Three kinds
# of cells are in use: the plain one above, and two with **gates**, which decide how much of the old
# state stays and were invented against just this: GRU and LSTM.

# %%
def reach(cell, length=40, width=32):
    """How strongly the last state reacts to the one 0, 1, 2, … steps before it."""
    states, state = [], None
    for word in torch.randn(length, 1, width):
        state = cell(word, state)
        states.append(state if isinstance(state, tuple) else (state,))
        for part in states[-1]:
            part.retain_grad()
    (states[-1][0] * torch.randn(1, width)).sum().backward()
    gradients = [torch.cat([p.grad for p in parts if p.grad is not None]) for parts in states]
    sizes = torch.stack([gradient.norm() for gradient in reversed(gradients)])
    return sizes / sizes[0]

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** In a fresh network, how strongly does the last state react to the one 20 steps
# > back? At 0 steps it is 1.
# >
# > - **a** weaker in proportion: about 1/20
# > - **b** as strong with gates, gone without
# > - **c** less than a thousandth in all three

# %% slideshow={"slide_type": "fragment"}
faded = {cell.__name__: reach(cell(32, 32)) for cell in (nn.RNNCell, nn.GRUCell, nn.LSTMCell)}
for name, sizes in faded.items():
    print(f"{name:8}  5 steps: {sizes[5]:.3f}   20 steps below 0.001: {bool(sizes[20] < 0.001)}")
assert faded["RNNCell"][20] < faded["GRUCell"][20] < 0.001 > faded["LSTMCell"][20]

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "subslide"}
plots.curves(
    range(40), faded, xlabel="steps back", ylabel="reaction of the last state", log="y",
    title="each step multiplies: the signal dies exponentially",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Factors below 1 are *multiplied*, one a step, so the signal falls like $0.5^n$, a straight
# line on this scale. *a* would be a sum. *b* is what gates can learn, and the plain cell cannot;
# but they have to learn it, from gradients that arrive in this state.
# </details>

# %% [markdown]
# One of the factors is the slope of tanh. It is 1 at 0 and smaller everywhere else:

# %% slideshow={"slide_type": "subslide"}
x = torch.tensor([0.0, 0.5, 1.0, 2.0], requires_grad=True)
torch.tanh(x).sum().backward()
print("at", x.tolist(), "the slope is", x.grad)
assert torch.allclose(x.grad, 1 - torch.tanh(x) ** 2)

# %% [markdown] covers="A1" slideshow={"slide_type": "slide"}
# ### Does it matter? Recall by distance
#
# A game for four readers. They read a row of random symbols and, at the end, have to name the
# *first* one. Eight symbols are in play (the code's 12 counts four reserved ones). Each reader is
# trained afresh for each distance, with the same 300 steps. The fourth one is a preview: it reads
# with attention, whatever that is.

# %%
def recall_accuracy(make, distance):
    torch.manual_seed(0)
    model = make()
    batches = lambda epoch: [recall_task(64, distance, 12) for _ in range(100)]
    fit(model, batches, Recipe(steps=300))
    return exact_match(model, [recall_task(500, distance, 12)])


def reader(cell):
    return lambda: RecurrentReader(vocab_size=12, d_model=32, n_classes=12, cell=cell)


def attentive():
    return Classifier(Config(vocab_size=12, d_model=32, n_layers=1), n_classes=12)

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** The plain RNN, at a distance of 16: how often does it name the first symbol? (Blind
# > guessing gives one in eight.)
# >
# > - **a** nearly always: the first symbol is all it has to keep
# > - **b** about half the time
# > - **c** no better than guessing

# %% tags=["nbval-ignore-output"]
distances = [4, 8, 16, 32]
recalled = {
    cell.__name__: [recall_accuracy(reader(cell), distance) for distance in distances]
    for cell in (nn.RNN, nn.LSTM)
}

# %% tags=["nbval-ignore-output"]
recalled["GRU"] = [recall_accuracy(reader(nn.GRU), distance) for distance in distances]
recalled["attention"] = [recall_accuracy(attentive, distance) for distance in distances]

# %% tags=["teaser", "nbval-ignore-output"] slideshow={"slide_type": "fragment"}
plots.curves(
    distances, recalled, xlabel="distance to the first symbol", ylabel="share right", log="x",
    title="gates reach further, attention does not care",
)

# %%
print("RNN, distance 16, near guessing:", recalled["RNN"][2] < 0.25)
print("GRU, distance 8, nearly all:", recalled["GRU"][1] > 0.9)
print("attention, distance 32, nearly all:", recalled["attention"][3] > 0.95)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Keeping one symbol is easy to *do*; finding out that it must be kept is the hard part, and
# for that a gradient would have to come 16 steps back. *a* confuses the two. *b*: there is no
# half-way, a symbol is either carried or not. Four times the training takes both cells with gates
# to 16; the plain one guesses as before.
# </details>

# %% [markdown] covers="A1" slideshow={"slide_type": "slide"}
# ## The bottleneck
#
# The second trouble is one of room. The first neural translators were two recurrent networks: one
# reads, and hands its **last state** to the other, which writes. Whatever the length of the
# sentence, it passes through a vector of fixed size. One of the documents names this as the reason
# why something new was needed.
#
# The purest test: copy what you have read. Three copiers, whose vector holds 16, 32 or 64 numbers,
# learn it on rows of 2 to 16 symbols.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** With a vector four times as wide, rows of which length are copied?
# >
# > - **a** four times as long: four times the room
# > - **b** longer, but less than four times
# > - **c** any length: 64 numbers are more than 16 symbols

# %%
def copying(length, rows=64):
    source, target = copy_task(rows, length, 12)
    start = torch.full((rows, 1), START)
    return source, torch.cat([start, target[:, :-1]], dim=1), target


def epoch(number):
    return [copying(int(length)) for length in torch.randint(2, 17, (100,))]


def copied_through(width, lengths):
    torch.manual_seed(0)
    model = RecurrentSeq2Seq(vocab_size=12, target_vocab_size=12, d_model=width, cell=nn.GRU)
    fit(model, epoch, Recipe(steps=500))
    return [exact_match(model, [copying(length, rows=300)]) for length in lengths]

# %% tags=["nbval-ignore-output"]
lengths = [2, 4, 6, 8, 12, 16]
copied = {f"{width} numbers": copied_through(width, lengths) for width in (16, 32, 64)}

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
plots.curves(
    lengths, copied, xlabel="symbols in a row", ylabel="rows copied",
    title="a wider vector moves the cliff; it does not remove it",
)

# %%
narrow, middle, wide = copied.values()
print("length 2, nearly all:  ", min(narrow[0], middle[0], wide[0]) > 0.8)
print("length 12, nearly none:", max(narrow[4], middle[4], wide[4]) < 0.1)
assert narrow[1] < middle[1] and middle[3] < wide[3]

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** The vector does not grow with the sentence, so somewhere something is lost. *a* takes
# numbers for boxes: all of them change at every step, and the network has to learn how to keep the
# symbols apart, which gets harder with each one. *c* does, too. More training also moves the cliff
# and does not remove it.
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
cell = nn.RNNCell(64, 64)


@torch.inference_mode()
def read_in_steps(words):
    state = torch.zeros(1, 64)
    for word in words:
        state = cell(word[None], state)


def milliseconds(read, length):
    words, times = torch.randn(length, 64), []
    for _ in range(20):
        began = time.process_time()  # of this program alone, however busy the machine is
        read(words)
        times.append(1000 * (time.process_time() - began))
    return min(times)

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
sizes = [64, 128, 256, 512]
in_steps = [milliseconds(read_in_steps, size) for size in sizes]
at_once = [milliseconds(lambda x: Attention()(x, x, x), size) for size in sizes]
plots.curves(
    sizes, {"RNN, step by step": in_steps, "attention, one product": at_once},
    xlabel="words", ylabel="milliseconds", log="xy",
    title="linear, not exponential; but one by one",
)

# %% proves="X9"
growth = in_steps[-1] / in_steps[0]
print("8 times the words take less than 24 times the time:", growth < 24)
assert growth < 24

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** One step a word, so the time is *linear*: twice the words, twice the time. *b* would be
# quadratic, *c* is the claim: with exponential time nobody could have read a page. What hurts is
# not the amount but the order: the steps stand in a queue.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# A graphics card does thousands of products at the same time. A queue of a thousand small ones
# leaves it idle. (The other curve is steeper: every word with every word is a *square*. That price
# of attention is the matter of notebooks 12 and 13.)

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

# %% [markdown]
# Is that only a drawing? Ask a real model whether its answer at the last word changes at all when
# the first word does: a gradient of exactly 0 says no.

# %%
def reaction_to_first_word(n_layers):
    model = WindowModel(vocab_size=20, d_model=16, n_classes=2, n_layers=n_layers, width=5)
    heard = []

    def listen(embedding, tokens, rows):
        rows.retain_grad()
        heard.append(rows)

    model.embedding.register_forward_hook(listen)
    model(torch.arange(4, 14)[None]).sum().backward()
    return heard[0].grad[0, 0].abs().sum().item()


for n_layers in (1, 4, 5):
    reacts = reaction_to_first_word(n_layers) > 0
    print(f"layers: {n_layers}   h10 reacts to the first word: {reacts}")
    assert reacts == (n_layers == 5)

# %% [markdown]
# And how many words a word in the middle of a long sentence hears, with 1, 2, 3, 4, 5 layers:

# %%
print([receptive_field(n_layers, width=5) for n_layers in (1, 2, 3, 4, 5)])

# %% [markdown] slideshow={"slide_type": "fragment"}
# Each layer adds four words, two on each side. So windows trade steps for depth: a pair 100 words
# apart needs 50 layers, or a window that is wide enough, and nobody knows beforehand how wide.

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
# - Every step multiplies, so a distant word fades: on the way forward and, worse, in learning.
# - A whole sentence through one vector of fixed size: what does not fit is lost.
# - Steps wait for one another. The time is linear, but no machine can shorten the queue.

# %% [markdown]
# **New words.** *State*: what a recurrent network remembers. *Vanishing gradient*: the fading on
# the way back. *Receptive field*: the words that one output can hear.
#
# **Open** `transformer_lib/rnn.py`: the networks of this notebook.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **What breaks next.** The bottleneck falls first: let the writer look back at *every* state, not
# only the last. Notebook 02 adds that look, and calls it attention.
#
# **Next:** [02 Attention before Transformers](02_attention_before_transformers.ipynb)
