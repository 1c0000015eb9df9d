# %% [markdown] slideshow={"slide_type": "slide"}
# # What it brought, what it costs
#
# > At the end you can read a table of results like an accountant: recount its parameters and its
# > operations, and predict what a longer text costs. About 45 minutes; bring paper.

# %%
import math
import time
from functools import partial

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from lesson import plots
from lesson.evidence import evidence
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin
from lesson.widgets.knob import Knob
from transformer_lib.attention import Attention
from transformer_lib.layers import PostNorm
from transformer_lib.masks import causal_mask
from transformer_lib.model import Config, Transformer
from transformer_lib.trace import record

seed = 0
begin(seed)

# %% [markdown] covers="K1" slideshow={"slide_type": "slide"}
# ## The itch: a table that one has to believe
#
# What did attention bring, and what does it cost? *Attention Is All You Need* (Vaswani et al.,
# 2017) answers with its Table 2. **BLEU** (Papineni et al., 2002) compares a translation with a
# human one, from 0 to 100, more is better. Beside it stands what the training took: floating-point
# operations, **FLOPs**. DE is English to German, FR English to French.

# %%
results = {  # BLEU DE, BLEU FR, FLOPs DE, FLOPs FR; None: not stated
    "ByteNet": (23.75, None, None, None),
    "Deep-Att": (None, 39.2, None, 1.0e20),
    "GNMT": (24.6, 39.92, 2.3e19, 1.4e20),
    "ConvS2S": (25.16, 40.46, 9.6e18, 1.5e20),
    "MoE": (26.03, 40.56, 2.0e19, 1.2e20),
    "Deep-Att ensemble": (None, 40.4, None, 8.0e20),
    "GNMT ensemble": (26.30, 41.16, 1.8e20, 1.1e21),
    "ConvS2S ensemble": (26.36, 41.29, 7.7e19, 1.2e21),
    "Transformer base": (27.3, 38.1, 3.3e18, 3.3e18),
    "Transformer big": (28.4, 41.8, 2.3e19, 2.3e19),
}

# %% [markdown]
# A gap means *not stated*. For the two Transformers the paper gives one number of FLOPs, whatever
# the language.

# %% slideshow={"slide_type": "fragment"}
print(f"{'':18}  BLEU DE  BLEU FR FLOPs DE FLOPs FR")
for name, row in results.items():
    print(f"{name:18}", *(f"{'' if cell is None else f'{cell:g}':>8}" for cell in row))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Numbers in columns are hard to weigh. Put each model on a plane: to the right it costs more, and
# each step is a factor of 10; upwards it translates better. An **ensemble** is several trained
# models that vote. Where would you like to be?

# %% tags=["teaser", "nbval-ignore-output"] slideshow={"slide_type": "fragment"}
german = {name: row for name, row in results.items() if row[0] and row[2]}
groups = ["single"] * 3 + ["ensemble, marked *"] * 2 + ["Transformer"] * 2
names = [name.replace(" ensemble", "*") for name in german]
points = torch.tensor([[math.log10(row[2]), row[0]] for row in german.values()])
ax = plots.scatter(points, names, groups, title="English to German: best, and base is cheapest too")
ax.set(xlabel="FLOPs of the training", ylabel="BLEU", xlim=(18.3, 20.6), ylim=(24, 29))
ax.set(xticks=[19, 20], xticklabels=["$10^{19}$", "$10^{20}$"], yticks=range(24, 30));

# %% [markdown]
# The upper left corner is the place to be, and the two Transformers come nearest to it. Even the
# ensembles stay below.

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** One of the documents says that the Transformer beat the best models of its time.
# > English to French: how many of the seven others are better than Transformer *base*?
# >
# > - **a** none: it is the same model as above
# > - **b** three, the ensembles
# > - **c** all seven

# %% slideshow={"slide_type": "fragment"}
rivals = {name: row for name, row in results.items() if row[1] and "Transformer" not in name}
base_row, big_row = results["Transformer base"], results["Transformer big"]
ahead = [round(row[1] - base_row[1], 1) for row in rivals.values()]
print("better than base:", sum(gap > 0 for gap in ahead), "by", min(ahead), "to", max(ahead))
cheapest = min(row[3] for row in rivals.values() if row[3])
print("base needs 1 /", round(cheapest / base_row[3]), "of the cheapest rival's operations")
assert min(ahead) > 1
assert all(row[0] < base_row[0] for row in rivals.values() if row[0])

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** *a* holds for German only, and *b* is what one guesses after the German picture. The claim
# is right for *big* in the table; the honest sentence about *base* is: below every rival, by 1.1 to
# 3.2 points, for 1/30 of the operations. One guess why: French has eight times as many training
# sentences, perhaps too many for so small a model. The table cannot tell.
# </details>

