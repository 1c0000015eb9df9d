# %% [markdown] slideshow={"slide_type": "slide"}
# # Tokens and embeddings
#
# > At the end you can follow a sentence from letters to vectors, say which numbers of that way are
# > learned, and predict which words training puts side by side. About 40 minutes.

# %%
import math
from collections import Counter

import torch
import torch.nn.functional as F
from torch import nn

from lesson import plots
from lesson.evidence import evidence
from lesson.exercises.core import check, hint
from lesson.start import begin
from lesson.widgets.knob import Knob
from transformer_lib.data import CAR, pad, translation_pairs
from transformer_lib.model import Config, Embedding, LanguageModel
from transformer_lib.subwords import Subwords
from transformer_lib.training import Recipe, fit
from transformer_lib.vocabulary import START, Vocabulary

seed = 0
begin(seed)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch: you cannot multiply a word
#
# Attention compares words by multiplying their numbers. In notebook 02 a recurrent network made
# those numbers; without it there are only letters. What does Python make of a product of two
# words?

# %% slideshow={"slide_type": "fragment"}
try:
    print("This" * "car")
except TypeError as error:
    print("TypeError:", error)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Words need numbers. The oldest idea: write all words into a list and take each word's place in
# it. That number is the word's **id**; a document that this course follows gives the ids
# 3412, 5281, 6899, 8678 for this sentence.

# %% [markdown] covers="B1" slideshow={"slide_type": "slide"}
# ## From text to ids
#
# We make the list ourselves, a **vocabulary**. A text is first cut into **tokens** (here: words
# and punctuation marks), then each token is looked up.

# %% slideshow={"slide_type": "fragment"}
vocabulary = Vocabulary(["this", "is", "my", "car", "red"])
for number, word in enumerate(vocabulary.words):
    print(number, word)

# %% slideshow={"slide_type": "fragment"}
ids = vocabulary.encode(CAR)
print(CAR, "->", ids, "->", vocabulary.decode(ids))
assert ids == [4, 5, 6, 7]

# %% [markdown] slideshow={"slide_type": "subslide"}
# Four tokens, four ids. The first four places of the list are taken: a filler, start, end, and
# one for every word that the list does not hold. With a list of ten thousand words the same
# sentence could well be the document's:

# %% slideshow={"slide_type": "fragment"}
document_ids = torch.tensor([3412, 5281, 6899, 8678])
for word, number in zip(CAR.split(), document_ids.tolist()):
    print(f"{word:5} {number}")

# %% [markdown]
# Numbers at last. So can we compute with them?

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** The mean of the ids of "This" and "my" is 5155.5. What does that say?
# >
# > - **a** the word at 5155 lies between the two in meaning
# > - **b** nothing: ids are names, like the numbers of bus lines
# > - **c** "my" means about twice as much as "This"

# %% slideshow={"slide_type": "fragment"}
print("mean of This and my:", document_ids[[0, 2]].float().mean().item())
shuffled = Vocabulary(["red", "car", "my", "is", "this"])
print("the same words in another list:", shuffled.encode(CAR))

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** Another list, another number, the same word: an id tells words apart, and that is all.
# *a* and *c* treat it as an amount. Line 8 is not twice as fast as line 4.
# </details>

# %% [markdown] covers="B1" slideshow={"slide_type": "slide"}
# ## By hand: a table of numbers
#
# What we want are several numbers a word, each standing for some trait, so that words can be
# alike in one and differ in another. Put them into a table, one row for each word. This one is
# made up, with three traits: *points at something*, *thing*, *mine*.

# %% slideshow={"slide_type": "fragment"}
table = torch.tensor([
    [2.0, 0.0, 0.0],  # this
    [1.0, 0.0, 0.0],  # is
    [1.0, 0.0, 2.0],  # my
    [0.0, 2.0, 1.0],  # car
])
places = torch.tensor([0, 1, 2, 3])  # "This is my car", without the four reserved rows
print(table[places])

# %% [markdown] slideshow={"slide_type": "subslide"}
# `table[places]` takes rows; nothing is computed. Yet a network learns through products. There is
# a product that does the same: write each word as a row of zeros with a single 1, at its place.
# Such a row is called **one-hot**. Multiply "car" with a pencil before you run the cell:
#
# $$[0, 0, 0, 1] \cdot \text{table} = \;?$$

# %% slideshow={"slide_type": "fragment"}
one_hot = F.one_hot(places, num_classes=4).float()
print(one_hot)
print("car:", one_hot[3] @ table)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The three zeros silence three rows, the 1 lets one through. Four words at once are one product
# of matrices, and PyTorch's layer for it, `nn.Embedding`, is the short cut:

