# %% [markdown] slideshow={"slide_type": "slide"}
# # Query, key, value
#
# > At the end you can say what a query, a key and a value are each for, predict from small vectors
# > which word listens to which, and name what training changes in them. About 60 minutes.

# %%
import torch
import torch.nn.functional as F
from torch import nn

from lesson import plots
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin, show_source
from lesson.widgets.attention_reading import Reading
from lesson.widgets.attention_view import AttentionView
from lesson.widgets.knob import Knob
from transformer_lib.attention import Attention, MultiHeadAttention, split_heads
from transformer_lib.data import HOPKINS, buckets, pad, references
from transformer_lib.evaluation import exact_match
from transformer_lib.masks import PAD, padding_mask
from transformer_lib.model import Config, Embedding, EncoderLayer, Stack
from transformer_lib.parts import Part
from transformer_lib.trace import record
from transformer_lib.training import Recipe, fit
from transformer_lib.vocabulary import Vocabulary, tokenize

begin()

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
# At 0 the query does not count and you get the plain mean. At 10 you get the database. Attention
# lives in between. Where does the mid-term pass 90 %?

# %% slideshow={"slide_type": "fragment"}
def look_up(sharpness):
    weights = (2 ** (sharpness * points)) / (2 ** (sharpness * points)).sum()
    title = f"sharpness {sharpness}: the answer is {weights @ values:.1f}"
    return plots.bars({"weight": weights}, list(grades), title=title)


Knob(look_up, [0, 1, 2, 3, 4, 5, 10], label="sharpness", start=1)

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
# most from *paper*. With $w_{ji}$ for the weight of word $j$ when word $i$ asks:
#
# $$x'_i = \sum_j w_{ji}\, x_j \qquad \text{with} \quad \sum_j w_{ji} = 1$$

# %% [markdown]
# ### Why an average?
#
# A sentence may have any number of words, and the result must be one vector, as large as the
# others. Write the sentence three times. What does a sum do, and what the average?

# %%
three_times = x.repeat(3, 1)
longer = (three_times @ x[0]).softmax(0)
print("sum:    ", scores @ x, "->", (three_times @ x[0]) @ three_times)
print("average:", weights @ x, "->", longer @ three_times)
assert torch.allclose(weights @ x, longer @ three_times)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The sum grows with the length, the average stays. And weights above 0 that sum to 1 always lead
# to a point *between* the words. In the picture *tear* starts in the middle, and each neighbour
# pulls it to its own side: that is what **context** does to a vector.

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
# $$e_{ij} = q_i \cdot k_j \qquad
# \alpha_{ij} = \frac{\exp(e_{ij})}{\sum_{j'} \exp(e_{ij'})} \qquad
# \text{output}_i = \sum_j \alpha_{ij}\, v_j$$
#
# That is one word asking. All at once, each word's question is a row: two products of matrices.

# %% slideshow={"slide_type": "fragment"}
e = x @ x.T  # (query, key)
alpha = e.softmax(dim=1)
output = alpha @ x
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

# %% [markdown] covers="X3"
# Nine queries, nine keys, 81 *scores*. Another sentence there says that nine words make nine
# **heads**. A head is one such table of scores; several can work side by side (notebook 07). Does
# their number follow from the words?

# %% proves="X3"
layer = MultiHeadAttention(d_model=512, n_heads=8)
keys, _ = layer.keys_values(torch.randn(1, n_words, 512))
print("(sentences, heads, words, numbers):", tuple(keys.shape))
try:
    MultiHeadAttention(d_model=512, n_heads=9)
except ValueError as error:
    print("ValueError:", error)
assert keys.shape == (1, 8, 9, 64)

# %% [markdown]
# The claim fails: eight heads read nine words, as they would read forty. The number of heads is
# chosen when a model is built, and nine of them do not even fit into 512.

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
# lasting harm. *c*: one matrix stays at guessing for ever, as your pencil said.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# The weights at the end. Left, everyone looks at everyone. Right, rock at scissors, and so on
# round.

# %% slideshow={"slide_type": "fragment"}
for ax, name in zip(plots.panels(2), ["one matrix", "equal at the start"]):
    plots.heatmap(trainings[name][0], things, title=name, ax=ax)

# %% [markdown] covers="C7" slideshow={"slide_type": "slide"}
# ### What training changes
#
# Gradient descent takes one step. Say what it changes, then see.

# %% slideshow={"slide_type": "fragment"}
quiz("what_is_learned")

# %% [markdown]
# Compare each before and after the step:

