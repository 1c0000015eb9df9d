# %% [markdown] slideshow={"slide_type": "slide"}
# # Attention by hand
#
# > At the end you can compute the attention of a four-word sentence with a pencil, and predict
# > what any softmax will do when the vectors grow from 4 numbers to 1024. About 60 minutes;
# > bring paper.

# %%
import math

import torch
import torch.nn.functional as F
from torch import nn

from lesson import plots
from lesson.bertviz_views.views import neuron_view
from lesson.evidence import evidence
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin, show_source
from lesson.widgets.scaling_explorer import ScalingExplorer
from lesson.widgets.stepper import AttentionStepper
from transformer_lib.attention import Attention, MultiHeadAttention, dot_product_scores
from transformer_lib.data import wide_example, worked_example
from transformer_lib.trace import record

seed = 0
begin(seed)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch: an average that ignores who asks
#
# With many numbers a key, the look-up of notebook 04 lets one key take all before it has learnt
# anything. To see why, do every step once yourself, with few numbers. Here is the sentence for it:
# one word a row, four small whole numbers a word. A real model has 512, and they are not whole.

# %% slideshow={"slide_type": "fragment"}
example = worked_example()
tokens, x = example.tokens, example.x
print(tokens)
print(x)

# %% [markdown] slideshow={"slide_type": "subslide"}
# "student" should know that it belongs to "I". So its vector must take something from the other
# vectors. The plainest way to mix four vectors is to average them.

# %% slideshow={"slide_type": "fragment"}
blind = x.mean(0).expand(4, 4)
print(blind)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Four equal rows: each word got the same mixture, and nothing tells them apart any more. The
# average needs *weights*, and the weights must depend on **who asks** and **who answers**. That is
# all attention adds.

# %% [markdown] covers="D1" slideshow={"slide_type": "slide"}
# ## Four steps
#
# 1. **Project**: each word makes a query (what I look for), a key (what I can be found by) and a
#    value (what I hand over).
# 2. **Score**: the dot product of one word's query with every word's key.
# 3. **Weight**: divide by $\sqrt{d_k}$, then softmax: positive numbers that sum to 1.
# 4. **Update**: the average of the values with those weights.
#
# You now do each step on paper, for the word "I". Then a loop does it, then a matrix, then the
# library, and each must agree with the one before.

# %% [markdown] covers="D2" slideshow={"slide_type": "slide"}
# ## Step 1: project
#
# $q = x\,W_Q$. To get the first number of a query, multiply the word's row with the first
# *column* of $W_Q$ and add up.

# %% slideshow={"slide_type": "fragment"}
print(example.w_q)

# %% [markdown] slideshow={"slide_type": "fragment"}
# > **Predict.** The row of "student" is $[0, 1, 1, 0]$. What is its query?
# >
# > - **a** $[-1, 1, 1, 1]$, the two middle columns of $W_Q$ added up
# > - **b** $[1, 0, 2, 1]$, the two middle rows of $W_Q$ added up
# > - **c** $[0, 0, 1, 0]$, place by place with the diagonal of $W_Q$

# %% slideshow={"slide_type": "fragment"}
print("query of student:", x[3] @ example.w_q)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** Each number of the word says how much of *one row* of $W_Q$ goes into the query: none of
# the first, one of the second, one of the third, none of the fourth. *a* is $W_Q\,x$, with the word
# on the other side. *c* never mixes features; a projection is there to mix them.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# All three projections of all four words. Check "I" with a pencil: a row of ones adds up every
# column.

# %% slideshow={"slide_type": "fragment"}
q, k, v = x @ example.w_q, x @ example.w_k, x @ example.w_v
for name, matrix in [("q", q), ("k", k), ("v", v)]:
    print(name, *[f"{word} {row}" for word, row in zip(tokens, matrix.int().tolist())], sep="   ")

# %% [markdown]
# One word has become three vectors. They start from the same numbers but pass through three
# different matrices. Training changes those matrices and nothing else here.

