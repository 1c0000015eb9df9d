# %% [markdown]
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

from transformer_lib import plots
from transformer_lib.attention import Attention
from transformer_lib.exercises.core import check, hint
from transformer_lib.exercises.quiz import quiz
from transformer_lib.layers import PostNorm
from transformer_lib.lesson import begin
from transformer_lib.masks import causal_mask
from transformer_lib.model import Config, Transformer
from transformer_lib.widgets.knob import Knob

begin()

# %% [markdown] covers="K1"
# ## The itch: a table that one has to believe
#
# In 2017 the paper printed a table that made people change their plans. **BLEU** compares a
# translation with a human one, from 0 to 100, more is better. Beside it stands what the training
# took: floating-point operations, **FLOPs**. EN-DE is English to German, EN-FR to French. (For
# the two Transformers the paper states one figure for both.)

# %%
results = {  # BLEU EN-DE, EN-FR; FLOPs EN-DE, EN-FR; None: not stated
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
for name, row in results.items():
    print(f"{name:18}", *(f"{'' if cell is None else f'{cell:g}':>8}" for cell in row))

# %% [markdown]
# Numbers in columns are hard to weigh. Put each model on a plane: to the right it costs more, and
# each step is a factor; upwards it translates better. Where would you like to be?

# %% tags=["teaser", "nbval-ignore-output"]
german = {name: row for name, row in results.items() if row[0] and row[2]}
groups = ["single"] * 3 + ["ensemble, marked *"] * 2 + ["Transformer"] * 2
names = [name.replace(" ensemble", "*") for name in german]
points = torch.tensor([[math.log10(row[2]), row[0]] for row in german.values()])
ax = plots.scatter(points, names, groups)
ax.set(xlabel="training: 10 to the … FLOPs", ylabel="BLEU", xlim=(18.3, 20.6), ylim=(24, 29))
ax.set(xticks=[18.5, 19, 19.5, 20, 20.5], yticks=range(24, 30));

# %% [markdown]
# English to German. The upper left corner is the place to be, and the two Transformers come nearest
# to it. An **ensemble** is several trained models that vote; even those stay below.
#
# > **Predict.** One of the documents says that the Transformer beat the best models of its time.
# > English to French: how many of the seven others are better than Transformer *base*?
# >
# > - **a** none: it is the same model as above
# > - **b** three, the ensembles
# > - **c** all seven

# %%
french = {name: row[1] for name, row in results.items() if row[1]}
better = [name for name, bleu in french.items() if bleu > french["Transformer base"]]
better.remove("Transformer big")
print(len(better), "are better than base; the best:", max(french, key=french.get))
assert len(better) == 7 and max(french, key=french.get) == "Transformer big"
assert all(row[0] < 27.3 for name, row in results.items() if row[0] and "Trans" not in name)

# %% [markdown]
# <details><summary>Why</summary>
#
# **c.** *a* holds for German only. French has eight times as many training sentences, probably too
# many for a small model; *big* profits from them. *b* would be the usual order of a table. So the
# claim is right for *big*; the honest sentence about *base* is: nearly as good, for 1/30 of the
# operations.
# </details>

# %%
cheapest = min(row[3] for name, row in results.items() if row[3] and "Trans" not in name)
print("base needs 1 /", round(cheapest / results["Transformer base"][3]), "of the cheapest rival")
assert cheapest / results["Transformer base"][3] > 30

# %% [markdown]
# But who *counts* $3.3 \cdot 10^{18}$ operations? Let us become able to check that number.

# %% [markdown]
# ## By hand: four words
#
# Begin with $q k^\top$: four words, three numbers each. A score is a dot product, here three
# multiplications, each added to a sum: three **multiply-adds**. How many for the whole matrix?
# Draw the four by four cells, write the price into each, and only then run.

# %%
q, k = torch.ones(4, 3), torch.ones(4, 3)
multiply_adds = 0
for query in q:
    for key in k:
        for _ in zip(query, key):
            multiply_adds += 1
print(multiply_adds)

# %% [markdown]
# $4 \cdot 4 \cdot 3 = 48$. A FLOP is one multiplication *or* one addition, so
# that makes 96. PyTorch has a clerk who watches the products and adds up the same:

# %%
def flops(work):
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


print("q kᵀ:", flops(lambda: q @ k.T))
assert flops(lambda: q @ k.T) == 2 * multiply_adds == 96

# %% [markdown]
# > **Predict.** The whole attention, $q k^\top$ and weights · $v$, for *eight* words of three
# > numbers?
# >
# > - **a** 384
# > - **b** 768
# > - **c** 192

# %%
x = torch.ones(8, 3)
print(flops(lambda: Attention()(x, x, x)))
assert flops(lambda: Attention()(x, x, x)) == 2 * (2 * 8 * 8 * 3)

# %% [markdown]
# <details><summary>Why</summary>
#
# **b.** Twice the words are four times the cells: $96 \cdot 4 = 384$, and the second product costs
# as much as the first. *a* forgets it. *c* takes twice the words for twice the price.
# </details>

# %% [markdown] covers="K1"
# ## 65 million, 213 million
#
# Now the paper's two models. A **meta** tensor has a shape and no numbers: on the meta device a
# model of any size is built at once, and can be counted. The paper uses one matrix for three
# things (source, target, output), so it counts once; its projections have no bias.

# %%
base = Config(37_000, d_model=512, n_heads=8, n_layers=6, d_ff=2048, residual=PostNorm)
big = Config(37_000, d_model=1024, n_heads=16, n_layers=6, d_ff=4096, residual=PostNorm)


def on_paper(config):
    with torch.device("meta"):
        return Transformer(config)


shared = ["target_embedding.table", "head"]
shared += [f"{name}_proj.bias" for name in ("q", "k", "v", "out")]

# %%
def millions(config):
    named = on_paper(config).named_parameters()
    return sum(p.numel() for name, p in named if not any(part in name for part in shared)) / 1e6


for name, config, published in (("base", base, 65), ("big", big, 213)):
    print(f"{name:4}  ours {millions(config):.1f} M   published {published} M")
    assert abs(millions(config) / published - 1) < 0.04

# %% [markdown]
# Close, not equal: the paper says "about 37 000" pieces of words. With 41 100 *base* fits to the
# digit and *big* does not. A published number has a convention behind it, and often it is not
# written down.

# %% [markdown]
# ## $3.3 \cdot 10^{18}$, counted twice
#
# The paper tells how it got its number: training time × graphics cards × what one card can do in
# a second. *Base* took 12 hours on 8 cards, *big* 3.5 days; a card is put at 9.5 tera-FLOPs,
# $9.5 \cdot 10^{12}$ a second.

# %%
def by_the_clock(days):
    return days * 24 * 3600 * 8 * 9.5e12


print(f"base {by_the_clock(0.5):.1e}   big {by_the_clock(3.5):.1e}")
assert f"{by_the_clock(0.5):.1e}" == "3.3e+18" and f"{by_the_clock(3.5):.1e}" == "2.3e+19"

# %% [markdown]
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

    return flops(one_step) / length * 25_000 * steps


counted = {"base": by_counting(base, 100_000), "big": by_counting(big, 300_000)}
print({name: f"{count:.1e}" for name, count in counted.items()})
share = counted["base"] / by_the_clock(0.5), counted["big"] / by_the_clock(3.5)
print(f"counted / by the clock: base {share[0]:.2f}, big {share[1]:.2f}")
assert 0.2 < share[0] < share[1] < 0.6

# %% [markdown]
# <details><summary>Why</summary>
#
# **c.** The clock also runs while a card waits for memory, softmaxes, adds norms or talks to
# its seven neighbours: the paper's number says what the cards *could* have done in that time. We
# count products that *had* to be done. *a*: a clock leaves nothing out. *b* would be a card that
# never waits.
# </details>
#
# The cards were busy with products 29 % of the time, 42 % for *big*, whose matrices are larger.
# The rivals' numbers were estimated by the clock too, so the comparison stands.

# %% [markdown]
# A rule of thumb falls out: each weight takes part in one multiply-add forward and in two on the
# way back, so training costs about 6 FLOPs a weight and word.

# %%
rule = 6 * millions(base) * 1e6 * 25_000 * 100_000
print(f"rule of thumb / counted: {rule / counted['base']:.2f}")
assert 0.95 < rule / counted["base"] < 1.05

# %% [markdown] covers="K2"
# ## Whole documents
#
# In 2018 the same layers wrote whole Wikipedia articles from their sources. Two measures:
# **perplexity** is $e^{\text{loss}}$: among how many equally likely words the model seems to
# choose; less is better. **ROUGE-L** asks for the longest row of words that two texts share in the
# same order.
# By hand: how many words, with gaps allowed?
#
# *the cat is black* · *the black cat is here*

# %%
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

# %% [markdown]
# *the cat is*: 3 of 4 words written, 3 of 5 wanted, and the score is the harmonic mean of the two
# shares, as a percentage. Now the table. L is how many words a model may read.

# %%
documents = {  # perplexity, ROUGE-L
    "seq2seq-attention, L = 500": (5.04952, 12.7),
    "Transformer-ED, L = 500": (2.46645, 34.2),
    "Transformer-D, L = 4000": (2.22216, 33.6),
    "Transformer-DMCA, L = 11000": (2.05159, 36.2),
    "Transformer-DMCA, MoE-128, L = 11000": (1.92871, 37.9),
    "Transformer-DMCA, MoE-256, L = 7500": (1.90325, 38.8),
}
for name, (perplexity, rouge) in documents.items():
    print(f"{name:37} {perplexity:.2f}  loss {math.log(perplexity):.2f}  ROUGE-L {rouge}")

# %% [markdown]
# *ED* has an encoder and a decoder, *D* a decoder alone, *DMCA* shortens the keys (the idea of
# notebook 13), *MoE* chooses among many feed-forward networks.
#
# > **Predict.** Does a lower perplexity always come with a higher ROUGE-L in this table?
# >
# > - **a** almost: one pair is the other way round
# > - **b** yes, both measure how good the text is
# > - **c** no, the two have nothing to do with each other

# %%
rows = list(documents.items())
for (name, one), (next_name, two) in zip(rows, rows[1:]):
    if two[0] < one[0] and two[1] < one[1]:
        print(f"{next_name}: perplexity better, ROUGE-L worse than {name}")
assert documents["seq2seq-attention, L = 500"][0] / documents["Transformer-ED, L = 500"][0] > 2

# %% [markdown]
# <details><summary>Why</summary>
#
# **a.** Reading 4000 words in place of 500 lowers the perplexity, and the text it writes matches a
# little less. *b* overlooks that one measures the surprise at the *right* next word, the other a
# text the model wrote *by itself*. *c*: over the whole table they move together.
# </details>
#
# The jump is in the first step: recurrent to Transformer, with the same 500 words to read.

# %% [markdown] covers="K3"
# ## A leaderboard of 2021
#
# GLUE and its harder successor SuperGLUE put many small tasks of understanding English into one
# score. One of the documents shows the six leaders:

# %%
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
# All six are Transformers, five of them encoders like those of notebook 11. Is the order one of
# quality? Let two systems that are *equally* good answer 1000 questions, 90.5 % right in the long
# run, and repeat that 2000 times.

# %%
right = (torch.rand(2, 2000, 1000) < 0.905).float().mean(-1) * 100
apart = (right[0] - right[1]).abs().round(decimals=1)
share = (apart >= 0.5).float().mean().item()
print("half a point apart or more, in more than half of the contests:", share > 0.5)
assert share > 0.5

# %% [markdown]
# So on a test of that size the whole distance between first and sixth is what chance makes of
# twins. (GLUE's nine tests have from 146 to 390 000 questions.) A leaderboard tells families
# apart, not neighbours.

# %% [markdown] covers="K4"
# ## What a longer text costs
#
# The bill of attention: $T^2 d$ multiply-adds for the scores, as many again for the average.
# Here is the paper's table of layers, counted by the clerk. A recurrent layer multiplies a word and
# a state with a $d \times d$ matrix each, a **convolution** of width 3 mixes three neighbours.

# %%
mixer = nn.Conv1d(64, 64, 3, padding=1)
layers = {
    "attention": lambda x: Attention()(x[None], x[None], x[None]),
    "recurrent": nn.RNN(64, 64, batch_first=True),
    "convolution": lambda x: mixer(x.mT),
}
formulas = {
    "attention": lambda T, d: 2 * T * T * d,
    "recurrent": lambda T, d: 2 * T * d * d,
    "convolution": lambda T, d: 3 * T * d * d,
}
for name, layer in layers.items():
    counts = [flops(partial(layer, torch.randn(1, T, 64))) // 2 for T in (16, 64, 256)]
    print(f"{name:12}", *(f"{count:>9,}" for count in counts))
    assert counts == [formulas[name](T, 64) for T in (16, 64, 256)]

# %% [markdown]
# Look at the middle column: with 64 words of 64 numbers attention and recurrence cost the same.
# Shorter texts are cheaper for attention, longer ones dearer. Beside the cost stand two more
# virtues, which you met in notebook 01:
#
# | layer | multiply-adds | steps in a row | steps between two words |
# |---|---|---|---|
# | attention | $T^2 \cdot d$ | 1 | 1 |
# | recurrent | $T \cdot d^2$ | $T$ | $T$ |
# | convolution, width $w$ | $w \cdot T \cdot d^2$ | 1 | $\log_w T$ at best |

# %% [markdown]
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

# %% tags=["nbval-ignore-output"]
lengths = [64, 128, 256, 512, 1024, 2048]
measured = {name: [milliseconds(f, T) for T in lengths] for name, f in layers.items()}
plots.curves(
    lengths, measured, xlabel="words", ylabel="milliseconds", log="xy",
    title="two lines are straight and equally steep, one is steeper",
)

# %%
growth = {name: times[5] / times[2] for name, times in measured.items()}
print("attention more than 20 times:", growth["attention"] > 20)
print("recurrent less than 20 times:", growth["recurrent"] < 20)
assert growth["attention"] > 2 * growth["recurrent"]

# %% [markdown]
# <details><summary>Why</summary>
#
# **b.** The square of 8 is 64; the recurrent layer takes eight times as many steps. *a* forgets
# that every new word is asked by all the others. *c* has them turned round. On your machine the
# factor may be above 64: large score matrices no longer fit into the processor's fast memory.
# </details>

# %% [markdown]
# ### When does the square bite?
#
# A layer does more than $T^2 d$: four projections ($4 T d^2$) and, in the paper, a feed-forward
# network ($8 T d^2$).
#
# > **Predict.** 25 words in the paper's model: what share of an encoder layer's multiply-adds is
# > the square?
# >
# > - **a** about half
# > - **b** about a tenth
# > - **c** less than a hundredth

# %%
def square_share(length, d_model=512):
    square, rest = 2 * length**2 * d_model, 12 * length * d_model**2
    return square / (square + rest)


for length in (25, 512, 3072, 16_384):
    print(f"{length:6} words: {square_share(length):.3f}")
assert square_share(25) < 0.01 and square_share(6 * 512) == 0.5

# %% [markdown]
# <details><summary>Why</summary>
#
# **c.** The shares are as $T$ to $6 d$, here 25 to 3072. For sentences the famous square is next to
# nothing, and *a* and *b* are what its fame suggests. At $T = 6d$ it is half, and from there it
# takes over.
# </details>
#
# Turn the knob: a wider model puts the take-over off.

# %%
def bill(d_model):
    lengths = [2**n for n in range(4, 17)]
    shares = {"share of the square": [square_share(T, d_model) for T in lengths]}
    title = f"d_model {d_model}: half of the work at {6 * d_model} words"
    return plots.curves(lengths, shares, xlabel="words", ylabel="share", log="x", title=title)


Knob(bill, [64, 256, 512, 1024, 4096], label="d_model", start=512)

# %% [markdown]
# ## Break it: does hiding save?
#
# A look-ahead mask hides half of the scores. Half of the bill?

# %%
quiz("masks_save_nothing")

# %%
x = torch.randn(1, 256, 64)
print("FLOPs without mask", flops(lambda: Attention()(x[None], x[None], x[None])))
hidden = flops(lambda: Attention()(x[None], x[None], x[None], causal_mask(256)))
print("FLOPs with mask   ", hidden)
assert hidden == flops(lambda: Attention()(x[None], x[None], x[None]))

# %%
quiz("four_times")

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown]
# ### 1 · How many scores? ★ 1 min
#
# Every word of a sentence of 9 asks every word. How many scores are there?

# %% tags=["exercise"]
n_scores = ...

# %%
check("n_scores", n_scores)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
n_scores_solution = 9 * 9
check("n_scores", n_scores_solution)

# %% [markdown]
# ### 2 · A layer's weights ★★ 5 min
#
# All learned numbers of one encoder layer of the library: four projections *with* a bias each,
# two feed-forward layers with a bias each, two norms with a gain and a shift for each feature.

# %% tags=["exercise"]
def layer_parameters(d_model, d_ff):
    """For d_model 2 and d_ff 3 it is 49."""
    raise NotImplementedError


# %%
check("layer_parameters", layer_parameters)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def layer_parameters_solution(d_model, d_ff):
    attention = 4 * (d_model**2 + d_model)
    feed_forward = 2 * d_model * d_ff + d_ff + d_model
    return attention + feed_forward + 4 * d_model  # two norms


check("layer_parameters", layer_parameters_solution)

# %% [markdown]
# ### 3 · The bill of attention ★★ 4 min
#
# Multiplications *and* additions of $q k^\top$ and of weights · $v$. Eight words of three numbers:
# 768.

# %% tags=["exercise"]
def attention_flops(length, d_model):
    """Both products, all heads together."""
    raise NotImplementedError


# %%
check("attention_flops", attention_flops)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def attention_flops_solution(length, d_model):
    return 4 * length**2 * d_model


check("attention_flops", attention_flops_solution)

# %% [markdown]
# ### 4 · And the memory? ★★ 4 min
#
# One sentence of 4096 tokens, 8 heads, 4 bytes a number. How many MiB ($2^{20}$ bytes) do the
# scores of one layer take?

# %% tags=["exercise"]
score_memory = ...

# %%
check("score_memory", score_memory)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
score_memory_solution = 8 * 4096 * 4096 * 4 / 2**20
check("score_memory", score_memory_solution)

# %% [markdown]
# ## Recap
#
# - Better translations for fewer operations. *Big* is best in both languages.
# - The paper's FLOPs are time × what the cards could do; the products alone are 29 % and 42 % of
#   that.
# - Attention costs $T^2 d$. In sentences that is next to nothing; from $T = 6 d$ on it rules.
#
# **New words.** *FLOP*: one multiplication or addition. *Perplexity*: $e^{\text{loss}}$. *ROUGE-L*:
# the longest common row of words.
#
# **Open** `benchmarks/README.md`: the paper's Table 3, recounted row by row.
#
# **What breaks next.** Four times 4096 tokens are 16 times the memory of your last exercise: 8 GiB
# for one layer. A book has more. Notebook 13 asks what one can leave out.

# %% [markdown]
# **Next:** [13 Attention for long texts](13_efficient_attention.ipynb)