# %% [markdown] covers="X21" slideshow={"slide_type": "subslide"}
# ### 41.0 or 41.8?
#
# The paper says twice how good *big* is in French. Abstract and table: 41.8. Its text (section
# 6.1): "a BLEU score of 41.0, outperforming all of the previously published single models". Does
# the difference matter? Hold both against the rivals.

# %% proves="X21" slideshow={"slide_type": "fragment"}
better = {s: [name for name, row in rivals.items() if row[1] > s] for s in (41.0, 41.8)}
for score, names in better.items():
    print(score, "is below", " and ".join(names) or "none of the seven")
assert better == {41.0: ["GNMT ensemble", "ConvS2S ensemble"], 41.8: []}
assert big_row[1] == 41.8

# %% [markdown] slideshow={"slide_type": "fragment"}
# Both numbers allow the sentence about *single* models. Only 41.8 is above all seven. Which one was
# measured, the paper does not say; like most who cite it, we go on with the table.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By hand: four words
#
# But who *counts* $3.3 \cdot 10^{18}$ operations? Begin with $q k^\top$: four words, three numbers
# each. A score is a dot product, here three multiplications, each added to a sum: three
# **multiply-adds**. How many for the whole matrix? Draw the four by four cells, write the price
# into each, and only then run.

# %% slideshow={"slide_type": "fragment"}
q, k = torch.ones(4, 3), torch.ones(4, 3)
multiply_adds = 0
for query in q:
    for key in k:
        for _ in zip(query, key):
            multiply_adds += 1
print(multiply_adds)

# %% [markdown] slideshow={"slide_type": "subslide"}
# $4 \cdot 4 \cdot 3 = 48$. A FLOP is one multiplication *or* one addition, so
# that makes 96. PyTorch has a clerk who watches the products and adds up the same:

# %% slideshow={"slide_type": "fragment"}
def flops(work):
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


print("q kᵀ:", flops(lambda: q @ k.T))
assert flops(lambda: q @ k.T) == 2 * multiply_adds == 96

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** $q k^\top$ for four words cost 96 FLOPs. How many does the whole attention take,
# > $q k^\top$ and weights · $v$, for *eight* words of three numbers?
# >
# > - **a** 384
# > - **b** 768
# > - **c** 192

# %% slideshow={"slide_type": "fragment"}
x = torch.ones(8, 3)
print(flops(lambda: Attention()(x, x, x)))
assert flops(lambda: Attention()(x, x, x)) == 2 * (2 * 8 * 8 * 3)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** Twice the words are four times the cells: $96 \cdot 4 = 384$, and the second product costs
# as much as the first. *a* forgets it. *c* takes twice the words for twice the price. (The clerk
# counts products only; the softmax is small beside them.)
# </details>

# %% [markdown] covers="K1" slideshow={"slide_type": "slide"}
# ## 65 million, 213 million
#
# The paper's two models have, it says, 65 and 213 million parameters. Count them. A **meta** tensor
# has a shape and no numbers, so on the meta device a model of any size is built at once. Our model
# has more than the paper's in two places: the paper uses one matrix for three things (source,
# target, output), and its projections have no bias.

# %%
base = Config(37_000, d_model=512, n_heads=8, n_layers=6, d_ff=2048, residual=PostNorm)
big = Config(37_000, d_model=1024, n_heads=16, n_layers=6, d_ff=4096, residual=PostNorm)


def on_paper(config):
    with torch.device("meta"):
        return Transformer(config)


ours_alone = ["target_embedding.table", "head"]
ours_alone += [f"{name}_proj.bias" for name in ("q", "k", "v", "out")]

# %% [markdown]
# Everything whose name is in that list stays out of the sum.

# %% slideshow={"slide_type": "fragment"}
def millions(config):
    named = on_paper(config).named_parameters()
    counted = (p.numel() for name, p in named if not any(part in name for part in ours_alone))
    return sum(counted) / 1e6


for name, config, published in (("base", base, 65), ("big", big, 213)):
    print(f"{name:4}  ours {millions(config):.1f} M   published {published} M")
    assert abs(millions(config) / published - 1) < 0.04