# %% [markdown] exercise="student_score" covers="D2" slideshow={"slide_type": "slide"}
# ## Step 2 and 3 on paper, for the word "I"
#
# Fill in the table. Multiply $q_I = [1, 1, 1, 1]$ with each key, place by place, and add up. Then
# divide by $\sqrt{d_k} = \sqrt{4} = 2$.
#
# | key of | numbers | products | sum | ÷ 2 |
# |---|---|---|---|---|
# | I | 1, 1, 0, 1 | 1 + 1 + 0 + 1 | … | … |
# | am | 2, 0, −1, 0 | … | … | … |
# | a | 0, 1, −1, 1 | … | … | … |
# | student | 1, 0, 1, 0 | … | … | … |

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### From scores to weights
#
# <details><summary>The filled table</summary>
#
# | key of | products | sum | ÷ 2 |
# |---|---|---|---|
# | I | 1 + 1 + 0 + 1 | 3 | 1.5 |
# | am | 2 + 0 − 1 + 0 | 1 | 0.5 |
# | a | 0 + 1 − 1 + 1 | 1 | 0.5 |
# | student | 1 + 0 + 1 + 0 | 2 | 1.0 |
#
# "I" matches itself best, and of the others "student". That is the relation we hoped for.
# </details>
#
# These four numbers are the first of four **views** of the same thing; each later view is held
# against them.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** The score of "I" with itself, 1.5, is three times its score with "am", 0.5. How
# > much more **weight** will it get?
# >
# > - **a** three times as much
# > - **b** it depends on the two other words
# > - **c** $e^{1.5 - 0.5} = e \approx 2.7$ times as much

# %% slideshow={"slide_type": "fragment"}
pencil = [1.5, 0.5, 0.5, 1.0]
exponentials = [math.exp(score) for score in pencil]
pencil_weights = [e / sum(exponentials) for e in exponentials]
print([f"{weight:.3f}" for weight in pencil_weights])
print(f"I to am: {pencil_weights[0] / pencil_weights[1]:.3f} times")

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Softmax turns a *difference* of scores into a *ratio* of weights:
# $e^{1.5}/e^{0.5} = e^{1}$. *a* would be right if the weights were the scores divided by their
# sum, but then negative scores would give negative weights. *b*: the other words change both
# weights by the same factor, so their ratio stays.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Step 4 on paper: the reweighted values
#
# Each value is multiplied with its weight, then the four rows are added. Check the last column:
# $0.427 \cdot 2 + 0.157 \cdot 0 + 0.157 \cdot 2 + 0.259 \cdot 1 = 1.427$.

# %% slideshow={"slide_type": "fragment"}
reweighted = torch.tensor(pencil_weights)[:, None] * v
print(reweighted)
print("sum:", reweighted.sum(0))

# %% [markdown] slideshow={"slide_type": "fragment"}
# That sum is the **attention value** of "I": still four numbers, still one word, but now made of
# all four. The largest share comes from "I", the next from "student".

# %% [markdown]
# ## Second view: loops
#
# The same for every word that asks. Two loops, one over who asks and one over who answers,
# written as you did it on paper.

# %%
def attention_by_loops(q, k, v):
    output = torch.zeros(len(q), v.size(1))
    for asks in range(len(q)):
        scores = [float(q[asks] @ k[answers]) / math.sqrt(k.size(1)) for answers in range(len(k))]
        total = sum(math.exp(score) for score in scores)
        for answers in range(len(k)):
            output[asks] += math.exp(scores[answers]) / total * v[answers]
    return output


by_loops = attention_by_loops(q, k, v)
print(by_loops)
assert torch.allclose(by_loops[0], reweighted.sum(0))

# %% [markdown]
# Row 0 is what your pencil found. The assertion would stop the notebook if it were not.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Third view: matrices
#
# > **Predict.** `q @ k.T` multiplies a (4, 4) with a (4, 4). Counting from 0, as Python does: what
# > stands in row 1, column 3 of the result?
# >
# > - **a** how well the **query** of "am" matches the **key** of "student"
# > - **b** how well the query of "student" matches the key of "am"
# > - **c** both: a dot product is the same either way

# %% slideshow={"slide_type": "fragment"}
scores = q @ k.T / math.sqrt(4)
print(scores)
assert scores[0].tolist() == pencil
assert scores.diagonal().tolist() == [1.5] * 4

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** Row = who asks, column = who answers, here and in every picture of the course.
# *b* is row 3, column 1: 0.0 instead of 1.5. *c* would hold if queries and keys were the same
# vectors. They are not: "am" asks for "student" more than "student" asks for "am".
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# The diagonal is 1.5 throughout: each word's score with itself. No other word beats it in its row,
# though "student" ties with "am" in the row of "am". Softmax runs along each row, then the weights
# meet the values.

# %% slideshow={"slide_type": "fragment"}
weights = scores.softmax(dim=-1)
output = weights @ v
print(weights)
print("row sums:", weights.sum(-1))
assert torch.allclose(output, by_loops)

