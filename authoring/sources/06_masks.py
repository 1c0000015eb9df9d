# %% [markdown] slideshow={"slide_type": "slide"}
# # Masks
#
# > At the end you can say, for each of the Transformer's three attentions, which cells are hidden
# > and why, and recognise an inverted mask by its symptoms. About 50 minutes.

# %%
import math

import torch
import torch.nn.functional as F
from torch import nn

from lesson import plots
from lesson.evidence import evidence
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin, show_source
from lesson.widgets.knob import Knob
from lesson.widgets.stepper import AttentionStepper
from transformer_lib.attention import Attention, masked_softmax
from transformer_lib.data import CAT, HOPKINS, STUDENT, worked_example
from transformer_lib.masks import PAD, causal_mask, padding_mask
from transformer_lib.model import Config, LanguageModel, Transformer
from transformer_lib.trace import record

seed = 0
begin(seed)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch: a sentence changes when its neighbour grows
#
# Models read sentences in batches, and a batch is a rectangle. Short sentences are filled up with
# a token that means nothing, the **pad**. Here is "I am a student" alone and with two pads.

# %% slideshow={"slide_type": "fragment"}
example = worked_example()
padded = F.pad(example.x, (0, 0, 0, 2))  # two more rows of zeros
print(padded)

# %% [markdown] slideshow={"slide_type": "subslide"}
# A pad is a row of zeros, so it should change nothing. What does "I" hear, alone and with the two
# pads?

# %% slideshow={"slide_type": "fragment"}
alone = Attention()(example.q, example.k, example.v)
q, k, v = (padded @ w for w in (example.w_q, example.w_k, example.w_v))
with_pads = Attention()(q, k, v)
print("I, alone:    ", alone.output[0])
print("I, with pads:", with_pads.output[0])
assert not torch.allclose(alone.output[0], with_pads.output[0], atol=0.1)

# %% [markdown] slideshow={"slide_type": "fragment"}
# "I" has changed although the sentence has not. A key of zeros gets the score 0; that is a score
# like any other, and softmax gives every score a weight.

# %% slideshow={"slide_type": "subslide"}
words = [*example.tokens, "<pad>", "<pad>"]
plots.heatmap(with_pads.weights, words, title="the two pads take weight from every word")

# %% [markdown] slideshow={"slide_type": "fragment"}
# We need a way to say "do not look there". It has to work **before** the softmax, so that the
# remaining weights still sum to 1.

# %% [markdown] covers="E2" slideshow={"slide_type": "slide"}
# ## By hand: a score of −∞
#
# Softmax of a score $s$ is $e^s$ divided by the sum. For which $s$ is $e^s$ exactly 0?