# %% [markdown] slideshow={"slide_type": "fragment"}
# Close, not equal: the paper says "about 37 000" pieces of words, and 4 000 more would make *base*
# fit and *big* worse. A published number has a convention behind it, and often it is not written
# down.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## $3.3 \cdot 10^{18}$, counted twice
#
# The paper tells how it got its number: training time × graphics cards × what one card can do in
# a second. *Base* took 12 hours on 8 cards, *big* 3.5 days. A footnote puts a card at 9.5
# tera-FLOPs, $9.5 \cdot 10^{12}$ a second: an estimate, not a measurement.

# %% slideshow={"slide_type": "fragment"}
def by_the_clock(days):
    return days * 24 * 3600 * 8 * 9.5e12


print(f"base {by_the_clock(0.5):.1e}   big {by_the_clock(3.5):.1e}")
assert f"{by_the_clock(0.5):.1e}" == "3.3e+18" and f"{by_the_clock(3.5):.1e}" == "2.3e+19"

# %% [markdown] slideshow={"slide_type": "slide"}
# Both to the digit. Now our way: count the products of one training step, forward and back. A
# step reads 25 000 source and 25 000 target words; *base* takes 100 000 steps, *big* 300 000.
#
# > **Predict.** Is our count, compared with the paper's number,
# >
# > - **a** higher: the paper leaves the way back out
# > - **b** the same to a few per cent
# > - **c** clearly lower

# %%
def by_counting(config, steps, length=25):
    model = on_paper(config)
    x = torch.randn(1, length, config.d_model, device="meta", requires_grad=True)

    def one_step():
        model.head(model.decoder(x, memory=model.encoder(x))).sum().backward()

    with record(model):  # watched, attention takes no short way that the clerk cannot see
        return flops(one_step) / length * 25_000 * steps

# %% [markdown]
# One sentence pair of 25 words stands for all: a count for 25 words, times 1000, is a step's.

# %% slideshow={"slide_type": "fragment"}
counted = {"base": by_counting(base, 100_000), "big": by_counting(big, 300_000)}
clocked = {"base": by_the_clock(0.5), "big": by_the_clock(3.5)}
share = {name: counted[name] / clocked[name] for name in counted}
for name in counted:
    print(f"{name:4}  counted {counted[name]:.1e}, {share[name]:.2f} of the paper's number")
assert 0.2 < share["base"] < share["big"] < 0.6

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** The clock also runs while a card waits for memory, takes softmaxes and norms, or talks to
# its seven neighbours: the paper's number says what the cards *could* have done in that time. We
# count products that *had* to be done. *a*: a clock leaves nothing out. *b* would be a card that
# keeps up the assumed rate all the time, with products alone.
# </details>
#
# So products are 29 % of the paper's number, 42 % for *big*. How long the cards were busy, this
# does not say: put the rate at half, and both shares double. The rivals' numbers are times an
# assumed rate as well. Compare powers of ten, not digits.

# %% [markdown] slideshow={"slide_type": "slide"}
# A rule of thumb falls out. Each weight meets each word once, either of the source or of the
# target: one multiply-add forward, two on the way back. So training costs about **6 FLOPs for each
# weight and word** (Kaplan et al., 2020).

# %% slideshow={"slide_type": "fragment"}
rule = 6 * millions(base) * 1e6 * 25_000 * 100_000
print(f"rule of thumb / counted: {rule / counted['base']:.2f}")
assert 0.95 < rule / counted["base"] < 1.05

# %% [markdown] covers="K2" slideshow={"slide_type": "slide"}
# ## Many documents in, one text out
#
# A year later the same layers wrote the lead section of Wikipedia articles, the paragraphs at the
# top, from the pages that an article cites (Liu et al., 2018). Two measures: **perplexity** is
# $e^{\text{loss}}$: among how many equally likely pieces the model seems to choose; less is better.
# **ROUGE-L** (Lin, 2004) asks for the longest row of words that two texts share in the same order,
# gaps allowed; more is better. By hand: how many words here?
#
# *the cat is black* · *the black cat is here*

# %% slideshow={"slide_type": "fragment"}
def longest_common(one, other):
    if not one or not other:
        return 0
    if one[-1] == other[-1]:
        return 1 + longest_common(one[:-1], other[:-1])
    return max(longest_common(one[:-1], other), longest_common(one, other[:-1]))