# %% slideshow={"slide_type": "fragment"}
layer = nn.Embedding.from_pretrained(table)
assert torch.equal(one_hot @ table, table[places])
assert torch.equal(layer(places), one_hot @ table)
print("product, row look-up and nn.Embedding agree")

# %% [markdown] slideshow={"slide_type": "fragment"}
# A row of this table is the word's **embedding**; the layer is called so too.

# %% [markdown] covers="X8 B3" slideshow={"slide_type": "slide"}
# ## Four numbers, or four vectors?
#
# One of the documents calls [3412, 5281, 6899, 8678] "an embedding vector", of four dimensions
# because the sentence has four words, and says that the dimension grows with the sentence.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** The table has 10 000 rows of 512 numbers. Which shape do the embeddings of "This is
# > my car" have, and of a sentence of nine words?
# >
# > - **a** (4, 512) and (9, 512)
# > - **b** (4,) and (9,)
# > - **c** (512,) and (512,)

# %% proves="X8" slideshow={"slide_type": "fragment"}
paper = nn.Embedding(10_000, 512)
longer = torch.randint(0, 10_000, (9,))
print("ids       ", tuple(document_ids.shape), tuple(longer.shape))
print("embeddings", tuple(paper(document_ids).shape), tuple(paper(longer).shape))
assert paper(document_ids).shape == (4, 512) and paper(longer).shape == (9, 512)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** Each word brings its own 512 numbers: a longer sentence has more *rows*, and every row is
# as wide as before. *b* mistakes the ids for the embeddings, as the document does. *c* would be
# one vector for a whole sentence, which is what notebook 01 was about.
# </details>

# %% [markdown]
# 512 is the width in the paper, called $d_{model}$. The vector is as long for "a" as for a rare
# word, and there is one table for all of them:

# %%
twice = torch.tensor([3412, 5281, 3412])
assert torch.equal(paper(twice)[0], paper(twice)[2])
print(f"numbers in the table: {paper.weight.numel():,}")

# %% [markdown]
# The same word has the same row wherever it stands. Keep that in mind: *where* it stands is lost,
# and we shall have to repair that in notebook 08.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What stands in the table at first?
#
# Random numbers. In the paper's size two random rows are nearly at right angles, so every word is
# equally strange to every other. The **cosine** says how alike two directions are, the dot product
# divided by both lengths: 1 the same, 0 nothing in common, −1 opposite.

# %% slideshow={"slide_type": "fragment"}
few = F.normalize(paper(torch.arange(200)), dim=-1)
cosines = (few @ few.mT)[~torch.eye(200, dtype=torch.bool)]
print("largest of 19 900 cosines below 0.3:", bool(cosines.abs().max() < 0.3))
print("their mean is near 0:", bool(cosines.mean().abs() < 0.01))

# %% [markdown] covers="B1" slideshow={"slide_type": "slide"}
# ## Who fills the table?
#
# Training does, as it fills every weight. Take one step by hand: a loss on one sentence, its
# gradient, and look which rows it reaches.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** A table of six words, and the sentence "this is my car". Which rows get a gradient?
# >
# > - **a** all six: they belong to one matrix
# > - **b** the four words of the sentence
# > - **c** none: a look-up has no derivative

# %% slideshow={"slide_type": "fragment"}
learning = nn.Embedding(6, 3)
sentence = torch.tensor([0, 1, 2, 3])
loss = (learning(sentence) - 1.0).square().sum()
loss.backward()
for row, gradient in enumerate(learning.weight.grad):
    print(row, "reached" if gradient.any() else "untouched")
assert learning.weight.grad.any(dim=1).tolist() == [True] * 4 + [False] * 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** The look-up is a product with one-hot rows, and a 0 lets neither the number through on
# the way there nor the gradient on the way back. *a*: the other rows had no share in the loss.
# *c* overlooks that the product is a product, even if the layer takes the short cut.
# </details>

# %% [markdown] covers="B2" slideshow={"slide_type": "slide"}
# ## This, car, and the zombie
#
# The document goes on: "This" and "car" belong together in "This is my car", so their vectors
# end up close; "Zombie" has nothing to do with the sentence, so it ends up far away. Let a model
# decide. It reads the 12 000 English sentences of our corpus, in which we turn every king into a
# zombie, the plural as well.

# %% slideshow={"slide_type": "fragment"}
english = [sentence.replace("king", "zombie") for sentence, _ in translation_pairs()]
words = Vocabulary.build(english)
encoded = [[START, *words.encode(sentence)] for sentence in english]
print(len(english), "sentences,", len(words), "words")
print("with a king:  ", sum("king" in sentence for sentence in english))
print("with a zombie:", sum("zombie" in sentence for sentence in english))
print(*[sentence for sentence in english if "zombie" in sentence][:3], sep="\n")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The model reads a sentence word by word and has to guess each next word: no labels, no
# dictionary, nobody tells it what a zombie is. (How it reads is the matter of the next notebooks;
# here we only look at its table.)

