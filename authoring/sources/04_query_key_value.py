# %% [markdown] slideshow={"slide_type": "slide"}
# # Query, key, value
#
# > At the end you can say what a query, a key and a value are each for, predict from small vectors
# > which word listens to which, and name what training changes in them. About 55 minutes.

# %%
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import nn

from lesson import plots
from lesson.evidence import evidence
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin, show_source
from lesson.widgets.knob import Knob
from transformer_lib.attention import Attention, MultiHeadAttention
from transformer_lib.data import HOPKINS, references
from transformer_lib.evaluation import exact_match
from transformer_lib.masks import PAD
from transformer_lib.model import Config, Embedding
from transformer_lib.trace import Recorded, record
from transformer_lib.training import Recipe, fit, one_cycle
from transformer_lib.vocabulary import Vocabulary, tokenize

seed = 0
begin(seed)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch: one row, two meanings
#
# The documents that this course follows tell of a sentence with two *tear*: one belongs to
# *paper*, the other to *shed*. Look both up in an embedding table.

# %% slideshow={"slide_type": "fragment"}
TEARS = "When I tear the paper, I shed a tear."
vocabulary = Vocabulary.build([TEARS])
rows = nn.Embedding(len(vocabulary), 4)(torch.tensor(vocabulary.encode(TEARS)))
first, second = [place for place, word in enumerate(tokenize(TEARS)) if word == "tear"]
print("places", first, "and", second)
print("the same row:", torch.equal(rows[first], rows[second]))

# %% [markdown] slideshow={"slide_type": "fragment"}
# One spelling, one id, one row. What tells the two apart stands beside them. So a word must look
# at the others, and **not at all of them alike**. How does one ask for what one needs?

# %% [markdown] covers="C1" slideshow={"slide_type": "slide"}
# ## Ask a table
#
# The documents start from a database. You ask "what is my mid-term grade?", and it finds the one
# row whose name is *mid-term*.

# %% slideshow={"slide_type": "fragment"}
grades = {"homework": 70, "mid-term": 90, "final": 80}
print("mid-term:", grades["mid-term"])
try:
    grades["midterm"]
except KeyError as error:
    print("KeyError:", error)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Three things have a name here. What you ask with is the **query**. What it is compared with is
# a **key**: *homework*, *mid-term*, *final*. What you get is a **value**: 70, 90, 80.
#
# All or nothing: a query that is a hyphen off finds no row at all. *tear* will hardly find a row
# named *tear, the kind with paper*. Let us make the look-up *soft*.

# %% [markdown] slideshow={"slide_type": "slide"}
# ### By hand
#
# Give each key points for its match with the query, say 0, 1 and 0. Each point doubles the say of
# a row: 1, 2 and 1. Divide by their sum, so that together they make 1: ¼, ½, ¼. These are the
# **weights**. The answer: ¼ · 70 + ½ · 90 + ¼ · 80. Do it before you run.

# %% slideshow={"slide_type": "fragment"}
points, values = torch.tensor([0.0, 1.0, 0.0]), torch.tensor([70.0, 90.0, 80.0])
weights = 2**points / (2**points).sum()
print("weights", weights, " answer", weights @ values)

# %% [markdown] slideshow={"slide_type": "slide"}
# Every row answers, the best match loudest. Nobody gets an error.
#
# > **Predict.** The points are multiplied by ten: 0, 10, 0. What is the answer now?
# >
# > - **a** almost 90
# > - **b** 82.5 again: the proportions of the points are the same
# > - **c** exactly 90: the other two no longer count

# %% slideshow={"slide_type": "fragment"}
sharp = 2 ** (10 * points)
print("weights", sharp / sharp.sum(), " answer", sharp @ values / sharp.sum())
assert (sharp > 0).all() and sharp @ values / sharp.sum() < 90

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** 10 points double ten times: 1024 against 1 and 1. *b* would hold if the weights were
# shares of the points; then 0 points would mean no say, and what would −1 mean? *c* is the
# database. We come as close to it as we like, but never there: 1 in 1026 is small, not nothing.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Turn the knob: from an average to a database
#
# At 0 the query does not count and you get the plain mean. The further right, the nearer you come
# to the database. Attention lives in between. Where does the mid-term pass 90 %?