# %% [markdown]
# One line each instead of two loops, and it computes all four words at once. This is why
# attention is fast: nothing waits for the word before it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The picture
#
# Left the scores, any number, white at zero. Right the weights, always from 0 to 1. Read a row:
# "I ask; who answers, and how loudly?"

# %% tags=["teaser"] slideshow={"slide_type": "fragment"}
left, right = plots.panels(2)
plots.heatmap(scores, tokens, signed=True, title="the diagonal is not beaten", ax=left)
plots.heatmap(weights, tokens, title="every row sums to 1", ax=right)

# %% [markdown] slideshow={"slide_type": "fragment"}
# No weight is zero. "a" has the score −0.5 with "student" and still gives it 6 %. Softmax never
# says "not related"; it says "less". Cutting a word off completely needs a mask, the subject of
# the next notebook.

# %% [markdown]
# ### Step through it
#
# The whole way once more, one matrix at a time. Press **space** to play, the arrow keys to step,
# and click any number to read the arithmetic that made it. Then switch a stage off. What do the
# rows add up to without softmax?

# %% slideshow={"slide_type": "subslide"}
AttentionStepper()

# %% [markdown]
# <details><summary>Without softmax</summary>
#
# To the sum of their scores: 3.5 in the row of "I", and 2.0 in the row of "student". The scores are
# used as they are, so a word can count more than once, and another one negatively.
# </details>
#
# You need no more than this to check any attention anywhere: it is the same nine stages in a
# model with a billion numbers.

# %% [markdown] covers="D2" slideshow={"slide_type": "slide"}
# ## Fourth view: the name and the library
#
# $$\text{Attention}(Q, K, V) = \text{softmax}\!\left(\frac{Q K^\top}{\sqrt{d_k}}\right) V$$
#
# It is called **scaled dot-product attention**. The library's class is the formula; here is its
# own code, not a copy.

# %% slideshow={"slide_type": "fragment"}
show_source(Attention)

# %% [markdown]
# It returns three things: the output, the weights, and the scores before a mask. All three must
# be the ones you have.

# %%
attended = Attention()(q, k, v)
assert torch.allclose(attended.scores, scores)
assert torch.allclose(attended.weights, weights)
assert torch.allclose(attended.output, output)
print("PyTorch agrees:", torch.allclose(F.scaled_dot_product_attention(q, k, v), output))

# %% [markdown]
# And once more with the layer that real models are built of. It keeps its own matrices, so we put
# ours in. (`nn.Linear` stores a matrix transposed; hence the `.T`. The fourth matrix mixes several
# heads; there is one, so it changes nothing.) When nobody looks, the layer takes a short way
# through one kernel that gives the same output and keeps no weights; to look inside, we compute it
# the long way.

# %%
layer = MultiHeadAttention(d_model=4, n_heads=1)
projections = [layer.q_proj, layer.k_proj, layer.v_proj, layer.out_proj]
matrices = [example.w_q, example.w_k, example.w_v, torch.eye(4)]
with torch.no_grad():
    for projection, matrix in zip(projections, matrices):
        projection.weight.copy_(matrix.T)
        projection.bias.zero_()
    print(layer(x[None])[0])
    assert torch.allclose(layer(x[None])[0], output)

# %% [markdown]
# Table, loops, matrices, library: four views, one set of numbers.

# %% [markdown] covers="D6" slideshow={"slide_type": "subslide"}
# ### Inside one pair
#
# How do a query and a key become a weight? BertViz, a tool that many people use for large models,
# draws it number by number. It wants to know which part of a model it sees, so we call our layer
# an encoder's self-attention. Press the **+** beside "I".

# %% slideshow={"slide_type": "fragment"}
part = nn.ModuleDict({"encoder": nn.ModuleDict({"self_attention": layer})})
with record(part) as trace:
    layer(x[None])
seen = trace["encoder.self_attention"]
assert torch.allclose(seen.q[0, 0], q) and torch.allclose(seen.weights[0, 0], weights)
neuron_view(trace, tokens)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Blue is positive, orange negative. The products of "I" and "student" are 1, 0, 1, 0: two of the
# four features carry the whole match.

# %% [markdown] covers="X6" slideshow={"slide_type": "slide"}
# ## What the square root does not do
#
# One often reads that $Q K^\top$ "gets too large a matrix", so that its root is taken to make it
# smaller. Does dividing by $\sqrt{d_k}$ shrink the matrix?