written, wanted = "the cat is black".split(), "the black cat is here".split()
common = longest_common(written, wanted)
precision, recall = common / len(written), common / len(wanted)
print(common, "words; ROUGE-L", round(100 * 2 * precision * recall / (precision + recall), 1))

# %% [markdown] slideshow={"slide_type": "subslide"}
# *the cat is*: 3 of 4 words written, 3 of 5 wanted, and the score is the harmonic mean of the two
# shares, as a percentage.
#
# Now the paper's Table 4. *L* is how many *pieces of words* (sub-words) a model may read. *ED* has
# an encoder and a decoder, *D* a decoder alone, *DMCA* shortens the keys (the idea of notebook 13),
# *MoE* chooses among many feed-forward networks (Shazeer et al., 2017).

# %% slideshow={"slide_type": "fragment"}
documents = {  # perplexity, ROUGE-L
    "seq2seq-attention, L = 500": (5.04952, 12.7),
    "Transformer-ED, L = 500": (2.46645, 34.2),
    "Transformer-D, L = 4000": (2.22216, 33.6),
    "Transformer-DMCA, L = 11000": (2.05159, 36.2),
    "Transformer-DMCA, MoE-128, L = 11000": (1.92871, 37.9),
    "Transformer-DMCA, MoE-256, L = 7500": (1.90325, 38.8),
}
for name, (perplexity, rouge) in documents.items():
    print(f"{name:37} perplexity {perplexity:.2f}  ROUGE-L {rouge}")
assert documents["seq2seq-attention, L = 500"][0] / documents["Transformer-ED, L = 500"][0] > 2

# %% [markdown]
# The jump is in the first step, recurrent to Transformer, with the same 500 pieces to read: half
# the perplexity, 2.7 times the ROUGE-L. From there on each row changes more than one thing.

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** Cover the last column. From each row to the next the perplexity falls. Does ROUGE-L
# > rise each time?
# >
# > - **a** almost: once it falls
# > - **b** yes, both measure how good the text is
# > - **c** no, the two have nothing to do with each other