# %%
def epoch(number):
    shuffled = torch.Generator().manual_seed(1000 * seed + number)
    order = torch.randperm(len(encoded), generator=shuffled)
    for part in order.split(64):
        tokens = pad([encoded[row] for row in part.tolist()])
        yield tokens[:, :-1], tokens[:, 1:]


torch.manual_seed(seed)
model = LanguageModel(Config(vocab_size=len(words), d_model=32, n_layers=1))

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** Which pair has the most alike rows after training?
# >
# > - **a** *this* and *car*: they stand in one sentence
# > - **b** *zombie* and *car*: both are nouns
# > - **c** *zombie* and *queen*: they do the same things

# %% [markdown]
# While it learns, we keep the table of every hundredth step. The orange curve will show the cosine
# of *zombie* and *queen*.

# %%
def likeness(table, one, other):
    rows = table[[words.words.index(one), words.words.index(other)]]
    return F.cosine_similarity(rows[0], rows[1], dim=0).item()


def watch(model):
    tables.append(model.embedding.table.weight.detach().clone())
    return likeness(tables[-1], "zombie", "queen")


tables = [model.embedding.table.weight.detach().clone()]

# %% tags=["nbval-ignore-output"]
fit(model, epoch, Recipe(steps=600, evaluate_every=100), evaluate=watch)

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
before, after = tables[0], tables[-1]
pairs = [("this", "car"), ("this", "the"), ("zombie", "car"), ("zombie", "queen")]
plots.bars(
    {
        "before": [likeness(before, *pair) for pair in pairs],
        "after": [likeness(after, *pair) for pair in pairs],
    },
    [" – ".join(pair) for pair in pairs],
    title="how alike two rows are: their cosine",
)

# %% control="B2"
alike = {pair: likeness(after, *pair) for pair in pairs}
evidence(
    "B2", lambda cosine: cosine > 0.4,
    {"zombie and queen: one can stand for the other": alike["zombie", "queen"]},
    {"this and car: they stand side by side": alike["this", "car"]},
    by=0.3,
)
print("this is nearer to the than to car:", alike["this", "the"] > alike["this", "car"] + 0.2)
print("zombie is nearer to queen than to car:", alike["zombie", "queen"] > alike["zombie", "car"])

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** To guess the next word, the model needs to know what a word can be followed by. The queen
# and the zombie sing, wait and buy hats alike, so the same numbers serve for both. *a* is the
# document's claim: words *beside* each other. What comes to lie close are words that can stand
# *in place of* each other: "this" and "the". *b* is half right, see the map below. (Before the
# training the bars are chance: in 32 numbers it reaches further than in 512.)
# </details>

# %% [markdown] slideshow={"slide_type": "fragment"}
# So the document is right that training draws some words together, and wrong about which. In
# our text zombies are people. In another they would not be: an embedding knows its corpus, not
# the world.

# %% [markdown] slideshow={"slide_type": "slide"}
# ### A map of the table
#
# 32 numbers do not fit on paper, so we look at the table from the side on which it spreads most
# (its first two *principal components*).

# %%
GROUPS = {
    "people": "zombie queen chef girl",
    "things": "car lamp window book",
    "colours": "red black white yellow",
    "little words": "this the a my your his her our",
}
shown = [(word, group) for group, row in GROUPS.items() for word in row.split()]


def rows_shown(table):
    rows = table[[words.words.index(word) for word, _ in shown]]
    return rows - rows.mean(0)


view = torch.linalg.svd(rows_shown(after))[2][:2].T  # (32, 2): the two widest directions


def flat_map(table, title):
    return plots.scatter(rows_shown(table) @ view, *zip(*shown), title=title)

# %% tags=["teaser", "nbval-ignore-output"] slideshow={"slide_type": "fragment"}
flat_map(after, "words that do the same lie together")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Nobody told the model what a colour is. People and things mix: both follow "the", and more is not
# asked for. Two cautions: a flat map of 32 dimensions lies a little (*zombie* and *car* are nearer
# on it than their cosine says), and *near* means "used alike", not "means the same": *black* and
# *white* are neighbours.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Turn the knob: from the random table to the trained one
#
# The tables that we kept, all seen from the same side. When do the colours find each other, and
# when do people and things?

