# %% [markdown] slideshow={"slide_type": "slide"}
# # Many heads
#
# > At the end you can say when one head is enough and when it is not, cut vectors into heads
# > without mixing up words, and predict what a trained model does when a head is switched off.
# > About 65 minutes.

# %%
import torch

from lesson import plots
from lesson.bertviz_views.views import head_view
from lesson.evidence import evidence
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin, show_source
from transformer_lib.attention import Attention, MultiHeadAttention, merge_heads, split_heads
from transformer_lib.data import CAT, HOPKINS, pad, translation_pairs, worked_example
from transformer_lib.evaluation import exact_match
from transformer_lib.knockout import dead_head
from transformer_lib.masks import PAD, causal_mask, padding_mask
from transformer_lib.model import Config, Embedding
from transformer_lib.sentences import FOUR_READERS, WHO_WHOM, four_readers_task, who_whom_task
from transformer_lib.trace import record
from transformer_lib.training import Recipe, fit, one_cycle
from transformer_lib.translator import Translator
from transformer_lib.vocabulary import START, tokenize

seed = 0
begin(seed)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch: one row, two errands
#
# A word asks once and gets **one** row of weights. In "dog bites old man" the verb has two
# questions: who bites, and who is bitten? Let it look at both nouns, half and half. To see what
# arrives, we give each word a value with a single 1, in the order dog, man, bites, old.

# %% slideshow={"slide_type": "fragment"}
kinds = ["dog", "man", "bites", "old"]


def mixture(sentence, weights):
    values = torch.eye(4)[[kinds.index(word) for word in sentence.split()]]
    return torch.tensor(weights) @ values


for weights in ([0.5, 0, 0, 0.5], [0.7, 0, 0, 0.3]):
    for sentence in ("dog bites old man", "man bites old dog"):
        print(weights, sentence, mixture(sentence, weights))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Half and half, both sentences arrive as one mixture: the bite has lost its direction. With 0.7 and
# 0.3 they differ, and a linear layer can name the *louder* noun; the quieter one it cannot. Does
# training find a way out? We need sentences, a model, and both questions.

# %%
fresh, wanted = who_whom_task(1000, torch.Generator().manual_seed(999))
for row, answer in zip(fresh[:3].tolist(), wanted.tolist()):
    print(*WHO_WHOM.decode(row).split(), "->", *WHO_WHOM.decode(answer).split())

# %% [markdown]
# The model is one attention layer between an embedding (which also tells the places, more in
# notebook 08) and a linear layer. Only the words at `asks` look around, and each answers
# `n_questions`.

# %%
class Reader(torch.nn.Module):
    """One attention layer that answers questions about a sentence."""

    def __init__(self, n_heads, vocab_size, asks, n_questions):
        super().__init__()
        self.asks, self.vocab_size = asks, vocab_size
        self.embedding = Embedding(vocab_size, Config(vocab_size, d_model=32))
        self.attention = MultiHeadAttention(32, n_heads)
        self.answers = torch.nn.Linear(32, n_questions * vocab_size)

    def forward(self, tokens):
        x = self.embedding(tokens)
        seen = self.attention(x[:, self.asks], memory=x, mask=padding_mask(tokens))
        return self.answers(seen).view(len(tokens), -1, self.vocab_size)

# %% [markdown] slideshow={"slide_type": "subslide"}
# First the verb asks both, with one head.

# %% tags=["nbval-ignore-output"]
def train(task, steps, rate, start=0, **reader):
    torch.manual_seed(100 * seed + start)
    model = Reader(**reader)
    recipe = Recipe(steps=steps, schedule=one_cycle(rate))
    fit(model, lambda epoch: (task(64) for _ in range(50)), recipe)
    return model


VERB, ADJECTIVE = 1, 2
both_at_once = dict(vocab_size=len(WHO_WHOM), asks=[VERB], n_questions=2)
one_head = train(who_whom_task, 300, 5e-3, n_heads=1, **both_at_once)