# %% slideshow={"slide_type": "fragment"} proves="X6"
print("before:", tuple((q @ k.T).shape), " after:", tuple((q @ k.T / 2).shape))
assert (q @ k.T).shape == scores.shape == (4, 4)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The claim fails: the shape stays (4, 4) and no number of the matrix is dropped. What shrinks is
# the *size of its numbers*. Why that matters shows when the vectors get longer.

# %% [markdown] covers="D3" slideshow={"slide_type": "slide"}
# ## Wider: 64 numbers a word
#
# In the paper a key has 64 numbers. Let the query of "I" be sixty-four ones, its own key
# sixty-four twos. The dot product is $64 \cdot (1 \cdot 2) = 128$.

# %% slideshow={"slide_type": "fragment"}
wide_q, wide_k = wide_example()
raw = wide_q @ wide_k.T
print("q · k          ", raw)
print("q · k / sqrt 64", raw / math.sqrt(64))
assert raw[0, 0] == 128 and (raw / 8)[0, 0] == 16

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** Softmax turns the four numbers into one distribution over the four words. How
# > much weight does "student" get, without and with the division?
# >
# > - **a** nothing at all without, almost 2 % with
# > - **b** about 27 % both times: 96 of 352 is the same share as 12 of 44
# > - **c** almost 2 % without, nothing at all with

# %% slideshow={"slide_type": "fragment"}
without, scaled = raw.softmax(-1), (raw / 8).softmax(-1)
print("without:", without, "sum", without.sum())
print("with:   ", scaled, "sum", scaled.sum())
assert scaled[0, 3] > 0.017 and without[0, 3] < 1e-13

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** Only differences count. 128 and 96 differ by 32, and $e^{-32}$ is $10^{-14}$. Divided by 8
# they differ by 4, and $e^{-4} = 0.018$. *b* mistakes softmax for shares. *c* has the two turned
# round: a division brings numbers closer, never further apart.
# </details>

# %% [markdown] covers="D4" slideshow={"slide_type": "slide"}
# ## Why the square root
#
# Our wide vectors were made up. Take random ones instead, with mean 0 and variance 1. $q \cdot k$
# adds up $d_k$ products, and each product has variance 1. Variances of independent numbers add up.
#
# > **Predict.** At $d_k = 64$, how far from 0 does $q \cdot k$ typically lie?
# >
# > - **a** 1
# > - **b** 64
# > - **c** 8

# %% slideshow={"slide_type": "fragment"} proves="X6"
many_q, many_k = torch.randn(2, 20_000, 64)
products = (many_q * many_k).sum(-1)
print(f"variance {products.var():.0f}, deviation {products.std():.1f}")
assert 60 < products.var() < 68 and 7.75 < products.std() < 8.25

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** The variance is 64, up to chance, so the typical distance, its root, is 8. *b* takes the
# variance for the distance. *a* is what you get *after* dividing by $\sqrt{64}$: that division is
# made to bring the distance back to 1, whatever the width.
# </details>

# %% [markdown]
# Now measure what softmax makes of such scores. 300 random queries meet 16 random keys each. We
# note three things: the **variance** of the scores, the **entropy** of the weights (0 bits: one
# word takes all; $\log_2 16 = 4$ bits: all are equal), and the **slope** $w(1-w)$, the share of a
# gradient that gets through softmax.

# %%
def measure(d_k, factor):
    q, k = torch.randn(300, 1, d_k), torch.randn(300, 16, d_k)
    scores = factor * (q @ k.mT)
    weights = scores.softmax(-1)
    entropy = -torch.xlogy(weights, weights).sum(-1).mean() / math.log(2)
    slope = (weights * (1 - weights)).mean()
    return scores.var(), entropy, slope


widths = [4, 16, 64, 256, 1024]
factors = {"no factor": lambda d: 1, "1/√d_k": lambda d: d**-0.5, "1/d_k": lambda d: 1 / d}
measured = {
    name: torch.tensor([measure(d, factor(d)) for d in widths]) for name, factor in factors.items()
}

# %% [markdown] slideshow={"slide_type": "subslide"}
# Five widths, three choices: leave the scores alone, multiply them by $1/\sqrt{d_k}$, or by
# $1/d_k$, which an attentive reader might ask about.