# %%
def table_after(step):
    return flat_map(tables[step // 100], f"after {step} steps")


# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
Knob(table_after, list(range(0, 601, 100)), label="step", start=100)

# %% [markdown]
# <details><summary>What you see</summary>
#
# Before training the words lie as they fell. Most of the way is made in the first steps, and the
# colours and the little words come together well before the last. People and things stay mixed.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A word that is not in the list
#
# Every list ends. What becomes of a word that nobody wrote down?

# %% slideshow={"slide_type": "fragment"}
unseen = "the vampire is hungry"
print("unknown:", words.unknown(unseen))
print(words.decode(words.encode(unseen)))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The vampire is lost: all unknown words share one row. The remedy is to cut words into pieces that
# *are* known, **subwords**. Which pieces? **Byte-pair encoding** (Sennrich, Haddow and Birch, 2016)
# begins with single letters and counts which two neighbours meet most often. Here are their four
# words and how often each occurs. Which pair wins? Count with a pencil.

# %% slideshow={"slide_type": "fragment"}
text = {"l o w": 5, "l o w e r": 2, "n e w e s t": 6, "w i d e s t": 3}


def most_frequent_pair(text):
    met = Counter()
    for word, times in text.items():
        letters = word.split()
        for pair in zip(letters, letters[1:]):
            met[pair] += times
    return met.most_common(1)[0]


print(most_frequent_pair(text))

# %% [markdown] slideshow={"slide_type": "subslide"}
# *e s* meets 6 + 3 = 9 times (*s t* as often; the first counted wins). Join it to one piece, count
# again, join again. What will the second piece be, and the third?

# %% slideshow={"slide_type": "fragment"}
for _ in range(3):
    (left, right), times = most_frequent_pair(text)
    text = {word.replace(f"{left} {right}", left + right): n for word, n in text.items()}
    print(f"{left} + {right}, {times} times:", list(text))
assert list(text) == ["lo w", "lo w e r", "n e w est", "w i d est"]

# %% [markdown] slideshow={"slide_type": "fragment"}
# *es*, *est*, *lo*: an ending and the beginning of a stem, and nobody told it any grammar. The
# library goes on until there are 400 pieces, on the sentences of our corpus:

# %% slideshow={"slide_type": "fragment"}
pieces = Subwords.build(english, vocab_size=400)
for sentence in ("the zombie", "the vampire", "the jazz"):
    print(f"{sentence:12} {pieces.pieces(sentence)}")
assert pieces.decode(pieces.encode("the vampire")) == "the vampire"

# %% [markdown] slideshow={"slide_type": "fragment"}
# Frequent words stay whole, rare ones become several pieces, and the vampire comes back unharmed.
# Only *jazz* does not: our corpus has no *j*, so there was no such letter to begin with. GPT-2
# (Radford and others, 2019) therefore begins with the 256 **bytes** that every text is stored in:

# %% slideshow={"slide_type": "fragment"}
stored = list("café".encode())
print(stored)
assert max(stored) < 256 and bytes(stored).decode() == "café"

# %% [markdown] slideshow={"slide_type": "fragment"}
# Five bytes, for *é* takes two. Any text can be written in 256 pieces, so none is unknown. The
# paper used about 37 thousand pieces for English and German together.

# %% [markdown]
# ## The library's embedding
#
# The model above used the library's `Embedding`: a table as you know it, and two things more. Each
# row is multiplied by $\sqrt{d_{model}}$, and its place in the sentence is added (notebook 08);
# without the factor the place would drown the word.

# %%
embedding = Embedding(8, Config(vocab_size=8, d_model=512, max_len=8))
tokens = torch.tensor([ids])
row = embedding.table(tokens)
place = embedding(tokens) - row * math.sqrt(512)
for name, vectors in {"row": row, "row × √512": row * math.sqrt(512), "place": place}.items():
    print(f"length of a {name:11}", round(vectors.norm(dim=-1).mean().item()))

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown] exercise="table_size"
# ### 1 · How large is the table?

# %% [markdown] exercise="one_hot_embed"
# ### 2 · Rows without a product

# %% [markdown] exercise="cosine"
# ### 3 · How alike?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - Text → tokens → ids → rows. An id is a name; the row is what the model computes with.
# - One table, random at first; training moves the rows of the words it reads. Words that can take
#   each other's place come to lie together.
# - $n$ tokens become an ($n$, $d_{model}$) matrix: more rows, never wider ones.

# %% [markdown]
# **New words.** *Vocabulary*: the numbered list of tokens. *Embedding*: a token's row of numbers.
# *Subword*: a frequent piece of a word. *Byte-pair encoding*: join the pair that meets most often.
#
# **Open** `transformer_lib/vocabulary.py`: cutting, numbering, and back.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **What breaks next.** "Tear" in paper and "tear" on a cheek share one row, since they share one
# spelling. A word needs a look at its neighbours. Notebook 04 gives it one.
#
# **Next:** [04 Query, key, value](04_query_key_value.ipynb)
