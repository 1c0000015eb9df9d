# %% [markdown] slideshow={"slide_type": "slide"}
# # Where am I?
#
# > At the end you can write the position of a word as a row of waves, say why counting 1, 2, 3 will
# > not do, and predict which positions still work in sentences longer than any in training. About
# > 70 minutes.

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
from lesson.start import begin
from lesson.widgets.position_explorer import PositionExplorer
from transformer_lib.attention import Attention
from transformer_lib.data import STUDENT
from transformer_lib.model import Classifier, Config, LanguageModel
from transformer_lib.positions import LearnedPositions, NoPositions, SinusoidalPositions, sinusoids
from transformer_lib.tasks import DITTO, ditto_task, random_tokens
from transformer_lib.training import Recipe, fit, one_cycle
from transformer_lib.vocabulary import Vocabulary

seed = 0
begin(seed)

# %% [markdown] covers="G1" slideshow={"slide_type": "slide"}
# ## The itch: one "not", two fates
#
# A word has the same row of the table wherever it stands; notebook 03 left it at that. One of the
# documents draws two sentences in which only "not" has moved, and with it the meaning. Here is
# such a pair:

# %% slideshow={"slide_type": "fragment"}
new = "it is not good but new".split()
good = "it is good but not new".split()
order = torch.tensor([0, 1, 3, 4, 2, 5])  # where each word of the second stands in the first
print("the second is the first in another order:", [new[place] for place in order] == good)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Each word gets its row of an embedding table, and each sentence goes through attention, as in
# notebook 05.
#
# > **Predict.** How does the output of "not" differ between the two?
# >
# > - **a** much: it takes most from its neighbour, first "good", then "new"
# > - **b** a little: its row stands at another place of the matrix
# > - **c** not at all

# %% slideshow={"slide_type": "fragment"}
vocabulary = Vocabulary.build([" ".join(new)])
first, second = (torch.tensor(vocabulary.encode(" ".join(words))) for words in (new, good))
table = nn.Embedding(len(vocabulary), 4).weight.detach()
one, other = (Attention()(x, x, x) for x in (table[first], table[second]))
print("not, before good:", one.output[2])
print("not, before new: ", other.output[4])

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** "not" compares itself with six words and averages six values, and a sum does not care in
# which order it is added up. *a* would need to know who stands beside whom; nothing in the product
# of two rows says so. *b*: the row's place in the matrix is where the answer is *written*, and no
# number in it.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Is "not" an exception? Find each row of the left table on the right.

# %% slideshow={"slide_type": "fragment"}
left, right = plots.panels(2, height=3.4)
plots.heatmap(one.weights, new, title="the first sentence", ax=left)
plots.heatmap(other.weights, good, title="the same cells, moved", ax=right)
assert torch.allclose(one.output[order], other.output, atol=1e-6)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Shuffle the words and the outputs are shuffled alike: attention is **permutation-equivariant**.
# Every layer is, so a stack of them does not help.

# %%
quiz("shuffled")

# %% [markdown] covers="X17" slideshow={"slide_type": "subslide"}
# ### Does it matter?
#
# One of the documents says: recurrent networks keep the order, Transformers cannot remember it.
# So let one learn the two sentences by heart, with the answer to one question: is the thing good?
# Once without positions, and once with those that this notebook is about to find.

# %% tags=["nbval-ignore-output"]
def by_heart(positions):
    torch.manual_seed(seed)
    model = Classifier(Config(len(vocabulary), d_model=32, positions=positions), n_classes=2)
    batches = [(torch.stack([first, second]), torch.tensor([0, 1]))] * 30
    return fit(model, lambda epoch: batches, Recipe(steps=60)).losses[-1]


without, informed = by_heart(NoPositions), by_heart(SinusoidalPositions)
print(f"loss without positions {without:.3f}, with positions {informed:.3f}")

# %% proves="X17" control="G1" slideshow={"slide_type": "fragment"}
print("without positions it can only toss a coin:", abs(without - math.log(2)) < 0.01)
evidence(
    "G1", lambda loss: loss > 0.65,
    {"loss without positions": without}, {"with positions": informed}, by=0.5,
)
assert abs(without - math.log(2)) < 0.01

# %% [markdown] slideshow={"slide_type": "fragment"}
# A loss of $\ln 2 = 0.69$ is a coin toss. Sixty looks at two sentences, and it cannot tell them
# apart: to this model they are *one*. So the document is right about bare attention, and wrong
# about Transformers, which are told the places. How does one tell a place?

# %% [markdown] covers="G2" slideshow={"slide_type": "slide"}
# ## By hand: number the words
#
# Write the place into the word: add it to each of its numbers. Two words with opposite rows,
# "not" = [1, −1] and "new" = [−1, 1], at place 3: [4, 2] and [2, 4]. The cosine says how alike two
# directions are. Now take a pencil to place 100.