# %% slideshow={"slide_type": "fragment"}
said = one_head(fresh).argmax(-1)
one_of_the_two = (said == wanted) | (said == wanted.flip(1))
print("names one of the two nouns, nearly always:", (one_of_the_two.float().mean() > 0.9).item())
right = exact_match(one_head, [(fresh, wanted)])
print("both in their places, in fewer than 4 of 5 sentences:", right < 0.8)

# %% [markdown] slideshow={"slide_type": "slide"}
# It knows the two nouns and confuses their parts: the mixture at work. (With 2500 steps in place of
# 300 it invents a code, in which some nouns are louder than others, and gets most sentences right.
# Try it. There is a better way.)
#
# > **Predict.** Now the verb asks "who?" and the *adjective* asks "which noun is mine?". Still two
# > questions, two look-ups, one head. Will one head do?
# >
# > - **a** no: two relations need two heads
# > - **b** yes: each word has a row of weights of its own
# > - **c** yes, if it trains longer

# %% tags=["nbval-ignore-output"]
shared_out = dict(vocab_size=len(WHO_WHOM), asks=[VERB, ADJECTIVE], n_questions=1)
two_askers = train(who_whom_task, 300, 5e-3, n_heads=1, **shared_out)

# %% slideshow={"slide_type": "fragment"}
print("right in both, nearly always:", exact_match(two_askers, [(fresh, wanted)]) > 0.95)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** A head is a way of *asking*, and each word asks for itself: one head found the verb's
# subject and the adjective's noun. *a* is how heads are often explained: one for each relation.
# What one row cannot do is serve two relations of the **same** word. *c*: this took as long as
# the failure above.
# </details>

# %% [markdown] covers="F2" slideshow={"slide_type": "slide"}
# ## By hand: two heads on four words
#
# So "bites" needs two rows. Where from, without a larger model? **Cut the features.** Head 0
# compares the first two numbers of query and key, head 1 the last two. Fill in the dots, for
# $q_I = [1, 1, 1, 1]$:
#
# | key of | first two | head 0 | last two | head 1 |
# |---|---|---|---|---|
# | I | $1 + 1$ | 2 | $0 + 1$ | 1 |
# | am | $2 + 0$ | 2 | $-1 + 0$ | −1 |
# | a | $0 + 1$ | … | $-1 + 1$ | … |
# | student | $1 + 0$ | … | $1 + 0$ | … |

# %% slideshow={"slide_type": "fragment"}
example = worked_example()
q, k, v = (split_heads(matrix[None], 2)[0] for matrix in (example.q, example.k, example.v))
print("(heads, words, width of a head):", tuple(q.shape))
print("head 0:", q[0, 0] @ k[0].T)
print("head 1:", q[1, 0] @ k[1].T)
print("sum:   ", q[0, 0] @ k[0].T + q[1, 0] @ k[1].T, " one head had:", example.q[0] @ example.k.T)

# %% [markdown] slideshow={"slide_type": "subslide"}
# One head *adds* the two opinions and then makes one row of them. Two heads make a row **each**,
# so neither can shout the other down. Divide by $\sqrt{2}$, for a head is two numbers wide.

# %% tags=["teaser"] slideshow={"slide_type": "fragment"}
one = Attention()(example.q, example.k, example.v)
two = Attention()(q, k, v)
names = ["one head: I → I", "head 0: I → am", "head 1: I → student"]
for ax, weights, name in zip(plots.panels(3), [one.weights, *two.weights], names):
    plots.heatmap(weights, example.tokens, title=name, ax=ax)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Look at the row of "I". As one head it gave its verb "am" 16 %. Now head 0 gives "am" as much as
# "I", and head 1 gives "student" as much as "I": verb **and** noun, both at once.
#
# Each head averages its own half of the values, two numbers a word. Laid side by side,
# **concatenated**, they are four again. Check the first one: head 0 of "I" is
# $0.335 \cdot 1 + 0.335 \cdot 1 + 0.165 \cdot 2 + 0.165 \cdot 0 = 1.000$.