# %%
x = torch.randn(1, 4, 8)
matrices = {"W_Q": layer.q_proj, "W_K": layer.k_proj, "W_V": layer.v_proj}
before = {"x": x.clone()} | {name: part.weight.clone() for name, part in matrices.items()}
old_q = layer.q_proj(x)

(layer(x) - 1).square().mean().backward()
torch.optim.SGD(layer.parameters(), lr=0.1).step()

after = {"x": x} | {name: part.weight for name, part in matrices.items()}
changed = {name: not torch.equal(before[name], after[name]) for name in before}
print("changed:", changed)
print("q of the same x changed:", not torch.equal(old_q, layer.q_proj(x)))
assert changed == {"x": False, "W_Q": True, "W_K": True, "W_V": True}

# %% [markdown] slideshow={"slide_type": "fragment"}
# The matrices are the unknowns. The input stays, and asks a new question all the same, since
# $q = x\,W_Q$. (The rows of notebook 03 are learnt too, but as the matrix of another layer.)

# %% [markdown]
# ## The name
#
# This is **attention**; **self-attention** when the words of one sentence ask each other. The
# library's class takes the score as a part, so you can put in the plain dot product:

# %%
plain = Attention(score=lambda q, k: q @ k.mT)
x = vectors("tear the paper")
attended = plain(x, x, x)
assert torch.allclose(attended.weights, alpha) and torch.allclose(attended.output[0], ripped)
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
# own sentences are never trained either.
#
# The task: the word that asks must say the word that answers, and every other word must say itself.
# (Where the word that asks stands twice, the other one is left out: `PAD` does not count.) Sentences
# of like length make a batch, 64 at a time.

# %%
words = Vocabulary.build(text for text, _, _ in train)


def encoded(text, asks, answers):
    tokens = words.encode(text)
    expected = [PAD if token == tokens[asks] else token for token in tokens]
    expected[asks] = tokens[answers]
    return tokens, expected


def batches(examples, number=0):
    pairs = [encoded(*example) for example in examples]
    shuffle = torch.Generator().manual_seed(number)
    for chosen in buckets([len(tokens) for tokens, _ in pairs], 64, shuffle):
        tokens, expected = zip(*(pairs[i] for i in chosen))
        yield pad(tokens), pad(expected)


for ids in encoded(*own[2]):
    print(words.decode(ids))
print("a batch:", [tuple(tensor.shape) for tensor in next(batches(train))])

# %% [markdown] slideshow={"slide_type": "subslide"}
# The model looks twice. *they* must hear of *hospital* before it knows whom to ask for: that is the
# first look, an **encoder** of one attention and what surrounds it (notebook 09). The second is the
# look-up of this notebook. Its value is **the word itself**, a one-hot row, so its output is a
# mixture of words: "97 % Cranberries, 2 % music, …".