# %% slideshow={"slide_type": "fragment"}
findings = {
    "variance of the scores": "only 1/√d_k keeps it",
    "entropy of the weights, bits": "no factor: one key takes all",
    "slope of softmax": "no factor: no gradient",
}
for index, (ax, ylabel) in enumerate(zip(plots.panels(3, 3.6), findings)):
    lines = {name: table[:, index] for name, table in measured.items()}
    log, title = "x" if index else "xy", findings[ylabel]
    plots.curves(widths, lines, xlabel="d_k", ylabel=ylabel, log=log, title=title, ax=ax)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **No factor**: the variance grows with $d_k$, one word takes all, and the slope dies: hardly any
# gradient is left to correct a wrong choice. Softmax is *saturated*. **1/d_k**: the opposite
# failure. The weights become equal and the average is blind again. **1/√d_k**: all three lines are
# flat, so attention behaves alike however wide the vectors are. At $d_k = 1024$, in numbers:

# %% control="D4" slideshow={"slide_type": "fragment"}
for name, table in measured.items():
    variance, entropy, slope = table[-1].tolist()
    print(f"{name:9}  variance {variance:7.2f}  entropy {entropy:.1f} bits  slope {slope:.3f}")
at_1024 = {name: table[-1].tolist() for name, table in measured.items()}
evidence(
    "D4", lambda slope: slope > 0.02,
    {"slope of softmax, 1/√d_k": at_1024["1/√d_k"][2]},
    {"slope of softmax, no factor": at_1024["no factor"][2]},
    times=4,
)
evidence(
    "D4", lambda bits: bits < 3.8,
    {"bits of entropy, 1/√d_k": at_1024["1/√d_k"][1]},
    {"bits of entropy, 1/d_k": at_1024["1/d_k"][1]},
    by=0.3,
)

# %% [markdown]
# Is a real layer's query of variance 1? Not at the start: PyTorch draws the numbers of a matrix so
# that $q$ and $k$ have ⅓. Then a score has $d_k / 9$, and divided by $\sqrt{d_k}$ it has one ninth.

# %%
for width in (64, 1024):
    layer, words = MultiHeadAttention(width, n_heads=1), torch.randn(1, 200, width)
    q_wide, k_wide = layer.q_proj(words), layer.k_proj(words)
    spread = dot_product_scores(q_wide, k_wide).var().item()
    print(f"{width:4} numbers: variance of q {q_wide.var():.2f}, of the scaled scores {spread:.1f}")
    assert 0.08 < spread < 0.14

# %% [markdown]
# A ninth at both widths. So the root does not make the variance 1 here; it makes it **the same
# however wide the layer is**.

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Could the factor be learnt?
#
# Fair question: why fix the number at all? Let gradient descent choose it. The task: one of 16
# keys resembles the query, and attention must return that key's value. The factor starts at 1. How
# alike are the query and its key? We ask twice: so that the task is *equally hard* at each width
# (the likeness falls as $2/\sqrt{d_k}$), and with the *same likeness*, 0.3, at each.

# %%
def learn_factor(d_k, likeness, steps=120):
    log_factor = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.Adam([log_factor], lr=0.05)
    for _ in range(steps):
        k, v = torch.randn(64, 16, d_k), torch.randn(64, 16, 8)
        q = likeness * k[:, :1] + math.sqrt(1 - likeness**2) * torch.randn(64, 1, d_k)
        weights = (log_factor.exp() * (q @ k.mT)).softmax(-1)
        loss = (weights @ v - v[:, :1]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return log_factor.exp().item()

# %% [markdown] slideshow={"slide_type": "fragment"}
# > **Predict.** From $d_k = 16$ to 128, $1/\sqrt{d_k}$ falls to about a third. And the learnt factor?
# >
# > - **a** it falls to a third in both tasks: training finds the square root
# > - **b** in neither
# > - **c** in the first task; in the second it does not

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
torch.manual_seed(seed)
some = [16, 32, 64, 128]
learnt = {
    "equally hard": [learn_factor(d_k, 2 / math.sqrt(d_k)) for d_k in some],
    "likeness 0.3": [learn_factor(d_k, 0.3) for d_k in some],
}
for name, factors in learnt.items():
    print(name, [f"{factor:.2f}" for factor in factors])
falls = [factors[-1] < factors[0] / 2 for factors in learnt.values()]
print("falls to less than a half:", falls)
assert falls == [True, False]

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "subslide"}
lines = learnt | {"1/√d_k": [d**-0.5 for d in some]}
title = "the factor that training wants depends on the task"
plots.curves(some, lines, xlabel="d_k", ylabel="factor", log="xy", title=title)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** In the first task *we* wrote the root into the likeness, and the learnt factor gave it
# back. In the second the right key stands out more and more as the vectors grow, and the learnt
# factor stays near 0.3. So *a*, which one often reads, is not what training shows. *b* overlooks
# that the factor follows the task, and the first task has the root in it. (Wider still, at 1024
# with the likeness 0.3, the factor stayed at 1, its start, when we tried: the task was easy.)
# </details>