# %% slideshow={"slide_type": "fragment"}
side_by_side = torch.cat(list(two.output), dim=-1)
print("I, head 0:", two.output[0, 0], " head 1:", two.output[1, 0])
print(side_by_side)
assert torch.equal(side_by_side[None], merge_heads(two.output[None]))

# %% [markdown] covers="F2 D5 X4" slideshow={"slide_type": "slide"}
# ## The name
#
# **Multi-head attention.** Head $\ell$ has matrices
# $Q_\ell, K_\ell, V_\ell \in \mathbb{R}^{d \times d/h}$ of its own. All heads run as before, their
# outputs are concatenated, and a last matrix $Y \in \mathbb{R}^{d \times d}$, the **output
# projection**, lets what they found flow together:
#
# $$\text{output}_\ell =
# \text{softmax}\!\left(\frac{X Q_\ell\, (X K_\ell)^\top}{\sqrt{d/h}}\right) X V_\ell
# \qquad \text{output} = [\text{output}_1; \dots; \text{output}_h]\; Y$$
#
# In the paper $d = 512$ and $h = 8$. The library's class keeps the $h$ small matrices side by side
# in one large one, and `split_heads` cuts its result.

# %%
paper = MultiHeadAttention(d_model=512, n_heads=8)
keys, values = paper.keys_values(torch.randn(1, 9, 512))
print("batch, heads, words, width:", tuple(keys.shape))
assert keys.size(-1) == values.size(-1) == 512 // 8 == 64 and 8 * 64 == 512
show_source(MultiHeadAttention)

# %% [markdown] covers="X3"
# $d_k = d_v = 512 / 8 = 64$: eight slices of 64 make 512. One of the documents says that a sentence
# of nine words is read by nine heads. Build that:

# %% proves="X3"
try:
    MultiHeadAttention(d_model=512, n_heads=9)
except ValueError as error:
    print("ValueError:", error)
assert keys.shape == (1, 8, 9, 64)

# %% [markdown]
# The claim fails: eight heads have read nine words, as they would read forty, and nine do not even
# fit into 512. And is the layer the formula? Take it at its word: for each head cut out $Q_\ell$,
# $K_\ell$, $V_\ell$, run plain attention, and collect. (`nn.Linear` stores a matrix transposed, so
# a head owns rows.)

# %%
def head_by_head(layer, x):
    outputs = []
    for rows in torch.arange(x.size(-1)).chunk(layer.n_heads):
        projections = layer.q_proj, layer.k_proj, layer.v_proj
        q, k, v = (x @ p.weight[rows].T + p.bias[rows] for p in projections)
        outputs.append(Attention()(q, k, v).output)
    return outputs


layer, x = MultiHeadAttention(d_model=12, n_heads=3), torch.randn(len(HOPKINS.split()), 12)
heads = head_by_head(layer, x)
assert torch.allclose(layer.out_proj(torch.cat(heads, -1)), layer(x[None])[0], atol=1e-6)
print("Q of head 0 is d x d/h:", tuple(layer.q_proj.weight[:4].T.shape))

# %% [markdown] covers="X14" slideshow={"slide_type": "slide"}
# One lecture says that the concatenated heads are a $d \times d$ matrix. In our pencil example they
# were 4 × 4, which fits. Now there are nine words, $d = 12$ and three heads.
#
# > **Predict.** What shape do the concatenated heads have?
# >
# > - **a** (12, 12): $d \times d$
# > - **b** (27, 4): three heads of nine rows, one below the other
# > - **c** (9, 12): a row for each word

# %% proves="X14" slideshow={"slide_type": "fragment"}
together = torch.cat(heads, dim=-1)
print("three times", tuple(heads[0].shape), "->", tuple(together.shape))
assert together.shape == (9, 12) != (12, 12)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** $T \times d$: a word keeps its row, and three slices of 4 stand side by side in it. *a* is
# the lecture's claim, and the shape of $Y$, not of what $Y$ is applied to; with four words of four
# features nobody could have noticed. *b*: heads are not more words.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# What does $Y$ do? A product with concatenated pieces is a **sum** over the pieces: each head has
# its own rows of $Y$ and adds its share to the result, or, taken away, adds nothing. PyTorch's
# layer agrees as well.