# %%
class LookUp(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.size = config.vocab_size
        self.embedding = Embedding(self.size, config)
        self.encoder = Stack(EncoderLayer, config)
        self.q_proj = nn.Linear(config.d_model, config.d_model)
        self.k_proj = nn.Linear(config.d_model, config.d_model)
        self.attention = Attention()

    def forward(self, tokens):
        mask, v = padding_mask(tokens), F.one_hot(tokens, self.size).float()
        x = self.encoder(self.embedding(tokens), mask=mask)
        q, k, v = (split_heads(part, 1) for part in (self.q_proj(x), self.k_proj(x), v))
        return (self.attention(q, k, v, mask).output[:, 0] + 1e-9).log()

# %% [markdown] slideshow={"slide_type": "subslide"}
# The loss is again $-\ln$ of the right word's share in the mixture. Nobody tells the model
# *where* to look, only which word was meant. (The $10^{-9}$ keeps the logarithm finite.)

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
def trained(seed):
    torch.manual_seed(seed)
    model = LookUp(Config(vocab_size=len(words), d_model=32, n_heads=1, n_layers=1, d_ff=64))
    return model, fit(model, lambda epoch: batches(train, epoch), Recipe(steps=600))


model, history = trained(seed=0)
history

# %% [markdown]
# And on sentences whose words it has never seen together?

# %%
share = exact_match(model, batches(test))
print("every word right in more than 95 % of the new sentences:", share > 0.95)
assert share > 0.95

# %% [markdown] slideshow={"slide_type": "slide"}
# ### The documents' sentences
#
# Who sings? Who are *they*? Which sound is 그 소리? (사자가 이상한 소리를 듣고서 포효를 했는데 …: "The lion heard a
# strange sound and roared, and that sound filled people with awe.") Answer for yourself, then ask
# the model.

# %% slideshow={"slide_type": "fragment"}
def watch(model, text):
    """What both looks compute: a trace with two entries, first look and look-up."""
    with torch.no_grad(), record(model) as trace:
        model(torch.tensor([words.encode(text)]))
    return trace


def show_answers(examples):
    for text, asks, answers in examples:
        tokens, weights = tokenize(text), watch(model, text)["attention"].weights[0, 0, asks]
        best = weights.argmax().item()
        print(f"{text}\n    {tokens[asks]} -> {tokens[best]} (place {best})")
        assert best == answers and weights[best] > 0.5


show_answers(own)

# %% [markdown] slideshow={"slide_type": "subslide"}
# All six as the documents have them. In the fourth, *cranberries* stands at places 1 and 3, band
# and fruit with one row for both. One document has a person set such weights; here nobody did.
#
# But has the model understood anything, or learnt "the third word before the comma"? Change one
# spot of each.

# %% slideshow={"slide_type": "fragment"}
TWINS = [
    ("I love the music of the Cranberries, which sounds mysterious.", 9, 3),
    ("My uncle likes the music of the Cranberries and sings very softly.", 9, 1),
    ("The Cranberries had cranberries too much, so they are all gone.", 8, 3),
    ("사자가 이상한 소리를 듣고서 산책을 했는데 그 소리는 사람들에게 위압감을 느끼게 하였다", 7, 2),
    ("Where is the singer from? They love a song by The Cranberries, singer from their "
     "hometown, Ireland", 0, 19),
]
show_answers(TWINS)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Now *they* are the fruit (place 3), and 그 소리 is the sound that was heard, since whoever goes for
# a walk (산책) makes none. The answers follow the meaning, **within the 24 patterns it was trained
# on**.

# %% [markdown] covers="C5" slideshow={"slide_type": "slide"}
# ### The two tears, told apart
#
# The fairest test: the same row at the same place, so that both *tear* go in as the very same
# numbers.

# %% slideshow={"slide_type": "fragment"}
pair = ["I see a tear in the paper", "I see a tear on the cheek"]
tokens = torch.tensor([words.encode(text) for text in pair])
with torch.no_grad():
    going_in = model.embedding(tokens)[:, 3]
    coming_out = model(tokens)[:, 3].exp()  # the mixtures that the look-up hands over
print("going in, equal:", torch.equal(*going_in))
for text, mixture in zip(pair, coming_out):
    print(f"{text}: mostly", words.words[mixture.argmax()])
assert torch.equal(*going_in) and torch.minimum(*coming_out).sum() < 0.1

# %% [markdown] slideshow={"slide_type": "fragment"}
# The itch is gone: one row, two vectors, and nothing differed but the neighbours.

# %% [markdown] covers="C8" slideshow={"slide_type": "slide"}
# ### Look at it
#
# Lines lead from the words that ask (left) to those that answer; thick is much. Layer 0 is the
# first look, layer 1 the look-up. Point at *sings*. Then type sentences of your own from these
# words. The model knows 24 patterns, so you will soon find one that fools it.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
def read(source, target=""):
    tokens, looks = tokenize(source), list(watch(model, source).values())
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
weights = watch(model, own[2][0])["attention"].weights[0, 0, own[2][1]]
print("the smallest is above 0:", bool(weights.min() > 0))
print("the smallest is below 0.001:", bool(weights.min() < 0.001))
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

# %% [markdown] slideshow={"slide_type": "slide"}
# ### What is the picture evidence for?
#
# Layer 1 *is* the answer: its value is the word, and nothing comes after. Layer 0 is a step on the
# way. Train the same model from another start. How much do the maps of the two have in common?

# %% tags=["nbval-ignore-output"]
second, _ = trained(seed=1)

# %% [markdown]
# What two rows of weights have in common is the smaller of each pair, added up.

# %%
agreement = torch.zeros(2)  # of layer 0, of layer 1
for text, asks, _ in test:
    rows = [
        torch.stack([look.weights[0, 0, asks] for look in watch(each, text).values()])
        for each in (model, second)
    ]
    agreement += torch.minimum(*rows).sum(1) / len(test)
print("same answers:            ", exact_match(second, batches(test)) > 0.95)
print("layer 1 agrees above 0.9:", (agreement[1] > 0.9).item())
print("layer 0 only below 0.75: ", (agreement[0] < 0.75).item())
assert agreement[1] > 0.9 and agreement[0] < 0.75

# %% [markdown] slideshow={"slide_type": "fragment"}
# Both models give the same answers and come to them by different ways. So a map tells how *this*
# model read *this* sentence; what the words mean to each other it does not tell. What proved
# something here were the twins: change a word, and see whether the answer moves.

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