# %% slideshow={"slide_type": "fragment"}
for score in (0.0, -10.0, -1000.0, -math.inf):
    print(f"e^{score} = {math.exp(score):.6f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# At −∞, and in floating point already for very negative numbers. So: write −∞ into the scores that
# must not count, then softmax as before. For "I" with the scores 1.5, 0.5, 0.5, 1.0 and two pads:

# %% slideshow={"slide_type": "fragment"}
scores = torch.tensor([1.5, 0.5, 0.5, 1.0, -math.inf, -math.inf])
print(scores.softmax(-1))
assert (scores.softmax(-1)[4:] == 0).all()
assert torch.allclose(scores.softmax(-1)[:4], alone.weights[0])

# %% [markdown] slideshow={"slide_type": "fragment"}
# Exactly 0 for the pads, and for the words the weights of notebook 05. One rule holds in this
# whole course:
#
# > **A mask is a boolean tensor that broadcasts to (batch, heads, query, key); True means this
# > query may attend to this key.**

# %% [markdown] exercise="n_pads" covers="E1 X1" slideshow={"slide_type": "slide"}
# ## The padding mask
#
# The documents this course follows set a longest sentence of 41 tokens and take one of nine:
# "Anthony Hopkins admired Michael Bay as a great director". They say it needs 31 pads.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Count and see
#
# Nine words, so how many places are left over?

# %% proves="X1" slideshow={"slide_type": "fragment"}
sentence = HOPKINS.split()
print(len(sentence), "tokens:", *sentence)
print("pads:", 41 - len(sentence))
assert 41 - len(sentence) == 32

# %% [markdown]
# Now the ids: any numbers will do for the words, `PAD` (0) for the rest.

# %%
tokens = torch.zeros(1, 41, dtype=torch.long)
tokens[0, :9] = torch.arange(1, 10)
mask = padding_mask(tokens)
print("tokens", tuple(tokens.shape), "-> mask", tuple(mask.shape))
print("visible keys:", int(mask.sum()), " hidden keys:", int((~mask).sum()))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The shape reads (batch 1, every head, every query, 41 keys). The two ones are copied to every
# head and query, for it does not matter who asks: a pad is a pad for all.

# %% slideshow={"slide_type": "fragment"}
plots.mask_map(mask.expand(1, 1, 41, 41), title="nine columns are visible, thirty-two are not")

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** Rows 9 to 40 are the pads' own queries. They stay visible in the picture. What
# > should become of them?
# >
# > - **a** hide them too, or they spoil the result
# > - **b** leave them: they help the model to know the length
# > - **c** leave them: nobody reads what a pad has computed

# %% slideshow={"slide_type": "fragment"}
small = torch.tensor([[5, 6, 7, 8, PAD, PAD]])
hidden = Attention()(q[None, None], k[None, None], v[None, None], padding_mask(small))
print("the words are as they were alone:", torch.allclose(hidden.output[0, 0, :4], alone.output))
print("a pad's own output:", hidden.output[0, 0, 5])

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** The four words are as they were alone, whatever the pads' rows hold.
# Later layers hide the same keys again, and the loss skips these places. *a* leads to rows that
# see nothing at all, a special case we meet below. *b*: no word can read a hidden key, so no
# length gets out.
# </details>

# %% [markdown] covers="E2 E5" slideshow={"slide_type": "slide"}
# ## The look-ahead mask
#
# A decoder writes one word after the other: *je*, then *suis*, then *étudiant*. When it writes
# the second word, the third does not exist yet. In training all three are there, so the future
# must be hidden: query $i$ may see key $j$ only if $j \le i$.

# %% slideshow={"slide_type": "fragment"}
french = ["<start>", *STUDENT[1].split()]
future = causal_mask(len(french))
print(future.int())
assert all(future[i, j] == (j <= i) for i in range(4) for j in range(4))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The diagonal is visible: a word may look at itself. The documents draw the same for *Le chat est
# noir*. Scores on the left, on the right what softmax leaves.

# %% slideshow={"slide_type": "fragment"}
cat = CAT[1].split()
cat_scores = torch.randn(4, 4)
left, right = plots.panels(2)
plots.heatmap(cat_scores, cat, signed=True, mask=future, title="the future is set to −∞", ax=left)
cat_weights = masked_softmax(cat_scores, future)
plots.heatmap(cat_weights, cat, mask=future, title="and gets no weight", ax=right)
print("weight on the future:", cat_weights[~future].sum().item())

# %% [markdown] slideshow={"slide_type": "fragment"}
# "Le" can only see itself, so it must give itself the whole weight 1, whatever the score.

# %% [markdown]
# The same in the stages of notebook 05, with "I am a student": step to *mask* and click its cells
# to hide or show them. Which rows of the weights change? (The pattern *past only* comes next.)

# %% slideshow={"slide_type": "subslide"}
AttentionStepper(mask=causal_mask(4))

# %% [markdown]
# <details><summary>Which rows?</summary>
#
# Only the row of the cell that you clicked: softmax shares out 1 within a row, so what a hidden key
# loses goes to the other keys of that query.
# </details>

# %% [markdown] covers="X13" slideshow={"slide_type": "subslide"}
# ### Less, or less or equal?
#
# > **Predict.** One lecture writes the rule as $j < i$, without the equals sign. What happens to
# > the first word?
# >
# > - **a** it sees nothing
# > - **b** it sees itself, as before
# > - **c** it sees everything

# %% proves="X13" slideshow={"slide_type": "fragment"}
strict = causal_mask(4).tril(-1)  # key < query
strict_weights = cat_scores.masked_fill(~strict, -math.inf).softmax(-1)
print(strict.int())
print(strict_weights)
assert not strict[0].any() and strict_weights[0].isnan().all() and causal_mask(4)[0].sum() == 1

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** No $j$ is smaller than 0, so the first row is empty: softmax divides 0 by 0 and the whole
# row becomes `nan`, "not a number". *b* is the rule with $\le$. *c* would need the mask to be
# ignored.
# </details>
#
# The stepper's *past only* is this mask, and shows zeros in that row: the library catches the
# `nan`. You will see how.

# %% [markdown] covers="E3" slideshow={"slide_type": "slide"}
# ## Both at once
#
# A target sentence can be short *and* unfinished. Masks combine with `&`: visible if **both**
# allow it. (1, 1, 1, key) and (query, key) meet in (1, 1, query, key).

# %% tags=["teaser"] slideshow={"slide_type": "fragment"}
target = torch.tensor([[1, 7, 8, 9, PAD, PAD]])
both = padding_mask(target) & causal_mask(6)
print(tuple(padding_mask(target).shape), "&", tuple(causal_mask(6).shape), "->", tuple(both.shape))
padded_french = [*french, "<pad>", "<pad>"]
plots.mask_map(both, padded_french, title="no pad, no future")

# %% [markdown] slideshow={"slide_type": "subslide"}
# In this picture the pads stand behind the words, where the future is hidden anyway.
#
# > **Predict.** You leave the padding mask away and keep the look-ahead mask. Which *words* hear
# > something else?
# >
# > - **a** all of them: pads take weight
# > - **b** none here; but they would, if the pads stood in front
# > - **c** only the last word

# %% slideshow={"slide_type": "fragment"}
any_scores = torch.randn(6, 6)
sides = {"pads behind": [[1, 7, 8, 9, PAD, PAD]], "pads in front": [[PAD, PAD, 1, 7, 8, 9]]}
for name, row in sides.items():
    ids = torch.tensor(row)
    with_both = masked_softmax(any_scores, (padding_mask(ids) & causal_mask(6))[0, 0])
    future_only = masked_softmax(any_scores, causal_mask(6))
    words_only = ids[0] != PAD
    same = torch.equal(with_both[words_only], future_only[words_only])
    print(f"{name}: the words' rows are equal: {same}")
    assert same == (name == "pads behind")

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** A pad behind a word is in its future. *a* is true of an encoder, which hides no future.
# *c*: the last word sees no pad either. So the decoder's padding mask matters when pads stand in
# front (as in many programs that write in batches), and for the pads' own rows.
# </details>

# %% [markdown] covers="E3 X5 X7" slideshow={"slide_type": "slide"}
# ## Which attention gets which mask?
#
# A Transformer attends in three places: in the encoder, in the decoder, and from the decoder to
# the encoder (*cross*). The masks are made once, at the top of the model. The encoder's side:

# %% slideshow={"slide_type": "fragment"}
show_source(Transformer.encode)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The decoder makes a mask of its own and takes the encoder's along:

# %% slideshow={"slide_type": "fragment"}
show_source(Transformer.decode)

# %% [markdown] slideshow={"slide_type": "subslide"}
# | attention | asks | answers | hidden keys |
# |---|---|---|---|
# | encoder self | English | English | English pads |
# | decoder self | French | French | French pads **and** the future |
# | cross | French | English | English pads |
#
# Is it true? Run a real model on a padded pair and look where its weights are exactly 0.

# %% slideshow={"slide_type": "fragment"}
source = torch.tensor([[3, 4, 5, 6, 7, PAD, PAD, PAD]])
model = Transformer(Config(vocab_size=12, d_model=16))
with record(model) as trace:
    model(source, target)
for part in ("encoder", "decoder", "cross"):
    print(f"{part:8}", "queries x keys:", tuple(trace.weights(part)[0].shape[-2:]))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The shapes are those of the table. Are the zeros where it says, in every layer and head?

# %% proves="X7" slideshow={"slide_type": "fragment"}
expected = {"encoder": padding_mask(source), "decoder": both, "cross": padding_mask(source)}
for part, mask in expected.items():
    for weights in trace.weights(part):
        assert torch.equal(weights > 0, mask.expand_as(weights)), part
    print(f"{part:8}", int((~mask).sum()), "of", mask.numel(), "cells of its mask are hidden")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Two sentences often read are settled by this. "*The masked decoder attention compares the French
# with the English sentence*": no, its table is 6 × 6, French against French; only cross-attention
# sees the English (6 × 8). And "*the padding mask belongs to the encoder's input only*": no, all
# three hide padded keys.

# %% [markdown]
# Does the third one matter? Let the decoder read the English without its three pads, then with
# them, then with them and the cross mask open.

# %%
with torch.no_grad():
    no_pads = model(source[:, :5], target)
    memory, cross_mask = model.encode(source)
    hides = model.decode(target, memory, cross_mask)
    shows = model.decode(target, memory, torch.ones_like(cross_mask))
print("pads hidden, as without them:", torch.allclose(hides, no_pads, atol=1e-5))
print("pads shown, as without them: ", torch.allclose(shows, no_pads, atol=1e-3))
assert not torch.allclose(shows, no_pads, atol=1e-3)

# %% [markdown] covers="E4" slideshow={"slide_type": "slide"}
# ## Cheating
#
# What does a decoder do that *can* see the future? You train the same model twice, once with its
# look-ahead mask and once without. The task is to continue a count: 2, 4, 6, 8, 0, 2, … The start
# and the step (1 to 4) are drawn at random.

# %% slideshow={"slide_type": "fragment"}
def counting(how_many):
    start, step = torch.randint(0, 10, (how_many, 1)), torch.randint(1, 5, (how_many, 1))
    return (start + step * torch.arange(9)) % 10 + 1  # ids 1 … 10 stand for the digits 0 … 9


print(counting(3) - 1)

# %% [markdown] slideshow={"slide_type": "fragment"}
# After the first digit nobody can know the step: four choices, so the second digit costs at least
# $\ln 4$. The other seven follow. No honest model can get below $\ln 4 / 8 = 0.173$ on average.

# %%
class Cheater(LanguageModel):
    """The same layers, without the look-ahead mask."""

    def forward(self, tokens):
        return self.head(self.decoder(self.embedding(tokens), mask=padding_mask(tokens)))


def train(kind, steps=200):
    torch.manual_seed(seed)
    model = kind(Config(vocab_size=11, d_model=32, n_heads=2, d_ff=64))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(steps):
        digits = counting(64)
        loss = F.cross_entropy(model(digits[:, :-1]).flatten(0, 1), digits[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model, loss.item()

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** Which one ends with the lower loss, and which one counts better when it has to
# > write by itself?
# >
# > - **a** the cheater wins both: it has seen more
# > - **b** the cheater has the lower loss, the honest one counts better
# > - **c** the honest one wins both: cheating never pays

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
honest, honest_loss = train(LanguageModel)
cheater, cheater_loss = train(Cheater)
floor = math.log(4) / 8
print(f"honest {honest_loss:.3f}   cheater {cheater_loss:.3f}   possible {floor:.3f}")
assert cheater_loss < floor / 5 < honest_loss

# %% [markdown] slideshow={"slide_type": "subslide"}
# A loss below the floor looks like a triumph. It is the sign of a leak: at each place the cheater
# reads the right answer off the next one. Now both must write. They get three digits, and each
# digit they write is appended.

# %% control="E4"
def count_on(model, digits):
    while digits.size(1) < 9:
        following = model(digits)[:, -1:].argmax(-1)
        digits = torch.cat([digits, following], dim=1)
    return digits


truth = counting(200)
shares = {}
for name, model in [("honest", honest), ("cheater", cheater)]:
    shares[name] = (count_on(model, truth[:, :3]) == truth).all(1).float().mean().item()
evidence(
    "E4", lambda share: share > 0.85,
    {"counts continued rightly, with the mask": shares["honest"]},
    {"the same training without the mask": shares["cheater"]},
    by=0.4,
)

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
print("the truth:", (truth[1] - 1).tolist())
for name, model in [("honest", honest), ("cheater", cheater)]:
    print(f"{name + ':':10}", (count_on(model, truth[1:2, :3])[0] - 1).tolist())
title = "share of counts continued rightly: the lower loss fails"
plots.bars({"share": list(shares.values())}, ["with the mask", "without"], title=title)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** When it writes, the next place is empty, and the cheater never learnt anything but to look
# there. *a* forgets that the help is gone at the moment of use. *c* forgets that the loss only
# measures what the model is asked to do, and it was asked the wrong thing.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Three ways to hide
#
# −∞ is one way. Two others are common: a "very negative number" such as $-10^9$, and multiplying
# the finished weights with 0. All three on the row 1.5, 0.5, 0.5, 1.0 with its last key hidden:

# %% slideshow={"slide_type": "fragment"}
row, visible = torch.tensor([1.5, 0.5, 0.5, 1.0]), torch.tensor([True, True, True, False])
ways = {
    "−∞": row.masked_fill(~visible, -math.inf).softmax(-1),
    "−1e9": row.masked_fill(~visible, -1e9).softmax(-1),
    "× 0 after": row.softmax(-1) * visible,
}
for name, weights in ways.items():
    print(f"{name:10}", weights, " sum", weights.sum())

# %% [markdown] slideshow={"slide_type": "fragment"}
# Multiplying after the softmax leaves 74 %: the hidden word is silent but still took its share.
# And $-10^9$ is as good as −∞, as long as the row has a visible key. If it has none?

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The row that may see nothing
#
# > **Predict.** All four keys are hidden: a sentence of nothing but pads. What does each way give?
# >
# > - **a** `nan` for −∞, equal weights for −1e9, zeros for × 0
# > - **b** all three give zeros
# > - **c** `nan` for all three: 0 divided by 0

# %% slideshow={"slide_type": "fragment"}
nothing = torch.zeros(4, dtype=torch.bool)
print("−∞       ", row.masked_fill(~nothing, -math.inf).softmax(-1))
print("−1e9     ", row.masked_fill(~nothing, -1e9).softmax(-1))
print("× 0 after", row.softmax(-1) * nothing)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** With −1e9 everywhere the scores are equal (1.5 is lost to rounding beside a thousand
# million), so softmax shares out evenly: four *hidden* words are read, silently. −∞ shows the
# trouble as `nan`, which then spreads through the whole model. *b* is what one would like; *c*
# overlooks that only −∞ makes 0 / 0.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Our library does what one would like: −∞, softmax, then zeros where hidden.

# %% slideshow={"slide_type": "fragment"}
show_source(masked_softmax)

# %% [markdown]
# So a query that sees nothing gets nothing, and its gradient stays finite.

# %%
learning = row.clone().requires_grad_()
empty = masked_softmax(learning, nothing)
empty.sum().backward()
print("weights", empty.detach(), " gradient", learning.grad)
assert (empty == 0).all() and learning.grad.isfinite().all()

# %% [markdown] slideshow={"slide_type": "subslide"}
# And in `float16`, one of the two half precisions that GPUs like, $-10^9$ does not even exist: the
# largest number is 65504. (`bfloat16`, the other, holds it.)

# %% slideshow={"slide_type": "fragment"}
try:
    row.half().masked_fill(~visible, -1e9)
except RuntimeError as error:
    print(type(error).__name__, "-", error)
assert row.bfloat16().masked_fill(~visible, -1e9).isfinite().all()

# %% [markdown]
# Before the next trap, a case from practice. You have seen everything it needs.

# %% slideshow={"slide_type": "subslide"}
quiz("too_good")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two conventions in one library
#
# > ⚠ **Two opposite meanings.** In `F.scaled_dot_product_attention` **True = may attend**, as
# > here. In `nn.MultiheadAttention` and `nn.Transformer` **True = blocked**. Pass them `~mask`.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** You forget the `~` in front of a look-ahead mask. What tells you?
# >
# > - **a** an error message, at the first call
# > - **b** nothing: the weights come out the same
# > - **c** the last row is `nan`; the others look at the future only

# %% slideshow={"slide_type": "fragment"}
x = torch.randn(1, 4, 8)
visible = causal_mask(4)
same = F.scaled_dot_product_attention(x, x, x, attn_mask=visible)
ours = Attention()(x, x, x, visible).output
print("F.scaled_dot_product_attention(mask) is ours:", torch.allclose(same, ours))

layer = nn.MultiheadAttention(8, 1, batch_first=True)
for name, given in [("~mask", ~visible), ("mask", visible)]:
    print(f"nn.MultiheadAttention({name})")
    print(layer(x, x, x, attn_mask=given)[1][0].detach())

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Visible and hidden have changed places: what is left is the future, and the last word has
# none. *a* would be kind; both masks are boolean and (4, 4), so there is no error and no warning.
# *b* would need a mask that is its own opposite. The symptoms to remember: `nan` in the last row,
# or a loss that is too good.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Turn the knob
#
# How many of the six places hold words? Watch the two masks work together in decoder
# self-attention. With how many words does the padding mask hide nothing that the look-ahead mask
# had not hidden?

# %% slideshow={"slide_type": "fragment"}
def masked_weights(n_words):
    ids = torch.tensor([[1] * n_words + [PAD] * (6 - n_words)])
    mask = (padding_mask(ids) & causal_mask(6))[0, 0]
    steady = torch.randn(6, 6, generator=torch.Generator().manual_seed(5))
    places = [f"word {n + 1}" if n < n_words else "<pad>" for n in range(6)]
    weights = masked_softmax(steady, mask)
    return plots.heatmap(weights, places, mask=mask, title=f"words: {n_words}, pads: {6 - n_words}")


Knob(masked_weights, [1, 2, 3, 4, 5, 6], label="words", start=4)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>With how many?</summary>
#
# With six, when there is no pad. With fewer it hides cells in the rows of the pads only: as you
# saw, the words' rows have hidden them already.
# </details>

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown] exercise="causal_mask"
# ### 1 · The look-ahead mask

# %% [markdown] exercise="padding_mask"
# ### 2 · The padding mask

# %% [markdown] exercise="decoder_mask"
# ### 3 · The decoder's mask

# %% [markdown] exercise="masked_softmax"
# ### 4 · Softmax under a mask

# %% [markdown] exercise="convert_for_torch"
# ### 5 · For PyTorch's layer

# %% [markdown] exercise="repair_mask"
# ### 6 · Repair: the inverted mask

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - A mask is boolean, True = may attend, combined with `&`, applied as −∞ before the softmax.
# - Padding hides columns in all three attentions; look-ahead hides the upper triangle in one.
# - A loss that is too good to be true is a leak. `nan` is a row that sees nothing.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **New words.** *Pad*: a token that only fills. *Causal* or *look-ahead mask*: hides the future.
# *Leak*: information from where it must not come.
#
# **Open** `transformer_lib/masks.py`: two functions and the one rule.
#
# **What breaks next.** Each word has one set of weights, one way of looking. But "it" may need to
# find its noun *and* its verb at once. → [07 Many heads](07_multi_head.ipynb)