# %% slideshow={"slide_type": "fragment"}
shares = [head @ rows for head, rows in zip(heads, layer.out_proj.weight.T.chunk(3))]
assert torch.allclose(sum(shares) + layer.out_proj.bias, layer(x[None])[0], atol=1e-6)

theirs = torch.nn.MultiheadAttention(12, 3, batch_first=True)
projections = layer.q_proj, layer.k_proj, layer.v_proj
with torch.no_grad():
    theirs.in_proj_weight.copy_(torch.cat([p.weight for p in projections]))
    theirs.in_proj_bias.copy_(torch.cat([p.bias for p in projections]))
theirs.out_proj.load_state_dict(layer.out_proj.state_dict())
same = torch.allclose(theirs(x, x, x)[0], layer(x[None])[0], atol=1e-6)
print("the sum over heads, our layer and nn.MultiheadAttention agree:", same)
assert same

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch, scratched
#
# > **Predict.** The verb asks both questions again. Two heads, each **half** as wide, so the model
# > has as many parameters as before. Compared with one head?
# >
# > - **a** it answers both: two rows, one for each question
# > - **b** no better: the same parameters, cut in two
# > - **c** worse: 16 numbers are fewer than 32

# %% tags=["nbval-ignore-output"]
starts = {
    start: train(who_whom_task, 300, 5e-3, start, n_heads=2, **both_at_once) for start in range(3)
}

# %% control="F1" slideshow={"slide_type": "fragment"}
def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