# %% slideshow={"slide_type": "fragment"}
for place in (0, 3, 100):
    word, opposite = torch.tensor([1.0, -1.0]) + place, torch.tensor([-1.0, 1.0]) + place
    alike = F.cosine_similarity(word, opposite, dim=0)
    print(f"place {place:3}: {word.tolist()} {opposite.tolist()}  cosine {alike:.4f}")
assert alike > 0.999

# %% [markdown] slideshow={"slide_type": "fragment"}
# [101, 99] and [99, 101]: at place 100 opposites are twins, the place has drowned the word. Hence
# two rules, which a document names:
#
# 1. The same place has the same vector, whatever the sentence and its length.
# 2. The values stay within bounds.
#
# And one so plain that it is often forgotten: different places must be *told apart*.

# %% [markdown] covers="G3" slideshow={"slide_type": "subslide"}
# ### From 0 to 1
#
# Bounds are easy: divide by the length, so that the first word has 0 and the last one 1.

# %% slideshow={"slide_type": "fragment"}
for length in (5, 9):
    print(f"{length} words:", [round(place / (length - 1), 3) for place in range(length)])

# %% [markdown] slideshow={"slide_type": "fragment"}
# Rule 1 is broken: the third word is 0.5 in one sentence and 0.25 in the other, and "one word
# further" is sometimes a quarter and sometimes an eighth. Nobody can learn what "next" means.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Squeezed
#
# The sigmoid, $1/(1 + e^{-x})$, is bounded and does not ask for the length.

# %% slideshow={"slide_type": "fragment"}
squeezed = torch.sigmoid(torch.arange(40.0))
print("places 0 to 3:  ", squeezed[:4])
print("places 10 to 13:", squeezed[10:14])
print("the last places are one number:", bool((squeezed[20:] == 1).all()))
assert squeezed[1] - squeezed[0] > 0.2 and squeezed[20] == squeezed[39]

# %% [markdown] slideshow={"slide_type": "subslide"}
# All places far out are the same. What is bounded and never comes to rest? A wave.
#
# > **Predict.** The place is told by $\sin(\text{place})$: bounded, and the same in every sentence.
# > What is wrong?
# >
# > - **a** nothing: no two places of a sentence share a value
# > - **b** places that are no neighbours nearly share one
# > - **c** it comes to rest, as the sigmoid does

# %% slideshow={"slide_type": "fragment"}
wave = torch.sin(torch.arange(50.0))
gaps = (wave[:, None] - wave).abs() + 9 * torch.eye(50)
here, there = divmod(gaps.argmin().item(), 50)
print(f"sin({here}) = {wave[here]:.3f}, sin({there}) = {wave[there]:.3f}")
assert 0 < gaps.min() < 0.002

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** A wave passes every height twice a turn, once upwards and once downwards, and turns on and
# on. *a* is true to the letter, for π is not a fraction; but a model would have to see a
# difference in the third decimal. *c* is just what a wave does not do.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Many digits
#
# One number will not do. You know a way to tell many places with small ones: digits. In binary
# each is 0 or 1.