# %% [markdown] slideshow={"slide_type": "fragment"}
# What is left for $1/\sqrt{d_k}$? The **start**: before anything is learnt, no key takes all, at
# any width. What a task wants beyond that, $W_Q$ and $W_K$ can learn: doubling $W_Q$ doubles every
# score.

# %% slideshow={"slide_type": "subslide"}
quiz("double_the_width")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Turn the knob
#
# Random queries and keys. Move $d_k$ with the division off: watch the scores spread. From which
# width on does one key take nearly all? Then switch the division on. Does the width still matter?

# %% slideshow={"slide_type": "fragment"}
ScalingExplorer()

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you see</summary>
#
# There is no edge: the wider, the more often one key has nearly all, and at 1024 almost every time.
# With the division the scores spread alike at each width; how the weights fall is up to chance.
# </details>

# %% [markdown] covers="D5 X4" slideshow={"slide_type": "slide"}
# ## How wide is a head?
#
# A **head** is one attention like yours; notebook 07 puts several side by side. The paper splits
# $d_{model} = 512$ among 8 of them, so a query has $d_k = d_v = 512 / 8 = 64$ numbers. One also
# reads another sum: "64 + 64 + 64 + 64 = 512, therefore divide by four".

# %% slideshow={"slide_type": "fragment"} proves="X4"
print("64 + 64 + 64 + 64 =", 64 + 64 + 64 + 64)
paper = MultiHeadAttention(d_model=512, n_heads=8)
paper_k, paper_v = paper.keys_values(torch.randn(1, 4, 512))
print("keys of 4 words:", tuple(paper_k.shape), " values:", tuple(paper_v.shape))
assert paper_k.size(-1) == paper_v.size(-1) == 512 // 8 == 64 and 4 * 64 == 256

# %% [markdown] slideshow={"slide_type": "fragment"}
# The claim fails twice: the sum is 256, and the four words have nothing to do with it. The shape
# reads (batch 1, heads 8, words 4, width 64). Words and heads are different axes.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Break it: softmax along the wrong axis
#
# > **Predict.** `softmax(dim=0)` instead of `dim=-1`. What goes wrong?
# >
# > - **a** an error, since the shapes do not fit
# > - **b** columns sum to 1 instead of rows, and some words hear more than 100 %
# > - **c** nothing, since the matrix is square

# %% slideshow={"slide_type": "fragment"}
wrong = scores.softmax(dim=0)
print("row sums:", wrong.sum(-1))
print("column sums:", wrong.sum(0))
assert wrong.sum(-1).max() > 1.1

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** In a row, four keys compete for one query. Down a column, four queries compete for one key:
# "am" ends up with 117 % and "student" with 78 %. *a* is the trouble with this mistake: softmax
# takes any axis of any shape and raises nothing. *c*: the shape is right and every number in it is
# wrong. Add up your rows; it is the cheapest test there is.
# </details>

# %% [markdown]
# ## Exercises
#
# Write, run, check. `check` never raises; it names the mistake it recognises. `hint("…")` gives
# one more line each time you ask.

# %% [markdown] exercise="scores_shape"
# ### 1 · A shape

# %% [markdown] exercise="scaled_scores"
# ### 2 · Scores

# %% [markdown] exercise="softmax_rows"
# ### 3 · Softmax

# %% [markdown] exercise="attention"
# ### 4 · Attention

# %% [markdown] exercise="repair_scale"
# ### 5 · Repair: the scale

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - Attention is a weighted average of values; the weights are a softmax over query–key scores.
# - Dividing by $\sqrt{d_k}$ keeps the scores' variance the same at any width. Shapes do not change.
# - Row = who asks, column = who answers; softmax runs along the row, and every row sums to 1.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **New words.** *Query, key, value*: three projections of a word. *Score*: before softmax.
# *Weight*: after it. *Saturated*: one weight near 1, no gradient left.
#
# **Open** `transformer_lib/attention.py`: the first 60 lines are this notebook.
#
# **What breaks next.** Every word saw every word. A model that writes a sentence must not see the
# words it has yet to write, and a short sentence in a batch is filled up with words that are not
# there. → [06 Masks](06_masks.ipynb)