assert count(starts[0]) == count(one_head)
with_two = [exact_match(model, [(fresh, wanted)]) for model in starts.values()]
evidence(
    "F1", lambda share: share > 0.85,
    {"both answers right, two heads": sum(with_two) / len(with_two)},
    {"both answers right, one head": right},
    by=0.15,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** Two rows, and the direction of the bite is back. *b* counts parameters, but what was
# missing is a second softmax. *c*: width was never short, 24 nouns fit into 16 numbers.
# </details>

# %% [markdown] covers="F3" slideshow={"slide_type": "slide"}
# ### Who runs which errand?
#
# Nobody told head 0 to look for the subject. Switch one head off and see which answer suffers.
# `dead_head` does that inside its block; the head's share of the sum is then zero. Below, the three
# models from above, 0 to 2.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
def right_without(model, head):
    with dead_head(model, "attention", head):
        return (model(fresh).argmax(-1) == wanted).float().mean(0)


lost = {start: [right_without(model, head) for head in (0, 1)] for start, model in starts.items()}
for head, ax in enumerate(plots.panels(2)):
    who, whom = zip(*(heads[head] for heads in lost.values()))
    title = f"right without head {head}"
    plots.bars({"who": who, "whom": whom}, list(lost), title=title, ax=ax)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Where one bar is high and its neighbour low, the errands are divided: each head takes one answer
# with it. It need not be so: two different mixtures of both nouns would do as well, two equations
# for two unknowns.

# %% [markdown]
# Take the start that divides best. Without which head is the first noun ("who") lost? The control
# is the other head, gone in its place.

# %% control="F3"
divided = max(lost.values(), key=lambda heads: abs(heads[0][0] - heads[1][0]))
who_head, other = sorted(heads[0].item() for heads in divided)
evidence(
    "F3", lambda share: share < 0.5,
    {"who is right, one head off": who_head},
    {"who is right, the other off": other},
    by=0.4,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The price
#
# First without measuring:

# %% slideshow={"slide_type": "fragment"}
quiz("cost_of_heads")

# %% [markdown] slideshow={"slide_type": "subslide"}
# PyTorch can count the multiplications of a real forward pass, as long as it is watched (`record`)
# and takes no short cut. Eight sentences of 64 words, the paper's width.

# %% control="F2" slideshow={"slide_type": "fragment"}
from torch.utils.flop_counter import FlopCounterMode

batch = torch.randn(8, 64, 512)


def multiply_adds(*layers):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        for layer in layers:
            with record(layer):
                layer(batch)
    return counter.get_total_flops() // 2  # it counts a multiplication and an addition


one_wide, eight = MultiHeadAttention(512, 1), MultiHeadAttention(512, 8)
print(f"one head {multiply_adds(one_wide):,}, eight heads {multiply_adds(eight):,} multiply-adds")
assert count(one_wide) == count(eight)
evidence(
    "F2", lambda ratio: ratio < 1.01,
    {"eight heads of 64, beside one of 512": multiply_adds(eight) / multiply_adds(one_wide)},
    {"eight heads of 512": multiply_adds(*[one_wide] * 8) / multiply_adds(one_wide)},
    times=4,
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Equal to the last one, and so are the parameters. Eight heads as wide as the one would cost eight
# times as much: the cut is what makes them cheap. And the clock? What grows with the heads is the
# number of softmax rows, and that shows when the sentences get long.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
import time


@torch.no_grad()
def milliseconds(n_heads, length):
    layer, batch, times = MultiHeadAttention(512, n_heads), torch.randn(1, length, 512), []
    for _ in range(5):
        began = time.process_time()
        layer(batch)
        times.append(time.process_time() - began)
    return 1000 * min(times)


took = {length: {n: milliseconds(n, length) for n in (1, 8)} for length in (64, 1024)}
for length, each in took.items():
    print(f"{length:4} words: one head {each[1]:.1f} ms, eight heads {each[8]:.1f} ms")

# %% [markdown] slideshow={"slide_type": "fragment"}
# So "the same cost as one head" holds for parameters and for multiplications. For time it holds as
# long as sentences are short beside the width: 1024 words have 1024 softmax rows a head.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Break it: a view in place of a swap
#
# `split_heads` goes from (batch, words, features) to (batch, heads, words, width). There is a
# one-step way to that shape, `x.view(batch, heads, words, width)`. Two words, six features, three
# heads: the numbers of the first word are 0 to 5, of the second 6 to 11.
#
# > **Predict.** What does head 0 hold after the view?
# >
# > - **a** 0, 1 and 6, 7: two features of each word
# > - **b** 0, 1 and 2, 3: the first word twice
# > - **c** an error: the shapes do not fit

# %% slideshow={"slide_type": "fragment"}
small = torch.arange(12.0).view(1, 2, 6)
print("split_heads:", *split_heads(small, 3)[0].int().tolist())
print("view:       ", *small.view(1, 3, 2, 2)[0].int().tolist())
assert split_heads(small, 3)[0, 0].tolist() == [[0, 1], [6, 7]]
assert small.view(1, 3, 2, 2)[0, 0].tolist() == [[0, 1], [2, 3]]

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** A view moves no number; it cuts the row 0, 1, 2, … anew. Head 0 takes the first word for
# a whole sentence, and head 1 mixes both. *a* is what the swap of two axes gives. *c* is what one
# would wish for: 3 · 2 · 2 is 12, so nothing complains.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# No error, and such a model even trains. What is missing shows when the **first** of five words
# changes: whose output changes with it?

# %% slideshow={"slide_type": "fragment"}
def attend(x, split, merge):
    heads = split(x)
    return merge(Attention()(heads, heads, heads).output)


x = torch.randn(1, 5, 6)
changed = x.clone()
changed[:, 0] += 1
ways = {
    "swap": (lambda x: split_heads(x, 3), merge_heads),
    "view": (lambda x: x.view(1, 3, 5, 2), lambda x: x.reshape(1, 5, 6)),
}
for name, way in ways.items():
    heard = (attend(x, *way) != attend(changed, *way)).any(-1)[0]
    print(f"{name}: the first word is heard by words", heard.nonzero().flatten().tolist())
    assert heard[2:].any() == (name == "swap")

# %% [markdown] slideshow={"slide_type": "fragment"}
# After the view only its neighbour hears the first word: each head keeps to its own stretch of the
# sentence.

# %% [markdown] covers="F1" slideshow={"slide_type": "slide"}
# ## Four readers
#
# One of the documents explains heads with a sentence and four people who read it: "**Which do you
# like the better, coffee or tea?**" The first minds the *type* of the sentence, the second its
# *nouns*, the third the *relation*, the fourth the *emphasis*. Do heads divide their work like
# that? Train some and see, on sentences like this one:

# %%
asked, answers = four_readers_task(1000, torch.Generator().manual_seed(999))
for row in asked[:4].tolist():
    print(FOUR_READERS.decode(row))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The model reads them with one layer of four heads. At `<start>` it must answer for all four
# readers: which sign ends it (type), which two drinks, **in order** (nouns), what one does with
# them (relation), and how much (emphasis). Nobody tells a head which reader it is.

# %% tags=["nbval-ignore-output"]
four_jobs = dict(vocab_size=len(FOUR_READERS), asks=[0], n_questions=5)
readers = train(four_readers_task, 400, 1e-2, n_heads=4, **four_jobs)

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** The four heads get everything right. Will each head be one of the four readers?
# >
# > - **a** yes, one reader each: that is what several heads are for
# > - **b** no: all heads do a bit of everything
# > - **c** in between: some jobs take two heads, some heads do two jobs

# %%
document = ["<start>", *tokenize("Which do you like the better, coffee or tea?")]


def right_by_reader(model):
    hits = model(asked).argmax(-1) == answers
    jobs = [hits[:, 0], hits[:, 1] & hits[:, 2], hits[:, 3], hits[:, 4]]
    return torch.stack(jobs).float().mean(1)


document_ids = torch.tensor([[FOUR_READERS.ids[word] for word in document]])
said = [FOUR_READERS.words[i] for i in readers(document_ids).argmax(-1)[0].tolist()]
whole = right_by_reader(readers)
print("on the document's sentence, four heads say:", *said)
print("four heads serve every reader:", (whole > 0.95).tolist())
assert said == ["?", "coffee", "tea", "like", "better"]

# %% [markdown]
# Which jobs suffer when one of the four heads is off?

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
jobs, table = ["type", "nouns", "relation", "emphasis"], {"all heads": whole}
for head in range(4):
    with dead_head(readers, "attention", head):
        table[f"without {head}"] = right_by_reader(readers)
plots.bars(table, jobs, title="share still right, reader by reader")

# %%
hurt = whole - torch.stack(list(table.values())[1:]) > 0.1  # (head, reader)
two_heads, not_all = bool((hurt.sum(0) > 1).any()), bool((hurt.sum(1) < 4).any())
print("some job needs more than one head:", two_heads)
print("some head leaves a job alone:     ", not_all)
assert two_heads and not_all

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Here a job takes two heads or more, and some head leaves a job alone. *a* is a picture to
# begin with, not a plan that training follows. With *b* each head's absence would hurt each of the
# four. Which head does what depends on the start.
# </details>

# %% [markdown] covers="F3" slideshow={"slide_type": "slide"}
# ## Heads of a translator
#
# Toy tasks show what can happen. What does happen with hundreds of words? A small Transformer
# learns English to French: one encoder layer, one decoder layer, four heads everywhere. It takes
# some eight seconds.

# %% tags=["nbval-ignore-output"]
def short(pairs):
    return [pair for pair in pairs if len(pair[0].split()) <= 6]


trained_on, held_out = short(translation_pairs()), short(translation_pairs("random"))
torch.manual_seed(seed)
translator = Translator.untrained(trained_on, n_layers=1, n_heads=4)
fit(translator.model, translator.epochs(trained_on), Recipe(steps=400))

# %%
unseen = list(translator.epochs(held_out, size=128)(0))
intact = exact_match(translator.model, unseen)
print("new sentences translated exactly, more than 2 of 3:", intact > 0.67)
assert intact > 0.67

# %% [markdown] slideshow={"slide_type": "subslide"}
# The documents' example: one head for subject and verb, one for adjective and noun. So ask each
# encoder head: in sentences such as "the old boat is …", how much do article, adjective and verb
# give the noun? We count in equal shares: 1.00 is what every word gets if the head does not care.

# %%
import re


def starting(pattern):
    """Sentences such as "the ADJECTIVE NOUN is …", whose start matches the pattern."""
    english = [pair[0] for pair in trained_on + held_out]
    return [text for text in english if re.match(pattern, text)]


def interest(sentences, asks, answers):
    """(heads,) the weight between two places, in equal shares, on average."""
    source = pad([translator.source.encode(text) for text in sentences])
    with record(translator.model) as trace, torch.no_grad():
        translator.model.encode(source)
    times_equal = trace.weights("encoder")[0] * (source != PAD).sum(1)[:, None, None, None]
    return times_equal[:, :, asks, answers].mean(0)


noun_third = starting("the (?!two|three)\\w+ (?!and|who)\\w+ (is|are|was|were) ")
noun_second = starting("the (?!two|three)\\w+ (is|are|was|were) ")
for sentences in (noun_third, noun_second):
    print(len(sentences), "sentences, such as:", sentences[0])

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
places = {"article → noun": (0, 2), "adjective → noun": (1, 2), "verb → noun": (3, 2)}
shown = [interest(noun_third, *pair) for pair in places.values()]
by_head = {f"head {n}": [row[n] for row in shown] for n in range(4)}
plots.bars(by_head, list(places), title="interest in the noun, 1 = an equal share")

# %% [markdown]
# Careful: in these sentences the noun stands at place 2 each time. Perhaps the head likes *place
# 2*. The control is the other kind, "the boat is …", with a verb at place 2 and the noun at 1.

# %% control="F3"
head = interest(noun_third, 0, 2).argmax()
evidence(
    "F3", lambda shares: shares > 2,
    {"article to place 2, a noun": interest(noun_third, 0, 2)[head]},
    {"article to place 2, a verb": interest(noun_second, 0, 2)[head]},
    by=1.2,
)
there = interest(noun_second, 0, 1)[head]
print("the same head, to the noun at place 1, over two equal shares:", (there > 2).item())

# %% [markdown] slideshow={"slide_type": "fragment"}
# It is the noun and not the place. This head leads from the article to its noun; it is one head for
# one relation only if it does nothing else, which we have not shown. Why would English "the" look
# at its noun? French *le* or *la* depends on it. That is a guess: no run here tests it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ### How much does one head matter?
#
# Switch off each head of each attention, one at a time, and translate the unseen sentences.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
layers = {
    "encoder": "encoder.0.self_attention",
    "decoder": "decoder.0.self_attention",
    "cross": "decoder.0.cross_attention",
}


def exact_without(layer, head):
    with dead_head(translator.model, layer, head):
        return exact_match(translator.model, unseen)


single = {part: [exact_without(layer, head) for head in range(4)] for part, layer in layers.items()}
title = f"translated exactly without one head; with all: {intact:.2f}"
plots.bars(single, [f"without head {n}" for n in range(4)], title=title)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Does a head matter where it looks? One encoder head gives the noun more than twice an equal share.
# What is lost without it?

# %%
lost_without = intact - single["encoder"][head]
print("without the head that finds the noun, fewer than 15 of 100 are lost:", lost_without < 0.15)
assert lost_without < 0.15
# %% [markdown] slideshow={"slide_type": "slide"}
# Its row looked like a job that nobody else does, and it is hardly missed: other heads look at
# the noun too. In encoder and decoder most heads could go at a small loss.
#
# > **Predict.** All **four** heads of the decoder's self-attention at once. How much is lost?
# >
# > - **a** far more than the four small losses added up
# > - **b** their sum
# > - **c** nothing: each was dispensable, so all are

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
def exact_without_all(layer):
    off = (dead_head(translator.model, layer, head) for head in range(4))
    with next(off), next(off), next(off), next(off):
        return exact_match(translator.model, unseen)


all_four = {part: exact_without_all(layer) for part, layer in layers.items()}
title = f"translated exactly without all four heads; with them: {intact:.2f}"
plots.bars({"none of the four": list(all_four.values())}, list(all_four), title=title)

# %%
small_losses = sum(intact - share for share in single["decoder"])
all_at_once = intact - all_four["decoder"]
print("decoder, all at once cost more than one by one, added up:", all_at_once > small_losses)
print("cross, practically nothing right:", all_four["cross"] < 0.02)
assert all_at_once > small_losses and all_four["cross"] < 0.02

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** The heads stand in for each other: with one gone, three others still know the words so far.
# *b* would hold if each had a job of its own. *c* is what one is tempted to conclude from the bars
# further up. Cross-attention has no stand-in at all: it is the only way to the English sentence.
# </details>

# %% [markdown] covers="F4" slideshow={"slide_type": "slide"}
# ## Three attentions, each with its heads
#
# You have switched off heads in three places. Here are the three at work in one sentence pair, with
# the question that each one asks.

# %%
english, french = CAT[0].lower(), CAT[1].lower()
source = torch.tensor([translator.source.encode(english)])
target_in = torch.tensor([[START, *translator.target.encode(french)]])
with record(translator.model) as trace, torch.no_grad():
    translator.model(source, target_in)
seen = {part: trace.weights(part)[0][0] for part in trace.parts}
for part, weights in seen.items():
    hidden = int((weights == 0).sum())
    print(f"{part:8} (heads, query, key) = {tuple(weights.shape)}, hidden: {hidden}")
assert (seen["decoder"][:, ~causal_mask(5)] == 0).all() and (seen["encoder"] > 0).all()
assert (seen["cross"] > 0).all() and seen["cross"].shape == (4, 5, 4)

# %% [markdown]
# Four heads everywhere; only the decoder's own attention hides anything, the 10 cells of the future
# in each head.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
there, here = english.split(), ["<start>", *french.split()]
sides = {"encoder": (there, there), "decoder": (here, here), "cross": (here, there)}
for ax, part in zip(plots.panels(3), seen):
    hidden = causal_mask(5) if part == "decoder" else None
    plots.heatmap(seen[part].mean(0), *sides[part], mask=hidden, title=part, ax=ax)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The mean of the four heads. In the cross picture, read each row as the word *before* the one to be
# written: the row "est" asks what comes after *est*, and looks at "black".

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Turn it yourself
#
# Silence one head or several: how does the translation change, how many unseen sentences stay
# right, where does the model look now? Which encoder head leads from "the" to "cat"? Silence it.
# Then its three neighbours in its place.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
from lesson.widgets.knockout_lab import KnockoutLab

KnockoutLab(translator, held_out, "the black cat is sad")

# %% [markdown]
# BertViz draws heads as lines, here for the sentence pair of the last section: a colour for each
# head, a thick line for a large weight. Move the pointer over a word; click a colour to hide that
# head.

# %% tags=["nbval-ignore-output"]
head_view(trace, there, here)

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown] exercise="split_heads"
# ### 1 · Split

# %% [markdown] exercise="merge_heads"
# ### 2 · Merge

# %% [markdown] exercise="repair_heads"
# ### 3 · Repair: heads that mix words

# %% [markdown] exercise="plan_heads"
# ### 4 · Plan an experiment

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - A word has one row of weights a head. Two questions of the *same* word need two heads.
# - Heads cut features, not words: $T \times d$ stays $T \times d$, at the price of one wide head.
# - Training divides the work as it likes. Take heads away, several at once, to see it.
#
# **New words.** *Head*: a slice of the features with its own softmax. *Output projection*: adds up
# what heads found. *Ablation*: switching a part off to see what is lost.
#
# **Open** `transformer_lib/attention.py`, its second half.
#
# **What breaks next.** Our models were told where each word stands; we never looked how. Untold,
# "dog bites man" and "man bites dog" are one sentence again, with any number of heads: notebook 08.

# %% [markdown]
# **Next:** [08 Where am I?](08_positions.ipynb)