# %% slideshow={"slide_type": "fragment"}
rows = list(documents.items())
for (name, one), (next_name, two) in zip(rows, rows[1:]):
    if two[0] < one[0] and two[1] < one[1]:
        print(f"{next_name}: perplexity better, ROUGE-L worse than {name}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** From *ED* with 500 pieces to *D* with 4000 the perplexity falls, and the text matches a
# little less. *b* overlooks that one measures the surprise at the *right* next piece, the other a
# text the model wrote *by itself*. *c*: over the whole table they move together.
# </details>

# %% [markdown] covers="K3" slideshow={"slide_type": "slide"}
# ## A leaderboard of 2021
#
# GLUE (Wang et al., 2018) and its harder successor SuperGLUE (2019) put many small tasks of
# understanding English into one score. One of the documents shows the six leaders of GLUE in 2021:

# %% slideshow={"slide_type": "fragment"}
board = {
    "DeBERTa / TuringNLRv4": 90.8, "MacALBERT + DKM": 90.7, "StructBERT + TAPT": 90.6,
    "ALBERT + DAAF + NAS": 90.6, "ERNIE": 90.4, "T5": 90.3,
}  # fmt: skip
descends = {"BERT": "an encoder", "ERNIE": "an encoder", "T5": "encoder and decoder"}
for place, (name, score) in enumerate(board.items(), 1):
    family = next(kind for word, kind in descends.items() if word in name)
    print(place, f"{name:22} {score}  {family}")
scores = list(board.values())
assert all(any(word in name for word in descends) for name in board)
print("from first to sixth:", round(scores[0] - scores[-1], 1), "points")

# %% [markdown]
# All six are Transformers, five of them, by their names, of the family of BERT: encoders like those
# of notebook 11. Does the order say who is better?

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** Two systems are *equally* good: 90.5 % right in the long run. Each sits a test of
# > 1000 questions of its own. How often do they end half a point apart or more, as the first and
# > the sixth above?
# >
# > - **a** hardly ever: 1000 questions are many
# > - **b** in about one contest out of ten
# > - **c** in most contests

# %% slideshow={"slide_type": "fragment"}
def half_a_point_apart(fall_alike):
    """The share of 2000 contests; `fall_alike`: of the questions, both right or both wrong."""
    right = torch.rand(2, 2000, 1000) < 0.905
    alike = torch.rand(2000, 1000) < fall_alike
    second = torch.where(alike, right[0], right[1])
    points = (right[0].float().mean(-1) - second.float().mean(-1)) * 100
    return (points.abs().round(decimals=1) >= 0.5).float().mean().item()


alone = half_a_point_apart(0.0)
print(f"{alone:.1f} of the contests")
assert alone > 0.5

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** A score over $n$ questions wavers by $\sqrt{p (1 - p) / n}$, here 0.9 points, and the
# difference of two such scores by 1.3. Half a point is little beside that. *a* and *b* would need
# about 50 000 and 20 000 questions.
# </details>
#
# But the leaders of a board sit the *same* questions, and what is hard for one is often hard for
# the next. Let half of the questions fall alike, then nine out of ten:

# %% slideshow={"slide_type": "fragment"}
shared = [half_a_point_apart(fall_alike) for fall_alike in (0.5, 0.9)]
print("half alike {:.1f}, nine of ten alike {:.1f}".format(*shared))
assert alone > shared[0] > shared[1] > 0.1

# %% [markdown]
# The more they share, the less the *difference* wavers, and the more half a point means. How much
# the six share, the board does not show; and GLUE averages over tests of 146 to 390 000 questions.
# To tell neighbours apart, ask for their answers, question by question.

# %% [markdown] covers="K4" slideshow={"slide_type": "slide"}
# ## What a longer text costs
#
# The bill of attention for $T$ words of $d$ numbers: $T^2 d$ multiply-adds for the scores, as many
# again for the average. A recurrent layer multiplies each word and each state with a $d \times d$
# matrix, a **convolution** of width 3 mixes three neighbours. Let the clerk count all three, for
# 16, 64 and 256 words of 64 numbers.

# %%
mixer = nn.Conv1d(64, 64, 3, padding=1)
layers = {
    "attention": lambda x: Attention()(x, x, x),
    "recurrent": nn.RNN(64, 64, batch_first=True),
    "convolution": lambda x: mixer(x.mT),
}
formulas = {
    "attention": lambda T, d: 2 * T * T * d,
    "recurrent": lambda T, d: 2 * T * d * d,
    "convolution": lambda T, d: 3 * T * d * d,
}

# %% [markdown]
# A row for each layer, a column for each length. Where are two rows equal?

# %% slideshow={"slide_type": "fragment"}
print(f"{'words':12}", *(f"{T:>9}" for T in (16, 64, 256)))
for name, layer in layers.items():
    counts = [flops(partial(layer, torch.randn(1, T, 64))) // 2 for T in (16, 64, 256)]
    print(f"{name:12}", *(f"{count:>9,}" for count in counts))
    assert counts == [formulas[name](T, 64) for T in (16, 64, 256)]

# %% [markdown] slideshow={"slide_type": "subslide"}
# In the middle column, 64 words of 64 numbers, attention and recurrence cost the same. Shorter
# texts are cheaper for attention, longer ones dearer. Beside the cost stand two more virtues, which
# you met in notebook 01; the paper's table has all three, without the constant factors:
#
# | layer | multiply-adds | steps in a row | steps between two words |
# |---|---|---|---|
# | attention | $T^2 \cdot d$ | 1 | 1 |
# | recurrent | $T \cdot d^2$ | $T$ | $T$ |
# | convolution, width $w$ | $w \cdot T \cdot d^2$ | 1 | $\log_w T$ at best |

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** From 256 to 2048 words, eight times as many: how much more processor time does
# > attention need, how much more the recurrent layer?
# >
# > - **a** about 8 times both
# > - **b** about 64 times, about 8 times
# > - **c** about 8 times, about 64 times

# %%
@torch.inference_mode()
def milliseconds(layer, length):
    x, times = torch.randn(1, length, 64), []
    for _ in range(5):
        began = time.process_time()
        layer(x)
        times.append(1000 * (time.process_time() - began))
    return min(times)

# %% [markdown]
# Both axes go in factors, so a power is a straight line, and the steeper the line, the higher the
# power.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
lengths = [64, 128, 256, 512, 1024, 2048]
measured = {name: [milliseconds(f, T) for T in lengths] for name, f in layers.items()}
growth = {name: times[5] / times[2] for name, times in measured.items()}
title = "8 × the words: attention {attention:.0f} ×, recurrent {recurrent:.0f} ×".format(**growth)
plots.curves(lengths, measured, xlabel="words", ylabel="milliseconds", log="xy", title=title)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Is it the square? Eight times the words: more than 20 times the work? The control is the layer
# whose bill is a straight line.

# %% control="K4" slideshow={"slide_type": "fragment"}
evidence(
    "K4", lambda times: times > 20,
    {"attention, time for 8 × the words": growth["attention"]},
    {"recurrent layer, time for 8 × the words": growth["recurrent"]},
    times=2,
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** The square of 8 is 64; the recurrent layer takes eight times as many steps. *a* forgets
# that every new word is asked by all the others. *c* has them turned round. On your machine the
# factor may be above 64: large score matrices no longer fit into the processor's fast memory.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### When does the square bite?
#
# A layer does more than the two products of attention ($2 T^2 d$): four projections ($4 T d^2$)
# and, in the paper, a feed-forward network ($8 T d^2$).
#
# > **Predict.** 25 words in the paper's model, $d = 512$: what share of an encoder layer's
# > multiply-adds is the square?
# >
# > - **a** about half
# > - **b** about a tenth
# > - **c** less than a hundredth

# %% slideshow={"slide_type": "fragment"}
def square_share(length, d_model=512):
    square, rest = 2 * length**2 * d_model, 12 * length * d_model**2
    return square / (square + rest)


for length in (25, 512, 3072, 16_384):
    print(f"{length:6} words: {square_share(length):.3f}")
assert square_share(25) < 0.01 and square_share(6 * 512) == 0.5

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** $2 T^2 d$ stands to $12 T d^2$ as $T$ to $6 d$, here 25 to 3072. For sentences the famous
# square is next to nothing, and *a* and *b* are what its fame suggests. At $T = 6d$ it is half, and
# from there it takes over.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# Turn the knob. Where does the square take over in a wider model, sooner or later?

# %% slideshow={"slide_type": "fragment"}
def bill(d_model):
    lengths = [2**n for n in range(4, 17)]
    shares = {f"d_model {d}": [square_share(T, d) for T in lengths] for d in (512, d_model)}
    title = f"d_model {d_model}: half of the work at {6 * d_model} words"
    ylabel = "share of the square"
    return plots.curves(lengths, shares, xlabel="words", ylabel=ylabel, log="x", title=title)


Knob(bill, [64, 256, 512, 1024, 4096], label="d_model", start=512)

# %% [markdown]
# <details><summary>Sooner or later?</summary>
#
# Later. Projections and feed-forward network grow with $d^2$, the square only with $d$: half of the
# work at 384 words for a width of 64, at 24 576 for 4096.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Break it: does hiding save?
#
# A look-ahead mask hides half of the scores. Half of the bill?

# %% slideshow={"slide_type": "fragment"}
quiz("masks_save_nothing")

# %% [markdown]
# Ask the clerk, for 256 words of 64 numbers:

# %% slideshow={"slide_type": "fragment"}
x = torch.randn(1, 256, 64)
without = flops(lambda: Attention()(x, x, x))
masked = flops(lambda: Attention()(x, x, x, causal_mask(256)))
print(f"FLOPs without mask {without:,}, with mask {masked:,}")
assert masked == without

# %% [markdown]
# To save, one must not compute what one hides. How much there is to save:

# %%
quiz("four_times")

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown] exercise="n_scores"
# ### 1 · How many scores?

# %% [markdown] exercise="layer_parameters"
# ### 2 · A layer's weights

# %% [markdown] exercise="attention_flops"
# ### 3 · The bill of attention

# %% [markdown] exercise="score_memory" slideshow={"slide_type": "slide"}
# ### 4 · And the memory?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - In German, better translations for fewer operations; in French only *big* is above its rivals,
#   and only with the table's number.
# - The paper's FLOPs are time × an assumed rate; the products we count are 29 % and 42 % of that.
# - Attention costs $T^2 d$. In sentences that is next to nothing; from $T = 6 d$ on it rules.
#
# **New words.** *FLOP*: one multiplication or addition. *Perplexity*: $e^{\text{loss}}$. *ROUGE-L*:
# the longest common row of words.
#
# **Open** `benchmarks/README.md`: the paper's Table 3, recounted row by row.
#
# **What breaks next.** Four times 4096 tokens are 16 times the memory of your last exercise: 8 GiB
# for one layer, and a book is longer still. Notebook 13 asks what one can leave out.

# %% [markdown]
# **Next:** [13 Attention for long texts](13_efficient_attention.ipynb)