# %% slideshow={"slide_type": "fragment"}
binary = torch.tensor([[place // 2**digit % 2 for digit in range(3)] for place in range(8)])
print("place 3:", binary[3].tolist(), "  place 4:", binary[4].tolist())
for one, other in [(0, 1), (0, 4), (3, 4)]:
    differ = (binary[one] != binary[other]).sum()
    print(f"places {one} and {other}: different digits: {differ}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Unique and bounded, and with a digit more they reach twice as far. But 3 and 4, neighbours, differ
# in every digit, while 0 and 4 differ in one: near is not near, and the steps are not alike.
#
# One thing about them is worth keeping: the first digit changes at every place, the next one half
# as often, the next one half as often again. What if they did not jump, but *turned*?

# %% [markdown] covers="G4" slideshow={"slide_type": "slide"}
# ## By hand: the hands of a clock
#
# A clock has a fast hand and a slow one; together they tell the time. Ours takes one step a word.
# The fast hand turns by an angle of 1 a step, the slow one by 1/100. (Angles in radians: a full
# turn is $2\pi = 6.28$.) Where a hand points is told by two numbers, its **sine** and its
# **cosine**. The last line holds the clock against the library's positions.

# %% slideshow={"slide_type": "fragment"}
clock = torch.zeros(4, 4)
for place in range(4):
    for hand, speed in enumerate([1, 1 / 100]):
        clock[place, 2 * hand] = math.sin(place * speed)
        clock[place, 2 * hand + 1] = math.cos(place * speed)
print(clock)
assert torch.allclose(clock, sinusoids(length=4, d_model=4), atol=1e-6)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Read a column downwards. The left two swing, the right two hardly move: in four words the slow
# hand has turned by 3/100. The wider the vector, the more hands. This is the paper's formula for
# feature $2i$ and $2i+1$ of a position:
#
# $$PE_{pos,\,2i} = \sin\frac{pos}{10000^{2i/d_{model}}} \qquad
# PE_{pos,\,2i+1} = \cos\frac{pos}{10000^{2i/d_{model}}}$$
#
# With $d_{model} = 4$ the speeds are $1/10000^{0} = 1$ and $1/10000^{2/4} = 1/100$: our clock.

# %% [markdown] covers="X10"
# ### Odd or even?
#
# > **Predict.** A document puts the sine into the odd places and the cosine into the even ones. So
# > how does the row of position 0 begin?
# >
# > - **a** 0, 1, 0, 1: sine first
# > - **b** 1, 0, 1, 0: cosine first
# > - **c** 0, 0, 0, 0: it is position 0

# %% proves="X10"
print(sinusoids(length=1, d_model=6)[0].tolist())
assert (sinusoids(9, 6)[:, 0::2][0] == 0).all() and (sinusoids(9, 6)[:, 1::2][0] == 1).all()

# %% [markdown]
# <details><summary>Why</summary>
#
# **a.** $\sin 0 = 0$ and $\cos 0 = 1$. Counted from 0, as the formula and Python count, the sine
# stands at the *even* features $2i$; the document counts from 1. *b* takes it at its word and
# counts as Python does. *c* forgets the cosine: every hand points somewhere, also at the start.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The picture
#
# 128 positions, 512 features, as in the paper. Each row on the right is one position. On the left
# is one pair of columns, cut out; the line marks position 7. Look for the fast hands and the slow
# ones.

# %% slideshow={"slide_type": "fragment"}
explorer = PositionExplorer(length=128, d_model=512)
explorer.pair = 128
explorer.draw()

# %% [markdown] slideshow={"slide_type": "fragment"}
# Fast hands on the left of the map, then slower and slower. On the far right nothing moves: within
# 128 words these hands have no time to. (Sine 0 and cosine 1 stand there side by side, too narrow
# to be told apart: grey.)

# %% [markdown] exercise="wavelength"
# ### 1 · How long is a turn?

# %% [markdown]
# ### From 6 to 60 000
#
# The whole row of lengths, and the two rules at last: the same row whatever the length, all values
# within ±1.

# %%
for pair in (0, 64, 128, 255):
    length = 2 * math.pi * 10_000 ** (2 * pair / 512)
    print(f"pair {pair:3}: one turn takes {length:8.2f} positions")
assert torch.equal(sinusoids(5, 512)[2], sinusoids(9, 512)[2])
assert sinusoids(1000, 512).abs().max() <= 1

# %% [markdown]
# The paper says "from $2\pi$ to $10000 \cdot 2\pi$", which is 62 832. The last pair has the
# exponent 510/512, so it stays a little below.

# %% [markdown] covers="X11" slideshow={"slide_type": "subslide"}
# ### Does it ever repeat?
#
# Every wave repeats. So must the whole row, one of the documents argues, after a common multiple of
# all the waves, "10000! × 2" positions, for a table of 10 000 words.
#
# > **Predict.** 64 features. How far do you walk from place 0 until a row comes as near to the
# > first one as its direct neighbour was?
# >
# > - **a** 6 places: then the fast hand is back
# > - **b** about 47 000: then the slowest one is back
# > - **c** further than both

# %% proves="X11" slideshow={"slide_type": "fragment"}
for d_model in (2, 4, 64):
    rows = sinusoids(100_000, d_model)
    apart = (rows[1:] - rows[0]).norm(dim=1)  # from place 0 to 1, 2, 3, …
    as_near = (apart[1:] < apart[0]).nonzero()[:3].flatten() + 2
    print(f"{d_model:2} features: nearer than the neighbour are", as_near.tolist() or "none")
assert (apart[1:] > apart[0]).all()

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** All 32 hands would have to be back *at the same time*, and in 100 000 places they never
# are. With one hand (2 features) *a* is right. *b* looks at one hand and forgets 31. The
# document's number has nothing behind it: the waves have no common multiple, and 10000 is not the
# number of words, but what sets the slowest hand.
# </details>

# %% [markdown] covers="G4" slideshow={"slide_type": "subslide"}
# ### Near places are alike
#
# Unique was true of binary digits too. The trouble there was that near was not near. Take the dot
# product of place 0 with the others, divided by its value with itself:

# %% slideshow={"slide_type": "fragment"}
def likeness(base):
    rows = sinusoids(200, 64, base)
    return rows @ rows[0] / 32


alike, rows = {f"base {base}": likeness(base) for base in (10_000, 10)}, sinusoids(200, 64)
near, middle, far = (alike["base 10000"][a:b].mean() for a, b in [(1, 10), (40, 60), (150, 200)])
print(f"1 to 9 apart {near:.2f}, 40 to 59 apart {middle:.2f}, 150 to 199 apart {far:.2f}")
assert near > middle > far
assert torch.allclose(rows[50] @ rows[53], rows[90] @ rows[93], atol=1e-4)
lines, title = {name: line[::4] for name, line in alike.items()}, "with slow hands, far looks far"
plots.curves(range(0, 200, 4), lines, xlabel="places apart", ylabel="dot product", title=title)

# %% [markdown]
# It falls, not without ripples, and it depends on the distance only. The second line shows what
# the 10000 is for: with 10 in its place the slowest hand is round in 58 places, and 20 apart looks
# like 100 apart. A larger base reaches further, but then more hands hardly move in a sentence.

# %% [markdown] covers="G4" slideshow={"slide_type": "slide"}
# ## Three words further is a turn
#
# Why sine *and* cosine? With both you know where the hand points, so you can turn it on. Moving
# from place 2 to place 5 turns the fast hand by 3, wherever it was, and the slow one by 3/100.
# Turning a pair by an angle $\alpha$ is a product with a small matrix:
#
# $$\begin{bmatrix}\sin(a + \alpha)\\ \cos(a + \alpha)\end{bmatrix} =
# \begin{bmatrix}\cos\alpha & \sin\alpha\\ -\sin\alpha & \cos\alpha\end{bmatrix}
# \begin{bmatrix}\sin a\\ \cos a\end{bmatrix}$$

# %% slideshow={"slide_type": "fragment"}
def turn(angle):
    sine, cosine = math.sin(angle), math.cos(angle)
    return torch.tensor([[cosine, sine], [-sine, cosine]])


three_further = torch.block_diag(turn(3), turn(3 / 100))
print(three_further)
places = sinusoids(1000, 4)
assert torch.allclose(places[:-3] @ three_further.T, places[3:], atol=1e-5)
print("one matrix moves each of", len(places) - 3, "places three further")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Is that special? Look for the best matrix for another table: the same waves with sines alone, at
# twice as many speeds, so that the rows are as wide.

# %% control="G4" slideshow={"slide_type": "fragment"}
def left_over(rows):
    """How far the best single matrix misses the rows three further, as a share of their length."""
    here, further = rows[:-3].double(), rows[3:].double()
    matrix = torch.linalg.lstsq(here, further).solution
    return ((here @ matrix - further).norm() / further.norm()).item()


sines = sinusoids(1000, 16)[:, 0::2]
evidence(
    "G4", lambda share: share < 0.001,
    {"sines and cosines": left_over(sinusoids(1000, 8))}, {"sines alone": left_over(sines)}, by=0.1,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# One matrix for all places, given both. Queries and keys are made by matrices, so a layer *could*
# learn "look three words back" once, and have it everywhere. Keep that "could" in mind.

# %% [markdown]
# ## Turn the knobs
#
# Set *beside it* to each of the schemes that failed, and see which of four demands it breaks:
# bounded, unique, the same step everywhere, no end. Then move *pair* and *offset*: how far does the
# hand turn?

# %% slideshow={"slide_type": "slide"}
PositionExplorer(length=64, d_model=32, base=10_000)

# %% [markdown]
# <details><summary>What it shows</summary>
#
# Whole numbers are not bounded; position ÷ length has other steps in other lengths; the sigmoid's
# far rows are equal; the steps of one sine differ, as do those of the binary digits, which keep
# the other three here, with 32 digits. Random vectors have no rule for the next row. The waves keep
# all four. The hand of a pair turns by *offset* times its speed, wherever it was.
# </details>

# %% [markdown] covers="G8" slideshow={"slide_type": "slide"}
# ## Where do the positions go in?
#
# The model adds them to the embeddings, once, at the bottom. A lecture among the documents writes
# it as three sums inside attention: $q_i = \tilde q_i + p_i$, and the same for $k$ and $v$, where
# the tilde means "without position". Is that the same? And of how many parts is a score then made?

# %% slideshow={"slide_type": "fragment"}
x, p = torch.randn(8, 4), sinusoids(8, 4)
w_q, w_k = torch.randn(4, 4), torch.randn(4, 4)
word_q, place_q, word_k, place_k = x @ w_q, p @ w_q, x @ w_k, p @ w_k
assert torch.allclose((x + p) @ w_q, word_q + place_q, atol=1e-5)
parts = {
    "word asks word": word_q @ word_k.T,
    "word asks place": word_q @ place_k.T,
    "place asks word": place_q @ word_k.T,
    "place asks place": place_q @ place_k.T,
}
assert torch.allclose(sum(parts.values()), (x + p) @ w_q @ ((x + p) @ w_k).T, atol=1e-4)
print("a score is the sum of:", *parts, sep="\n  ")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Nearly the same: $p_i$ goes through the same matrix as the word. So every query, key and value is
# the word's part plus the place's part, and a score, a product of two sums, has four parts.

# %% [markdown] covers="G5" slideshow={"slide_type": "slide"}
# ## Add, or append?
#
# Does adding not muddle the word? One document would rather *append* the position, as further
# features, if there is memory enough. See what a matrix does with an appended position:

# %% slideshow={"slide_type": "fragment"}
w_word, w_place = torch.randn(4, 4), torch.randn(4, 4)
appended = torch.cat([x, p], dim=1)  # (8, 8)
both = torch.cat([w_word, w_place])  # (8, 4)
assert torch.allclose(appended @ both, x @ w_word + p @ w_place, atol=1e-5)
print("appended, then multiplied: a sum again")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The first product adds the two anyway; appending only gives the place a matrix of its own. What
# does it cost, and what does it bring? We need a task, and will need it again.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The ditto game
#
# In a list the mark ″ stands for "the same as above". Each mark has to be read as the number
# written last before it. (Among the ids, the mark is 4.)

# %% slideshow={"slide_type": "fragment"}
source, target = ditto_task(1, 12, 12, torch.Generator().manual_seed(3))
print("read: ", *["″" if token == DITTO else token for token in source[0].tolist()])
print("write:", *target[0].tolist())
assert DITTO == 4

# %% [markdown] slideshow={"slide_type": "fragment"}
# To know which number is the *last* one, you need the order. What is asked for is near, however
# long the row. We train on rows of 16, always with the same 160 batches, and count how many marks
# are read rightly in new rows.

# %%
LENGTH = 16
base = Config(vocab_size=12, max_len=4 * LENGTH, d_model=32, d_ff=64)


def dittos(epoch, n=32, length=LENGTH):
    return [ditto_task(n, length, 12, torch.Generator().manual_seed(epoch))]


def trained(config, batches=dittos, steps=160):
    torch.manual_seed(seed)
    model = LanguageModel(config)
    fit(model, batches, Recipe(steps=steps, schedule=one_cycle(1e-2)))
    return model

# %% [markdown]
# Positions plug into a model as a class: built from two sizes, it gets the embeddings `x` (batch,
# length, d_model) and returns what goes on. This one appends:

# %%
class Appended(nn.Module):
    """The word keeps half of the features, its place gets the other half."""

    def __init__(self, max_len, d_model):
        super().__init__()
        self.register_buffer("table", sinusoids(max_len, d_model // 2))

    def forward(self, x, start=0):
        words, rest = x.chunk(2, dim=-1)
        return torch.cat([words, self.table[: x.size(1)].expand_as(rest)], dim=-1)

# %% tags=["nbval-ignore-output"]
twice_as_wide = replace(base, positions=Appended, d_model=64, d_ff=128)
models = {"added, 32": trained(base), "appended, 32 + 32": trained(twice_as_wide)}
nothing = trained(replace(base, positions=NoPositions))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The same 32 features for the word in both models; the second has 32 more for the place. And, for
# comparison, one that is not told the place: how far from *appended* does each one stay?

# %% control="G5" slideshow={"slide_type": "fragment"}
@torch.no_grad()
def share_right(model, length=LENGTH):
    ((source, target),) = dittos(epoch=1_000, n=256, length=length)
    return (model(source).argmax(-1) == target)[source == DITTO].float().mean().item()


for name, model in models.items():
    weights = sum(weight.numel() for weight in model.parameters())
    print(f"{name:17} {model.config.d_model} numbers a word, {weights} weights in the model")
added, appended = (share_right(model) for model in models.values())
assert min(added, appended) > 0.97
evidence(
    "G5", lambda gap: gap < 0.03,
    {"added": abs(appended - added)}, {"not told": appended - share_right(nothing)}, by=0.03,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Equally right, for nearly four times the weights, and every layer hands on rows that are twice as
# wide. One can append without widening, 16 + 16; then the word has half the room. So on this task
# and at this length the sum muddles nothing that the model needs.

# %% [markdown] covers="G6" slideshow={"slide_type": "slide"}
# ## Why not learn them?
#
# The model learns a row for each word; let it learn a row for each place as well (Gehring et al.,
# 2017). One document
# says: good if there is much text, else take the waves. Two tests: the ditto game with no more than
# 48 rows to learn from, and a game in which each place has a task of its own: place 13 copies what
# stands at place 9, place 14 what stands at 3, at random.

# %%
looks_at = torch.tensor([0, 0, 2, 2, 0, 3, 4, 1, 0, 3, 10, 3, 9, 9, 3, 10])
few = ditto_task(48, LENGTH, 12, torch.Generator().manual_seed(77))


def few_rows(epoch):
    return [tuple(part[:32] for part in few), tuple(part[32:] for part in few)]


def own_tasks(epoch, n=32):
    rows = random_tokens(n, LENGTH, 12, torch.Generator().manual_seed(epoch))
    return [(rows, rows[:, looks_at])]

# %% [markdown]
# Both kinds of positions play both games.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
kinds = {"waves": base, "learned": replace(base, positions=LearnedPositions)}
on_few = {name: share_right(trained(kind, few_rows, steps=120)) for name, kind in kinds.items()}
on_own = {}
for name, kind in kinds.items():
    ((rows, right),) = own_tasks(epoch=1_000, n=256)
    answers = trained(kind, own_tasks, steps=80)(rows).argmax(-1)
    on_own[name] = (answers == right).float().mean().item()
tests = {name: [on_few[name], on_own[name]] for name in kinds}
plots.bars(tests, ["48 rows to learn from", "each place its own task"], title="each has its day")

# %% [markdown]
# How far is one ahead of the other? The control of both is the ditto game with plenty of rows.

# %% [markdown] slideshow={"slide_type": "fragment"}
# But where do the learned rows stop? The table has 64, and the model reads rows of 16. Which of the
# 64 point elsewhere after a training with plenty?

# %% tags=["nbval-ignore-output"]
torch.manual_seed(seed)  # as in `trained`: the same rows before the first step
before = LanguageModel(kinds["learned"]).embedding.positions.table
learned = trained(kinds["learned"])

# %% control="G6"
with_plenty = share_right(models["added, 32"]) - share_right(learned)
evidence(
    "G6", lambda lead: lead > 0.02,
    {"waves ahead, 48 rows": on_few["waves"] - on_few["learned"]},
    {"waves ahead, 5120 rows": with_plenty}, by=0.025,
)
evidence(
    "G6", lambda lead: lead > 0.08,
    {"learned ahead, own tasks": on_own["learned"] - on_own["waves"]},
    {"learned ahead, ditto": -with_plenty}, by=0.08,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The waves come ready-made: places near are alike from the first step, which helps where there is
# little to learn from. Free rows need more examples, and can be bent to whatever a place needs.

# %% slideshow={"slide_type": "fragment"}
kept = F.cosine_similarity(before, learned.embedding.positions.table, dim=1) > 0.999
print("rows that training has turned:", (~kept).nonzero().flatten().tolist())
try:
    learned(torch.full((1, 65), 5))
except ValueError as error:
    print(error)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Places 0 to 15 were trained. Rows 16 to 63 point where chance put them, and row 64 does not exist.

# %% [markdown] covers="G7" slideshow={"slide_type": "slide"}
# ## Tell the distance instead
#
# "The number written last" is not about places 7 and 9; it is about *two before me*. So leave the
# embeddings alone, and tell the score how far apart the two words are: one more term beside
# $q \cdot k$. The least that one can do is to take a little off for each step between two words.
# With 1/2 a step, and four scores that were all 0: what are the last word's scores?

# %% slideshow={"slide_type": "fragment"}
from transformer_lib import relative

q = k = torch.zeros(1, 8, 4, 16)  # 1 sentence, 8 heads, 4 words: q · k is 0 everywhere
print(relative.distances(q, k))
print("the last word's scores:", 0 - 0.5 * relative.distances(q, k)[3].abs())

# %% [markdown] slideshow={"slide_type": "subslide"}
# −1 is the word before, 0 the word itself. This is **ALiBi** (Press et al., 2022). Each head has a
# slope of its own, from 1/2 down to 1/256; softmax makes near-sighted and far-sighted heads of
# them.

# %% slideshow={"slide_type": "fragment"}
alibi, words = relative.AlibiScores(n_heads=8), STUDENT[0].split()
by_hand = torch.stack([-0.5 ** (head + 1) * relative.distances(q, k).abs() for head in range(8)])
assert torch.allclose(alibi(q, k)[0], by_hand)
steep, flat = plots.panels(2)
plots.heatmap(by_hand[0].softmax(-1), words, title="1/2: the neighbours", ax=steep)
plots.heatmap(by_hand[7].softmax(-1), words, title="1/256: everyone", ax=flat)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Others let the term be learned. **Shaw** (2018) learns a *vector* $r$ for each distance, which the
# query is multiplied with: $q \cdot (k + r)$; all distances beyond a limit share one. (In the paper
# a second vector is added to the values; the library leaves it out.) **T5** (Raffel et al., 2020)
# learns a number for each head and *bucket*: near distances have a bucket each, far ones share
# wider and wider buckets. And **rotary** positions (Su et al., 2021) turn $q$ and $k$ like the
# hands of our clock, so that only the angle *between* them is left in the product.

# %% [markdown] covers="G7" slideshow={"slide_type": "subslide"}
# ### DeBERTa: word and place, kept apart
#
# Remember the four terms of a score. DeBERTa (He et al., 2021) computes three of them separately,
# with distances for places: word asks word, word asks distance, distance asks word. (The fourth,
# distance asks distance, says nothing about the words.) Two learned tables hold what a word has to
# say about a distance, and a distance about a word. By hand for word $i$ and word $j$:

# %% slideshow={"slide_type": "fragment"}
separate = relative.DisentangledScores(d_head=2, max_distance=4)  # row 4 stands for distance 0
q, k = torch.tensor([[1.0, 0], [0, 1], [1, 1]]), torch.tensor([[2.0, 0], [0, 2], [1, 1]])


@torch.no_grad()
def three_terms(i, j):
    word_word = q[i] @ k[j]
    word_distance = q[i] @ separate.k_table[4 + i - j]
    distance_word = separate.q_table[4 + j - i] @ k[j]
    return (word_word + word_distance + distance_word) / math.sqrt(3 * 2)


by_hand = torch.tensor([[three_terms(i, j) for j in range(3)] for i in range(3)])
assert torch.allclose(by_hand, separate(q[None, None], k[None, None])[0, 0])
print("by hand and library agree")

# %% [markdown]
# ### What they have in common
#
# Put the *same* word into six places. If only the distance counts, each diagonal of the scores
# holds a single number. For comparison, last, waves that were added to the word.

# %%
by_distance = {
    "Shaw": lambda: relative.ShawScores(d_head=8, max_distance=8),
    "T5": lambda: relative.T5Scores(n_heads=4, n_buckets=16, max_distance=8),
    "ALiBi": lambda: relative.AlibiScores(n_heads=4),
    "DeBERTa": lambda: relative.DisentangledScores(d_head=8, max_distance=8),
    "rotary": lambda: relative.RotaryScores(d_head=8),
}
same_q, same_k = (torch.randn(1, 4, 1, 8).expand(1, 4, 6, 8) for _ in range(2))
for name, make in by_distance.items():
    scores = make()(same_q, same_k)
    print(f"{name:8}", torch.allclose(scores[..., 1:, 1:], scores[..., :-1, :-1], atol=1e-5))
placed = torch.randn(1, 4) + sinusoids(6, 4)  # positions added
scores = placed @ w_q @ (placed @ w_k).T
print("waves   ", torch.allclose(scores[1:, 1:], scores[:-1, :-1], atol=1e-5))

# %% [markdown] covers="G7 X15" slideshow={"slide_type": "slide"}
# ## Longer than ever before
#
# Trained on rows of 16, tested on 16, 32 and 64. A document praises the waves: since only relative
# position matters, nothing is lost when a sentence outgrows them. You have seen the true core: one
# matrix moves every place by three.
#
# > **Predict.** Which ones still read nearly every ditto mark at length 64?
# >
# > - **a** the waves: they go on for ever, and a shift is one matrix
# > - **b** most of those with distances in the score
# > - **c** none: 64 was never trained

# %% [markdown]
# Six models, the same batches, the same first numbers. Three scores stand where the dot product
# stood, and their embeddings know nothing of places.

# %% tags=["nbval-ignore-output"]
def scored(name):
    attention = lambda: Attention(by_distance[name]())
    return replace(base, positions=NoPositions, attention=attention)


by_place = {"none": nothing, "waves": models["added, 32"], "learned": learned}
in_score = {name: trained(scored(name)) for name in ("ALiBi", "Shaw", "rotary")}

# %% tags=["teaser", "nbval-ignore-output"] slideshow={"slide_type": "subslide"}
lengths = [LENGTH, 2 * LENGTH, 4 * LENGTH]
shares = {
    name: [share_right(model, n) for n in lengths] for name, model in (by_place | in_score).items()
}
left, right = plots.panels(2, height=3.4)
drawn = [(by_place, "added, or none: all fall", left), (in_score, "in the score: not all", right)]
for group, title, ax in drawn:
    lines = {name: shares[name] for name in group}
    plots.curves(lengths, lines, xlabel="length", ylabel="marks right", title=title, ax=ax)
    ax.set_ylim(0.3, 1.05)

# %% proves="X15" control="G7"
print("at 16, above 0.95:", [name for name in shares if shares[name][0] > 0.95])
print("at 64, below 0.65:", [name for name in shares if shares[name][2] < 0.65])
print("at 64, above 0.9:", [name for name in shares if shares[name][2] > 0.9])
for kind in (SinusoidalPositions, LearnedPositions):
    print(kind.__name__, "has", sum(p.numel() for p in kind(64, 32).parameters()), "weights")
worse = min(shares["ALiBi"][2], shares["Shaw"][2])
evidence(
    "G7", lambda share: share > 0.9,
    {"ALiBi or Shaw, the worse, length 64": worse}, {"waves": shares["waves"][2]}, by=0.3,
)
assert shares["rotary"][1] > 0.95 and 0.6 < shares["rotary"][2] < 0.9
assert shares["learned"][2] < shares["waves"][2] + 0.05

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** At −2 stands the same term in a row of 64 as in a row of 16. *a*: the shift *is* one
# matrix, but nothing made the model use it: it was trained on 16 rows of waves, and row 40 is not
# among them. The document's claim does not hold here. *c* goes too far, though not by much: see
# rotary.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Shaw gives all distances beyond 8 one vector, which was trained; ALiBi needs no training. Rotary
# scores hold at 32 and break at 64. New angles, or too many words? A test: in the trained model,
# hold *one* of the four hands where it was at distance 15, and change nothing else. Their speeds
# are 1, 1/10, 1/100 and 1/1000.
#
# > **Predict.** Which hand has to be held, so that the model reads rows of 64?
# >
# > - **a** the fastest: it turns furthest out of what was trained
# > - **b** the second: in 15 steps it turns by 1.5, in 63 by 6.3, a whole turn
# > - **c** none helps: there are too many words

# %% slideshow={"slide_type": "fragment"}
class HeldHand(relative.RotaryScores):
    """Rotary scores in which one hand turns no further than at distance 15."""

    held = None

    def forward(self, q, k):
        steps = relative.distances(q, k)[..., None].repeat(1, 1, 4)  # one for each hand
        if self.held is not None:
            steps[..., self.held].clamp_(1 - LENGTH, LENGTH - 1)
        turns = torch.polar(torch.ones(steps.shape), steps * self.frequency)
        q, k = (torch.view_as_complex(x.unflatten(-1, (4, 2)).contiguous()) for x in (q, k))
        return torch.einsum("bhif,bhjf,ijf->bhij", q.conj(), k, turns).real / math.sqrt(8)


q, k = torch.randn(2, 1, 4, 6, 8)
assert torch.allclose(HeldHand(8)(q, k), relative.RotaryScores(8)(q, k), atol=1e-5)

# %% control="G7" slideshow={"slide_type": "fragment"}
rotary, hands = in_score["rotary"], HeldHand(8)
for layer in rotary.decoder.layers:
    layer.self_attention.sublayer.attention.score = hands
right = []
for hands.held in range(4):
    right.append(share_right(rotary, 4 * LENGTH))
    print(f"hand {hands.held + 1} held, nearly all right: {right[-1] > 0.95}")
evidence(
    "G7", lambda share: share > 0.95,
    {"second hand held": right[1]}, {"none held": shares["rotary"][2]}, by=0.15,
)
assert max(right[0], right[2], right[3]) < 0.85

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** *a*: in 15 steps the fastest hand is round twice, so training showed it every angle. The
# last two hardly turn in 63 steps. Only the second meets angles that are new: hold it, and all is
# well again. *c*: just as many words, and they are read.
# </details>

# %% [markdown] slideshow={"slide_type": "fragment"}
# One more surprise: "none" reads most marks at 16. The model looks back only, so its first word
# sees one word and its tenth sees ten: the look-ahead mask lets a little order in.
#
# And cannot waves be learned, as the same document regrets? Their table has 0 weights; you may give
# it 2048. The learned rows are exactly that, and did no better here.

# %% [markdown]
# Small models, one task. Three seeds gave the same groups; a task that asks for far words may not.
# How would you find out?

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown] exercise="sinusoids"
# ### 2 · The table of waves

# %% [markdown] exercise="repair_positions"
# ### 3 · Repair: everybody at the same place

# %% [markdown] exercise="shift_by"
# ### 4 · A few steps further

# %% [markdown] exercise="plan_length"
# ### 5 · Plan the experiment

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - Attention alone reads a bag of words: shuffled in, shuffled out.
# - Waves of many lengths tell each place: bounded, unique, near is near, and a shift is a turn.
# - Places trained at 16 did not carry to 64; distances in the score did, save for new angles.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **New words.** *Permutation-equivariant*: shuffled alike. *Sinusoidal*, *learned*: positions
# that are added. *Relative*: told in the score, as a distance.
#
# **Open** `transformer_lib/positions.py`, then `relative.py`: five scores of a few lines each.
#
# **What breaks next.** Words, places, heads: all there. Yet attention only *averages*, and
# averages of averages are averages. A stack of such layers can bend nothing. What bends? →
# [09 The encoder block](09_encoder_block.ipynb)