# %% slideshow={"slide_type": "fragment"}
def look_up(sharpness):
    weights = (2 ** (sharpness * points)) / (2 ** (sharpness * points)).sum()
    title = f"sharpness {sharpness}: the answer is {weights @ values:.1f}"
    return plots.bars({"weight": weights}, list(grades), title=title)


Knob(look_up, [0, 1, 2, 3, 4, 5, 10], label="sharpness", start=1)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Where?</summary>
#
# Between 4 and 5. At 4 it has 16 of 18 shares, 89 %; at 5 it has 32 of 34, 94 %. At 10 it has 1024
# of 1026, and the title rounds its 89.97 to 90.0.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Attention takes $e = 2.718…$ instead of 2; that is another sharpness and nothing else. Points →
# weights with $e$ is the **softmax**, and the points are called **scores**.

# %%
with_e = torch.exp(points) / torch.exp(points).sum()
assert torch.allclose(with_e, points.softmax(0))
assert torch.allclose((points * torch.tensor(2.0).log()).softmax(0), weights)
print("softmax:", points.softmax(0))

# %% [markdown]
# In your own words first, then click:

# %%
quiz("soft_and_hard")

# %% [markdown] covers="C2" slideshow={"slide_type": "slide"}
# ## In the supermarket
#
# In a table we gave the points. Who gives them to words? Go shopping: your recipe says what you
# need (query), each shelf has a label (key), behind the label stands the thing (value). Write the
# first two as numbers for the same three traits, *creamy*, *sweet*, *soapy*:

# %% slideshow={"slide_type": "fragment"}
recipe = torch.tensor([2.0, 1.0, 0.0])
labels = torch.tensor([[2.0, 1.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])  # cream, sugar, soap
for name, label in zip(["cream", "sugar", "soap"], labels):
    print(f"{name:6} {(recipe * label).tolist()} -> {recipe @ label}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Multiply trait by trait, add up: the **dot product**. It is large where both want much of the
# same. That is the score. The value is something else: what is *in* the pack, here grams of fat
# and of sugar.

# %% slideshow={"slide_type": "fragment"}
packs = torch.tensor([[30.0, 3.0], [0.0, 100.0], [0.0, 0.0]])
weights = (labels @ recipe).softmax(0)
print("weights", weights)
print("basket ", weights @ packs)
assert weights.argmax() == 0 and (weights > 0).all()

# %% [markdown] covers="X16" slideshow={"slide_type": "slide"}
# Labels and packs may differ: you *find* by the label and *carry home* the pack. One of the
# documents defines a value as "the similarity score". Let us see.
#
# > **Predict.** The shop fills the pack of cream with oat cream: 10 g of fat, 8 g of sugar. The
# > label stays. What changes?
# >
# > - **a** weight and basket: the score is the value
# > - **b** the weight of cream
# > - **c** what you carry home

# %% proves="X16" slideshow={"slide_type": "fragment"}
oat_packs = torch.tensor([[10.0, 8.0], [0.0, 100.0], [0.0, 0.0]])
same_weights = (labels @ recipe).softmax(0)
print("weights", same_weights, " basket", same_weights @ oat_packs)
other_recipe = torch.tensor([0.0, 2.0, 0.0])
print("another recipe:", (labels @ other_recipe).softmax(0))
assert torch.equal(weights, same_weights)
assert not torch.allclose(weights @ packs, same_weights @ oat_packs)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Scores come from recipe and labels alone. *b* needs a new recipe or a new label: see the
# last line. *a* is the document's claim, and the run refutes it: the values changed, the scores
# did not. The score says *how much*, the value says *what*.
# </details>

# %% [markdown] covers="C3" slideshow={"slide_type": "slide"}
# ## A word goes shopping
#
# Now words. Two traits each, *ripping* and *weeping*; *tear* has both. For the moment each word
# uses the same numbers as query, as key and as value. Find the three scores of *tear* = (1, 1) with
# *tear*, *the* = (0, 0) and *paper* = (3, 0) before you run.

# %% slideshow={"slide_type": "fragment"}
VECTORS = {"tear": [1, 1], "paper": [3, 0], "shed": [0, 3], "the": [0, 0], "a": [0, 0]}


def vectors(text):
    return torch.tensor([VECTORS[word] for word in text.split()]).float()


x = vectors("tear the paper")
scores = x @ x[0]
weights = scores.softmax(0)
print("scores ", scores)
print("weights", weights)
print("new tear", weights @ x)
assert torch.isclose(weights.sum(), torch.tensor(1.0))

# %% [markdown] slideshow={"slide_type": "subslide"}
# *tear* was (1, 1) and has become (2.38, 0.26): a *ripping* tear. It kept some of itself and took
# most from *paper*. With $w_{ij}$ for the weight that word $i$, who asks, gives to word $j$:
#
# $$x'_i = \sum_j w_{ij}\, x_j \qquad \text{with} \quad \sum_j w_{ij} = 1$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Why an average?
#
# A sentence may have any number of words, and the result must be one vector, as large as the
# others. A sum would grow with the length. Weights above 0 that sum to 1 lead to a point *between*
# the words. In the picture *tear* starts in the middle, and each neighbour pulls it to its own
# side: that is what **context** does to a vector.

# %% tags=["teaser"] slideshow={"slide_type": "fragment"}
y = vectors("shed a tear")
ripped, wept = weights @ x, (y @ y[2]).softmax(0) @ y
shown = torch.stack([x[0], x[2], y[0], ripped, wept])
names = ["tear", "paper", "shed", "tear beside paper", "tear beside shed"]
groups = ["embedding"] * 3 + ["after attention"] * 2
assert (x.amin(0) <= ripped).all() and (ripped <= x.amax(0)).all()
plots.scatter(shown, names, groups, title="an average pulls a word towards what it listens to")

# %% [markdown] covers="C4" slideshow={"slide_type": "slide"}
# ## For one word, then for all
#
# In letters, with query $q_i$, keys $k_j$ and values $v_j$:
#
# $$s_{ij} = q_i \cdot k_j \qquad
# w_{ij} = \frac{\exp(s_{ij})}{\sum_{j'} \exp(s_{ij'})} \qquad
# \text{output}_i = \sum_j w_{ij}\, v_j$$
#
# That is one word asking. All at once, each word's question is a row: two products of matrices.
# (Papers often write $e_{ij}$ for the score and $\alpha_{ij}$ for the weight.)

# %% slideshow={"slide_type": "fragment"}
all_scores = x @ x.T  # (query, key)
all_weights = all_scores.softmax(dim=1)
output = all_weights @ x
print(output)
assert torch.allclose(output[0], ripped)

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Both tears in one sentence
#
# > **Predict.** "tear the paper shed a tear": what becomes of the two *tear*?
# >
# > - **a** the first takes more from *paper*, the second more from *shed*
# > - **b** both become the same vector
# > - **c** neither changes: *paper* and *shed* cancel out

# %% slideshow={"slide_type": "fragment"}
both = vectors("tear the paper shed a tear")
output = (both @ both.T).softmax(1) @ both
print("first ", output[0])
print("second", output[5])
assert torch.allclose(output[0], output[5])

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** Both ask the same question of the same words, so both get the same answer. Nothing in a
# dot product knows who stands *near*. *a* is what the documents say of self-attention; it takes one
# thing more, the place of each word (notebook 08). *c*: both grew, from (1, 1) to what you see.
# </details>
#
# The model below adds places to its embeddings, so that *near* can count.

# %% [markdown] covers="C6" slideshow={"slide_type": "subslide"}
# ### How many scores?
#
# "Anthony Hopkins admired Michael Bay as a great director": nine words, and in the paper a query
# has 64 numbers. One of the documents counts "81 queries".

# %% slideshow={"slide_type": "fragment"}
n_words = len(HOPKINS.split())
q, k = torch.randn(2, n_words, 64)
anthony = q[:1] @ k.T
print("Anthony alone:", tuple(q[:1].shape), "@", tuple(k.T.shape), "=", tuple(anthony.shape))
print("all nine:     ", tuple(q.shape), "@", tuple(k.T.shape), "=", tuple((q @ k.T).shape))
assert len(q) == 9 and anthony.shape == (1, 9) and (q @ k.T).numel() == 81

# %% [markdown] covers="C4" slideshow={"slide_type": "slide"}
# ### Why a dot product, and not the cosine?
#
# The **cosine** is the dot product divided by both lengths, so it compares directions only. One of
# the documents starts from it and puts $\sqrt{d_k}$ in place of the lengths; $d_k$ is how many
# numbers a key has.
#
# > **Predict.** Nine words. One key points exactly where the query does (cosine 1), the other eight
# > the opposite way (cosine −1). Which weight does the best one get if cosines are the scores?
# >
# > - **a** less than a half
# > - **b** almost 1: no match could be better
# > - **c** 1/9: all cosines are small

# %% slideshow={"slide_type": "fragment"}
query = torch.ones(64)
keys = torch.cat([query[None], -query.expand(8, 64)])
cosines = F.cosine_similarity(keys, query[None])
scaled = keys @ query / 64**0.5
print("cosines      ", cosines, "-> best", cosines.softmax(0)[0])
print("dot product/8", scaled, "-> best", scaled.softmax(0)[0])
assert cosines.softmax(0)[0] < 0.5 and scaled.softmax(0)[0] > 0.999

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** The best cosine is only 2 above the worst, so $e^2 = 7.4$ times as loud, against eight
# others. *b* mistakes a perfect match for a sharp choice. *c*: 1/9 is for equal scores.
# </details>
#
# So $\sqrt{d_k}$ does not stand in for the lengths: here they would be 8 · 8 = 64, and it is 8.
# A key twice as long gets twice the score: it speaks louder, and training can use that.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why three matrices
#
# So far a word was its own query, key and value. But *they* looks for *Cranberries*, while
# *Cranberries* need not look for *they*. So each word gets three vectors, by three matrices:
#
# $$q = x\,W_Q \qquad k = x\,W_K \qquad v = x\,W_V$$

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Who listens to whom?
#
# | | query | key |
# |---|---|---|
# | they | 2, 0 | 0, 0 |
# | plums | 0, 2 | 2, 0 |
# | gone | 1, 1 | 1, 2 |
#
# > **Predict.** Six numbers a column are enough. Whom does each of the three hear most?
# >
# > - **a** *they* hears *plums*, *plums* hears *they*: two words that belong together
# > - **b** all three hear *gone*: its key is the longest
# > - **c** *they* hears *plums*, *plums* hears *gone*, *gone* hears itself

# %% slideshow={"slide_type": "fragment"}
queries = torch.tensor([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
keys = torch.tensor([[0.0, 0.0], [2.0, 0.0], [1.0, 2.0]])
three = ["they", "plums", "gone"]
print(queries @ keys.T)
print([f"{word} -> {three[best]}" for word, best in zip(three, (queries @ keys.T).argmax(1))])

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Each row is one query with all keys: 0, 4, 2, then 0, 0, 4, then 0, 2, 3. *a* takes looking
# for mutual; *plums* asks with another vector than the one it is found by. *b*: a long key is loud
# only for a query that points its way, and the query of *they* does not.
# </details>

# %% [markdown] covers="X2" slideshow={"slide_type": "subslide"}
# One document says that the three start out equal. See what equal $W_Q$ and $W_K$ mean, and what
# the library's layer does.

# %% proves="X2" slideshow={"slide_type": "fragment"}
four_words, w = torch.randn(4, 8), torch.randn(8, 8)
scores = (four_words @ w) @ (four_words @ w).T
print(scores)
print("symmetric:", torch.allclose(scores, scores.T))
layer = MultiHeadAttention(d_model=8, n_heads=1)
print("the layer starts with equal ones:", torch.equal(layer.q_proj.weight, layer.k_proj.weight))
assert torch.allclose(scores, scores.T)
assert not torch.equal(layer.q_proj.weight, layer.k_proj.weight)

# %% [markdown] slideshow={"slide_type": "subslide"}
# With equal matrices "how much does $i$ listen to $j$" is the same number as "$j$ to $i$". Here
# is a world in which that must fail: rock beats scissors, scissors beat paper, paper beats rock.
# **Everyone is to look at the one it beats.** Can symmetric scores do that? Try it with a pencil.

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>The pencil's answer</summary>
#
# Write *rs* for the score of rock and scissors. Rock must prefer scissors to paper: rs > rp. Paper
# must prefer rock to scissors: pr > ps. Scissors must prefer paper to rock: sp > sr. If rp = pr,
# ps = sp and sr = rs, this reads rs > rp > ps > rs: a number larger than itself.
# </details>
#
# Now let gradient descent try: $-\ln$ of the weight on the right one is the loss, so blind guessing
# costs $\ln 3 = 1.099$.

# %%
things, beaten = ["rock", "paper", "scissors"], torch.tensor([2, 0, 1])


def learn(w_q, w_k):
    optimizer = torch.optim.Adam({w_q, w_k}, lr=0.05)
    for _ in range(300):
        scores = w_q @ w_k.T  # each thing is a one-hot row, so q is a row of w_q
        loss = F.cross_entropy(scores, beaten)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return scores.softmax(1).detach(), loss.item()

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** Three trainings: one matrix for both tasks; two matrices that *start* equal; two
# > that start at random. Which of them learn it?
# >
# > - **a** only the random start: equal ones get equal gradients and stay equal
# > - **b** the two with two matrices
# > - **c** all three: 300 steps are plenty

# %% proves="X2" slideshow={"slide_type": "fragment"}
start, other = torch.randn(2, 3, 4)
one = nn.Parameter(start.clone())
trainings = {
    "one matrix": learn(one, one),
    "equal at the start": learn(nn.Parameter(start.clone()), nn.Parameter(start.clone())),
    "two random ones": learn(nn.Parameter(start.clone()), nn.Parameter(other)),
}
for name, (_, loss) in trainings.items():
    print(f"{name:18} loss {loss:.3f}" if loss > 0.01 else f"{name:18} loss below 0.01")
losses = [loss for _, loss in trainings.values()]
assert losses[0] > 1.09 and max(losses[1:]) < 0.01

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** The loss is not symmetric: the query side and the key side get different gradients, and
# after one step the two differ. That is why *a* is wrong, and why an equal start would do no
# lasting harm. *c*: one matrix stays at guessing: your pencil has proved that no
# symmetric scores do better.
# </details>

# %% [markdown] covers="C7" slideshow={"slide_type": "slide"}
# ### What training changes
#
# Gradient descent takes one step. Say what it changes, then see.

# %% slideshow={"slide_type": "fragment"}
quiz("what_is_learned")

# %% [markdown]
# Compare each before and after the step (`n_heads=1`: one set of the three matrices). The same $x$
# should ask a new question now. Is that the new matrix, or has something happened to $x$? For a
# check it goes through the old matrix once more.

# %% control="C7"
layer, x = MultiHeadAttention(d_model=8, n_heads=1), torch.randn(1, 4, 8)
old_layer, old_x = deepcopy(layer), x.clone()
(layer(x) - 1).square().mean().backward()
torch.optim.SGD(layer.parameters(), lr=0.1).step()

for name in ("q_proj", "k_proj", "v_proj"):
    before, after = (getattr(each, name).weight for each in (old_layer, layer))
    assert not torch.equal(before, after)
assert torch.equal(x, old_x)
old_q = old_layer.q_proj(old_x)
evidence(
    "C7",
    lambda moved: moved > 0,
    {"question of x, new matrix": (layer.q_proj(x) - old_q).abs().max().item()},
    {"question of x, old matrix": (old_layer.q_proj(x) - old_q).abs().max().item()},
    by=1e-4,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The matrices are the unknowns; $q = x\,W_Q$ follows them. The input stays. (The rows of notebook
# 03 are learnt too, but as the matrix of another layer.)

# %% [markdown]
# ## The name
#
# This is **attention**; **self-attention** when the words of one sentence ask each other. The
# library's class takes the score as a part, so you can put in the plain dot product:

# %%
plain = Attention(score=lambda q, k: q @ k.mT)
x = vectors("tear the paper")
attended = plain(x, x, x)
assert torch.allclose(attended.weights, all_weights) and torch.allclose(attended.output[0], ripped)
print(attended.output)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Its own code: score, softmax, average, a line each. (Mask: notebook 06; dropout: notebook 11.)
# When you name no score, it is the dot product divided by $\sqrt{d_k}$; notebook 05 shows why.

# %% slideshow={"slide_type": "fragment"}
show_source(Attention.forward)

# %% [markdown] covers="C5" slideshow={"slide_type": "slide"}
# ## A model that has learnt it
#
# Enough of numbers that we made up. Here are 4080 sentences. In each, one word needs another to be
# read. Most have a twin in which a word or two differ, and another word answers.

# %% slideshow={"slide_type": "fragment"}
train, test, own = (references(split) for split in ("train", "test", "own"))
for text, asks, answers in train[10::680]:
    tokens = tokenize(text)
    print(f"{text}\n    {tokens[asks]} -> {tokens[answers]}")
print(len(train), "to train,", len(test), "to test,", len(own), "from the documents")

# %% [markdown]
# *Test* holds words that never meet in training, such as *music* and *Cranberries*. The documents'
# own sentences are not trained either.
#
# The task: the word that asks must say the word that answers, and every other word must say itself.
# (Where the word that asks stands twice, the other one is left out: `PAD` does not count.)
# Sentences of one length make a batch, 64 at most.

# %%
import random

words = Vocabulary.build(text for text, _, _ in train)


def encoded(text, asks, answers):
    tokens = words.encode(text)
    expected = [PAD if token == tokens[asks] else token for token in tokens]
    expected[asks] = tokens[answers]
    return tokens, expected


def batches(examples, epoch=0):
    dice, by_length, cuts = random.Random(epoch), {}, []
    for example in dice.sample(examples, len(examples)):
        tokens, expected = encoded(*example)
        by_length.setdefault(len(tokens), []).append((tokens, expected))
    for rows in by_length.values():
        cuts += [rows[i : i + 64] for i in range(0, len(rows), 64)]
    for rows in dice.sample(cuts, len(cuts)):
        yield tuple(torch.tensor(side) for side in zip(*rows))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The model looks twice, with nothing in it that you have not met. *they* must hear of *hospital*
# before it knows whom to ask for: that is the first look, and what a word hears there is **added**
# to it. The second is the look-up of this notebook. Its value is **the word itself**, a one-hot
# row, so its output is a mixture of words: "97 % Cranberries, 2 % music, …".

# %% slideshow={"slide_type": "fragment"}
class Look(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.w_q, self.w_k = nn.Linear(width, width), nn.Linear(width, width)
        self.attention = Attention()

    def forward(self, x, v):
        return self.attention(self.w_q(x), self.w_k(x), v).output

# %%
class TwoLooks(nn.Module):
    def __init__(self, n_words, width=32):
        super().__init__()
        self.n_words = n_words
        self.embedding = Embedding(n_words, Config(n_words, d_model=width))
        self.w_v = nn.Linear(width, width)
        self.first, self.second = Look(width), Look(width)

    def forward(self, tokens):
        x = self.embedding(tokens)
        x = x + self.first(x, self.w_v(x))
        itself = F.one_hot(tokens, self.n_words).float()
        return (self.second(x, itself) + 1e-9).log()

# %% [markdown] slideshow={"slide_type": "subslide"}
# The loss is again $-\ln$ of the right word's share in the mixture (the $10^{-9}$ keeps the
# logarithm finite). **What have we told the model?** In the second look the share of a word *is*
# its weight, so the label says where to look, sentence by sentence. We do not tell it how to find
# that place in a new sentence, and about the first look we tell it nothing.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
torch.manual_seed(seed)
model = TwoLooks(len(words))
fit(model, lambda epoch: batches(train, epoch), Recipe(steps=400, schedule=one_cycle(1e-2)))

# %% [markdown]
# And on sentences whose words it has never seen together?

# %%
share = exact_match(model, batches(test))
print("every word right in more than 9 of 10 new sentences:", share > 0.9)
assert share > 0.9

# %% [markdown] slideshow={"slide_type": "slide"}
# ### The documents' sentences
#
# Who sings? Who are *they*? Which sound is 그 소리? (사자가 이상한 소리를 듣고서 포효를 했는데 …: "The lion heard a
# strange sound and roared, and that sound filled people with awe.") Answer for yourself, then ask
# the model.

# %% slideshow={"slide_type": "fragment"}
def watch(model, text):
    """What both looks compute: a trace with two entries, "first" and "second"."""
    with torch.no_grad(), record(model) as trace:
        model(torch.tensor([words.encode(text)]))
    return trace


def show_answers(examples):
    for text, asks, answers in examples:
        tokens, weights = tokenize(text), watch(model, text)["second"].weights[0, asks]
        best = weights.argmax().item()
        print(f"{text}\n    {tokens[asks]} -> {tokens[best]} (place {best})")
        assert best == answers


show_answers(own)

# %% [markdown] slideshow={"slide_type": "subslide"}
# All six as the documents have them. In the fourth, *cranberries* stands at places 1 and 3, band
# and fruit with one row for both. One document has a person set such weights; here they were set
# for the training sentences, and these six are new.
#
# Has the model learnt what matters, or "the third word before the comma"? Change one spot of each.

# %% slideshow={"slide_type": "fragment"}
TWINS = [
    ("I love the music of the Cranberries, which sounds mysterious.", 9, 3),
    ("My uncle likes the music of the Cranberries and sings very softly.", 9, 1),
    ("The Cranberries had cranberries too much, so they are all gone.", 8, 3),
    ("사자가 이상한 소리를 듣고서 산책을 했는데 그 소리는 사람들에게 위압감을 느끼게 하였다", 7, 2),
    (
        "Where is the singer from? They love a song by The Cranberries, singer from their "
        "hometown, Ireland",
        0,
        19,
    ),
]
show_answers(TWINS)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Now *they* are the fruit (place 3), and 그 소리 is the sound that was heard, since whoever goes for a
# walk (산책) makes none. The answers move with the word that decides, **within the 24 patterns it was
# trained on**.

# %% [markdown] covers="C5" slideshow={"slide_type": "slide"}
# ### Make it deaf
#
# Is it the listening that does it? Take twins that part only *after* they: "the children ate plums
# too much, so they **feel sick**" and "… **are all gone**".
#
# > **Predict.** In the first look you let each word hear itself alone. In how many pairs will both
# > twins still be read rightly?
# >
# > - **a** nearly all: the second look still sees every word
# > - **b** none
# > - **c** a half: it can guess

# %%
known, pairs = {text for text, _, _ in train}, []
for who in "children students guests doctors tourists".split():
    for fruit in "plums apples cherries grapes nuts olives".split():
        start = f"the {who} ate {fruit} too much , so they"
        pairs.append([(f"{start} feel sick", 8, 1), (f"{start} are all gone", 8, 3)])
print(
    len(pairs), "pairs, trained sentences among them:", sum(t[0] in known for p in pairs for t in p)
)


def both_right(model):
    right = torch.tensor(
        [
            [
                watch(model, text)["second"].weights[0, asks].argmax() == answers
                for text, asks, answers in pair
            ]
            for pair in pairs
        ]
    )
    return right.all(1).float().mean()

# %% control="C5" slideshow={"slide_type": "fragment"}
deaf = deepcopy(model)
deaf.first.forward = lambda x, v: v  # each word hears itself, with weight 1
evidence(
    "C5",
    lambda share: share > 0.8,
    {"both twins right": both_right(model)},
    {"both twins right, first look deaf": both_right(deaf)},
    by=0.6,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** A deaf *they* is the same vector in both twins, and so are *children* and *plums*. The
# second look compares the same query with the same keys, and whichever wins in one twin wins in the
# other: it errs in at least one of the two, however it is trained. That is why *a* and *c* are
# wrong: one guess cannot serve both twins.
# </details>

# %% [markdown] covers="C5" slideshow={"slide_type": "slide"}
# ### The two tears again
#
# The same row at the same place: both *tear* go in as the very same numbers. Beside them, as a
# check, a pair of *one* sense. How much do the two mixtures that come out have in common?

# %% slideshow={"slide_type": "fragment"}
TORN = "I see a tear in the paper"
for name, other in {
    "two senses": "I see a tear on the cheek",
    "one sense": "I see a tear in the shirt",
}.items():
    tokens = torch.tensor([words.encode(TORN), words.encode(other)])
    with torch.no_grad():
        going_in, coming_out = model.embedding(tokens)[:, 3], model(tokens)[:, 3].exp()
    said = [words.words[mixture.argmax()] for mixture in coming_out]
    common = torch.minimum(*coming_out).sum()
    print(
        f"{name}: equal going in {torch.equal(*going_in)}, then {said},",
        f"common < 0.2: {common < 0.2}",
    )
    assert torch.equal(*going_in) and common < 0.2

# %% [markdown] slideshow={"slide_type": "fragment"}
# The itch is gone: one row, two vectors, and nothing differed but the neighbours. But look at the
# check: the two of *one* sense part just as far. This model was asked for a neighbour and tells
# neighbours apart. That is not yet a *sense*.

# %% [markdown] covers="C8" slideshow={"slide_type": "slide"}
# ### Look at it
#
# Lines lead from the words that ask (left) to those that answer; thick is much. Layer 0 is the
# first look, layer 1 the second. Point at *sings*. Then type sentences of your own from these
# words. The model knows 24 patterns, so you will soon find one that fools it.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
from lesson.widgets.attention_reading import Reading
from lesson.widgets.attention_view import AttentionView
from transformer_lib.parts import Part


def read(source, target=""):
    tokens, looks = tokenize(source), []
    for look in watch(model, source).values():  # the view wants an axis of heads (notebook 07)
        looks.append(Recorded(*(None if part is None else part[:, None] for part in look)))
    return Reading(source, "", {"encoder": Part(tokens, tokens, looks)}, words.unknown(source), [])


view = AttentionView(read, own[2][0])
view.layer = 1
view

# %% [markdown] slideshow={"slide_type": "slide"}
# Most words look at themselves; from *sings* a thick line leads to *cranberries*. To most words
# there is no line. The documents draw such a picture, and read a missing line as "similarity 0".
#
# > **Predict.** Which weights in the row of *sings* are exactly 0?
# >
# > - **a** those without a line
# > - **b** those with a score below 0
# > - **c** none

# %% slideshow={"slide_type": "fragment"}
weights = watch(model, own[2][0])["second"].weights[0, own[2][1]]
print("the smallest is above 0:", bool(weights.min() > 0))
print("the smallest is below 0.01:", bool(weights.min() < 0.01))
unequal = torch.tensor([0.0, -50.0])
hidden = unequal.masked_fill(torch.tensor([False, True]), -torch.inf)
print("50 points less:", (unequal.softmax(0) > 0).tolist(), " masked:", hidden.softmax(0).tolist())
assert (weights > 0).all() and hidden.softmax(0)[1] == 0

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** $e$ to any number is above 0. A line too thin to see is not nothing. Only a **mask**,
# which sets a score to −∞, gives 0 (notebook 06). (A computer rounds to 0 about a hundred points
# below the best.) *b*: $e^{-1}$ is 0.37.
# </details>

# %% [markdown] slideshow={"slide_type": "fragment"}
# A map tells how *this* model read *this* sentence; what the words mean to each other it does not
# tell. What proved something here were the twins: change a word, and see whether the answer moves.

# %% [markdown]
# ### A model trained on real text
#
# If you have installed the small BERT (it is optional), here is its attention on the two tears: 6
# layers of 12 heads, counted from 0. Is there a head that shows the documents' picture, the first
# *tear* to *paper* and the second to *shed*?

# %% tags=["nbval-ignore-output"]
from transformer_lib.pretrained import MINILM_HINT, find_minilm, load_bert

if find_minilm() is None:
    print(MINILM_HINT)
else:
    display(AttentionView.of(*load_bert(find_minilm()), TEARS))

# %% [markdown]
# <details><summary>What we found there</summary>
#
# No single one. In layer 2, head 0, the second *tear* gives *shed* 0.49 and the first gives it
# nothing. In layer 1, head 7, the first gives *paper* 0.23, the second 0.01. And in layer 5, head
# 11, both give *paper* 0.61. A model that nobody asked about tears spreads what it knows over
# many heads.
# </details>

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown] exercise="mixed_value"
# ### 1 · A mixture

# %% [markdown] exercise="dot_product"
# ### 2 · A score

# %% [markdown] exercise="query_shape"
# ### 3 · A shape

# %% [markdown] exercise="soft_lookup"
# ### 4 · A soft look-up

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - A word asks with its query; keys say who answers; values are averaged. The score says how much,
#   the value says what.
# - Softmax weights are above 0 and sum to 1: a soft look-up in which every word has a say.
# - Training changes $W_Q$, $W_K$ and $W_V$, not the input. Looking is not mutual.
#
# **New words.** *Query*, *key*, *value*: what a word asks with, is found by, hands over.
# *Self-attention*: the words of one sentence ask each other.
#
# **Open** `transformer_lib/attention.py`: `Attention` is this notebook.
#
# **What breaks next.** With 64 numbers a key, dot products are large, and the look-up is hard
# before it has learnt anything. Bring a pencil: [05 Attention by hand](05_attention_by_hand.ipynb).
