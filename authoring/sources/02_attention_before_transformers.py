# %% [markdown] slideshow={"slide_type": "slide"}
# # Attention before Transformers
#
# > At the end you can compute by hand what a writer takes from each word it has read, say what
# > teacher forcing is and what it hides, and tell general attention from self-attention. About 50
# > minutes.

# %%
import torch
from torch import nn

from lesson import plots
from lesson.evidence import evidence
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin
from lesson.widgets.knob import Knob
from transformer_lib.attention import Attention, dot_product_scores
from transformer_lib.data import DAY, translation_pairs
from transformer_lib.evaluation import exact_match
from transformer_lib.rnn import AdditiveScores, RecurrentSeq2Seq
from transformer_lib.tasks import copy_task
from transformer_lib.trace import record
from transformer_lib.training import Recipe, fit
from transformer_lib.translator import Translator
from transformer_lib.vocabulary import START

seed = 0
begin(seed)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch: seven states thrown away
#
# Notebook 01 squeezed a whole row of symbols through one vector, and rows of eight did not fit.
# Look at what the reading network had in its hands at that moment:

# %% slideshow={"slide_type": "fragment"}
reader = nn.GRU(input_size=32, hidden_size=32, batch_first=True)
states, last = reader(torch.randn(1, 8, 32))
print("states it went through: ", tuple(states.shape))
print("state it hands over:    ", tuple(last.shape))
assert torch.equal(states[:, -1], last[0])

# %% [markdown] slideshow={"slide_type": "fragment"}
# Eight states, one after each word, and seven of them go into the bin. What if the writer could
# keep them all, and look up what it needs when it needs it?

# %% [markdown] covers="A7" slideshow={"slide_type": "slide"}
# ## By hand: one look back
#
# A reader has read "How was your day" and left a state after each word. Here a state has two
# numbers, made up for the pencil. The writer has just begun to write French, and its own state is
# [1, 0].

# %% slideshow={"slide_type": "fragment"}
english = DAY[0].split()
kept = torch.tensor([[2.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 2.0]])
writer = torch.tensor([1.0, 0.0])
for word, state in zip(english, kept):
    print(f"{word:5}", state)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Which of the four matters now? **Score** each one: multiply it with the writer's state, place by
# place, and add up. A large score means that the two point the same way. Do it with a pencil.

# %% slideshow={"slide_type": "fragment"}
scores = kept @ writer
print(dict(zip(english, scores.tolist())))
assert scores.tolist() == [2, 1, 0, 0]

# %% [markdown] slideshow={"slide_type": "subslide"}
# Next turn the scores into shares that add up to 1. The **softmax** takes $e^s$ of each score $s$
# and divides by the sum: $e^2 = 7.39$, $e^1 = 2.72$, $e^0 = 1$ twice, together 12.11.

# %% slideshow={"slide_type": "fragment"}
weights = scores.softmax(dim=0)
print(dict(zip(english, [round(weight, 2) for weight in weights.tolist()])))
assert torch.allclose(weights, torch.tensor([7.39, 2.72, 1, 1]) / 12.11, atol=1e-3)

# %% [markdown] slideshow={"slide_type": "fragment"}
# 61 % "How", 22 % "was". Now take that much of each state and add it up. The result is called the
# **context vector**: what the writer gets to see at this step.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** Without computing: which of these can the context vector be?
# >
# > - **a** [5, 1]: longer than any of the four states
# > - **b** [2, 0]: the best state
# > - **c** [1.4, 0.5]: something between the states

# %% slideshow={"slide_type": "fragment"}
context = weights @ kept
print(context)
assert torch.allclose(context, torch.tensor([1.446, 0.472]), atol=1e-3)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** A mean with weights that sum to 1 lies *between* its parts, mostly near "How". *a* comes of
# the scores themselves, which nobody turned into shares: 2 · [2, 0] + 1 · [1, 1]. *b* would be a
# hard choice; no gradient could improve it, for a tiny change of a score would change nothing.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# At the next word the writer has another state, so the scores, the weights and the context are
# all different. Nothing is squeezed for good: the writer asks again at every step. That is
# **attention**.

# %% slideshow={"slide_type": "fragment"}
quiz("context_width")

# %% [markdown] covers="A7" slideshow={"slide_type": "slide"}
# ## The name: score, weight, context
#
# The writer's state is the one that asks, the **query**. The reader's states answer. Our library
# does the three steps in one call:

# %% slideshow={"slide_type": "fragment"}
attended = Attention(score=lambda q, k: q @ k.mT)(writer[None], kept, kept)
assert torch.allclose(attended.output[0], context)
assert torch.allclose(attended.weights[0], weights)
print("by hand and library agree")

# %% [markdown] slideshow={"slide_type": "subslide"}
# How the two are compared is a choice. In 2014 Bahdanau, Cho and Bengio let a small network do it:
# $\text{match} \cdot \tanh(Wq + Uk)$, the **additive** score. The product that you used is the
# **dot-product** score (Luong and others, 2015). The library's divides it by a constant; notebook 05
# says why.

# %% [markdown] covers="X18 A1" slideshow={"slide_type": "slide"}
# ## Does it repair the bottleneck?
#
# The same game as in notebook 01: copy rows of 2 to 8 symbols; now all states hold 32 numbers, and
# all networks train for 200 steps. One hands over its last state; two may look back. One of the
# documents tells it so that the Transformer was the answer to the bottleneck.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** Rows of 6, copied without a mistake: how many, with a look back and the additive
# > score?
# >
# > - **a** few: for this one needs a Transformer
# > - **b** most of them
# > - **c** as few as before: the states are as narrow as before

# %%
def copying(length, rows=32):
    source, target = copy_task(rows, length, 12)
    start = torch.full((rows, 1), START)
    return source, torch.cat([start, target[:, :-1]], dim=1), target


def copier(score):
    torch.manual_seed(seed)
    model = RecurrentSeq2Seq(12, 12, d_model=32, cell=nn.GRU, score=score() if score else None)
    epoch = lambda number: [copying(int(n)) for n in torch.randint(2, 9, (100,))]
    fit(model, epoch, Recipe(steps=200))
    return model

# %% tags=["nbval-ignore-output"]
copiers = {
    "last state only": copier(None),
    "additive": copier(lambda: AdditiveScores(32)),
    "dot product": copier(lambda: dot_product_scores),
}

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
lengths = [2, 4, 6, 8]


def shares(model):
    return [exact_match(model, [copying(n, rows=300)]) for n in lengths]


copied = {name: shares(model) for name, model in copiers.items()}
plots.curves(
    lengths, copied, xlabel="symbols in a row", ylabel="rows copied", title="after 200 steps",
)

# %% proves="X18" control="A1"
evidence(
    "A1", lambda share: share < 0.3,
    {"6 symbols through the last state": copied["last state only"][2]},
    {"the same, with a look at every state": copied["additive"][2]},
    by=0.4,
)
print("additive, 6 symbols, most:", copied["additive"][2] > 0.5)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** Each state need only hold what it is asked for *at its place*, so the narrow state is wide
# enough. *c* overlooks that there are now six of them. *a* has history against it: attention
# came in 2014, on top of recurrent networks; the Transformer of 2017 kept the attention and
# dropped the recurrence.
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# The dot product is behind at 6 and at 8. It has nothing to learn: what a state stores is also
# what it is found by. The additive score has two tables, W and U, one for the side that asks and
# one for the side that answers. Give the product such tables, too. Does it gain?

# %%
class TwoTables(nn.Module):
    """The dot product, after a table of its own for each side."""

    def __init__(self):
        super().__init__()
        self.asks = nn.Linear(32, 32, bias=False)
        self.answers = nn.Linear(32, 32, bias=False)

    def forward(self, q, k):
        return dot_product_scores(self.asks(q), self.answers(k))

# %% tags=["nbval-ignore-output"]
copied["dot product, two tables"] = shares(copier(TwoTables))
print({name: f"{row[3]:.0%} of rows of 8" for name, row in copied.items()})

# %%
plain, tables = copied["dot product"], copied["dot product, two tables"]
print("rows of 8, more with two tables:", tables[3] > plain[3] + 0.05)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Keep the two tables in mind. Notebook 04 calls them $W_Q$ and $W_K$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Where does the copier look? Each row of the picture is one step of the writer (the *query*, which
# asks), each column one symbol that was read (a *key*, which answers). The symbols are numbers, 4
# to 11.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
source, target_in, target = copying(8, rows=1)
with record(copiers["additive"]) as trace:
    copiers["additive"](source, target_in)
symbols = [str(number) for number in source[0].tolist()]
plots.heatmap(trace.weights("cross")[0], symbols, symbols, title="step by step along the row")

# %%
looked = trace.weights("cross")[0][0, 0].argmax(dim=-1)
print("places looked at most follow the row:", (looked.diff() >= 0).float().mean().item() > 0.6)

# %% [markdown]
# It was told which symbol to write, not where to look. Going along is what made its **loss** small:
# one number for how badly the right answers were foreseen, which training pushes down.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A translator that looks back
#
# Now words. We take the short sentences of our corpus, English with their French, and train the
# same kind of network on them, with additive scores. The sentence about your day is in it 20
# times more, so that a short training suffices to learn it.

# %%
pairs = [pair for pair in translation_pairs() if len(pair[0].split()) <= 5]
pairs += 20 * [pair for pair in pairs if pair[0] == DAY[0].lower()]
print(len(pairs), "pairs, such as", pairs[0])


def untrained():
    torch.manual_seed(seed)
    sides = Translator.untrained(pairs)
    sizes = len(sides.source), len(sides.target), 64
    model = RecurrentSeq2Seq(*sizes, cell=nn.GRU, score=AdditiveScores(64))
    return Translator(model, sides.source, sides.target)

# %% tags=["nbval-ignore-output"]
translator = untrained()
epochs = translator.epochs(pairs, size=32)
fit(translator.model, epochs, Recipe(steps=400))

# %% [markdown]
# It writes word by word, always the likeliest next one (**greedy**), each word going back in as
# the input of the next step.

# %% slideshow={"slide_type": "fragment"}
print(translator.translate([DAY[0]]))
assert translator.translate([DAY[0]]) == ["comment se passe ta journée"]

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What it looked at
#
# One row of weights for each French word. (*Comment* is how, *se passe* goes, *ta journée* your
# day.)
#
# > **Predict.** While it writes *journée*, which English word gets the most weight?
# >
# > - **a** "day", in every training
# > - **b** "How": it is the first
# > - **c** another training, perhaps another word

# %%
french = DAY[1].lower().split()
source = torch.tensor([translator.source.encode(DAY[0])])
target_in = torch.tensor([[START, *translator.target.encode(DAY[1])]])
with record(translator.model.eval()) as trace:
    translator.model(source, target_in)
look = trace.weights("cross")[0][0, 0]
print("steps of the writer, words read:", tuple(look.shape))

# %% tags=["teaser", "nbval-ignore-output"] slideshow={"slide_type": "fragment"}
plots.heatmap(look[:5], french, english, title="French asks, English answers")

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Here it is "was", with about half. With seed 2 it is "your"; with other sentences to learn
# from it was "day". The state after "was" has seen "How" as well, which already tells our sentence from the
# others. So the weights say which *state* was useful, not which *word*: evidence about this model,
# no explanation. *a* is how one of the documents draws it. *b*: the writer's state changes at each
# step, and its weights with it.
# </details>

# %% [markdown] covers="X19" slideshow={"slide_type": "subslide"}
# ### What is *se*?
#
# The document also reads *se* as "was". Is it? In our corpus, count what the French of a sentence
# with "was" holds, and what follows *se*.

# %% proves="X19" slideshow={"slide_type": "fragment"}
french_of_was = [f.split() for e, f in translation_pairs() if "was" in e.split()]
past = sum("étai" in " ".join(words) for words in french_of_was)  # étais, était, étaient, n'était
print("with était, or a form of it:", past, "of", len(french_of_was))
print("the others:", [" ".join(words) for words in french_of_was if "étai" not in " ".join(words)])
after_se = {words[words.index("se") + 1] for words in french_of_was if "se" in words}
print("after se:", after_se)
assert after_se == {"passe"}

# %% [markdown] slideshow={"slide_type": "fragment"}
# "Was" is *était*. Only our sentence has none: *se passe* is one verb, "goes, takes place", and it
# stands in the present. French asks how your day is going. (The *passé* would be *s'est passée*.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Turn the knob: other sentences
#
# French puts colours *after* the noun: *le chat noir* is "the cat black". What does that do to the
# dark cells? Move the slider.

# %%
def look_at(english):
    """The translation of a sentence, and where its writer looked."""
    french = translator.translate([english])[0]
    source = torch.tensor([translator.source.encode(english)])
    target_in = torch.tensor([[START, *translator.target.encode(french)]])
    with record(translator.model) as trace:
        translator.model(source, target_in)
    weights = trace.weights("cross")[0][0, 0, :-1]  # the last step writes <end>
    return plots.heatmap(weights, french.split(), english.split(), title=f"→ {french}")


# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
sentences = [DAY[0].lower(), "the cat is black", "the black cat"]
Knob(look_at, sentences, label="sentence", start="the black cat")

# %% [markdown]
# <details><summary>What you see</summary>
#
# If each French word looked at its own, the dark cells of *the black cat* would cross: *chat* at the
# third word, *noir* at the second. See how far that holds, and recall that a state knows the words
# before it, too.
# </details>

# %% [markdown] covers="A6" slideshow={"slide_type": "slide"}
# ## Teacher forcing
#
# How was this network trained? While it learned the third word, its input was the *right* second
# word, whatever it would have written itself. That is **teacher forcing**: two rows, one shifted
# by a place.

# %% slideshow={"slide_type": "fragment"}
print("in: ", ["<start>", *french])
print("out:", [*french, "<end>"])
assert translator.target.decode(target_in[0, 1:].tolist()) == " ".join(french)

# %% slideshow={"slide_type": "fragment"}
quiz("forced")

# %% [markdown] slideshow={"slide_type": "subslide"}
# It looks like cheating: at the time of use nobody gives it the right words. The honest way would
# be to let it learn from its own words, right or wrong. One of the documents says that this does
# not work well. We can try: the same start, data and 400 steps, but its own words as input. Then a
# test on new sentences. One counts when the network writes all of it right, with nobody's help.

# %%
@torch.no_grad()
def own_words(model, source, length):
    """What the model would have as input if it had to live on its own words."""
    written = torch.full((len(source), 1), START)
    encoded = model.encode(source)
    while written.size(1) < length:
        following = model.decode(written, *encoded)[:, -1:].argmax(-1)
        written = torch.cat([written, following], dim=1)
    return written


def on_its_own(epochs, model):
    def epoch(number):
        for source, right, target in epochs(number):
            yield source, own_words(model, source, right.size(1)), target
    return epoch

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **Predict.** After the same number of steps, which one writes more sentences right?
# >
# > - **a** the one that lives on its own words: it trains what it will have to do
# > - **b** no difference
# > - **c** the one with the teacher

# %% tags=["nbval-ignore-output"]
forced, free = translator, untrained()
fit(free.model, on_its_own(epochs, free.model), Recipe(steps=400))

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
held_out = [p for p in translation_pairs("random") if len(p[0].split()) <= 5][:300]
test = list(forced.epochs(held_out, size=100)(0))
right = {"teacher": exact_match(forced.model, test), "own words": exact_match(free.model, test)}
title = "sentences right, after 400 steps"
plots.bars({"sentences right": right.values()}, list(right), title=title)

# %% control="A6"
evidence(
    "A6", lambda share: share > 0.2,
    {"taught with the right words": right["teacher"]},
    {"taught with its own words": right["own words"]},
    by=0.1,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** At first its own words are nonsense, and after nonsense there is no right next word to
# learn. The teacher puts every step on firm ground, and all steps can be trained at once: one's own
# words have to be written first, one after the other. *b* may come true after a long training; we
# did not try. *a* is tempting and has a true core; see what comes now.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### What the teacher hides
#
# Now word by word instead of whole sentences. The teacher's pupil is tested twice, with the right
# words as input and with its own; the other one with its own. Where will the two tests of the
# pupil differ: at the first word, or later?

# %%
def right_at(place, model, inputs):
    hits = [
        (model(source, inputs(source, right)).argmax(-1) == target)[:, place][target[:, place] > 0]
        for source, right, target in test if target.size(1) > place
    ]
    return torch.cat(hits).float().mean().item()


def by_place(model, inputs):
    return [right_at(place, model.eval(), inputs) for place in range(5)]


def alone(model):
    return by_place(model, lambda source, right: own_words(model, source, right.size(1)))

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
share = {
    "taught, given the right words": by_place(forced.model, lambda source, right: right),
    "taught, on its own words": alone(forced.model),
    "never taught, on its own words": alone(free.model),
}
places = ["first", "second", "third", "fourth", "fifth"]
plots.curves(
    places, share, xlabel="word", ylabel="words right",
    title="words right, place by place",
)

# %%
given, own, untaught = share.values()
print("at the first word they are alike:", abs(given[0] - own[0]) < 0.01)
print("later the right words help:", max(g - o for g, o in zip(given, own)) > 0.05)

# %% [markdown] slideshow={"slide_type": "fragment"}
# At the first word both see only the start. Later a mistake goes back in, into a situation the
# teacher never let it see: its two curves part. This is called **exposure bias** (Ranzato and
# others, 2016). The one that was never taught knows such situations, but has learnt less. With
# more training there are fewer mistakes to follow, one reason why the teacher is used nonetheless.

# %% [markdown] covers="A7" slideshow={"slide_type": "slide"}
# ## Who asks whom?
#
# So far French asked and English answered: two sentences. The documents call it **general
# attention**; the usual name is **cross-attention**. But nothing in the three steps needs a second
# sentence. Let "How was your day" ask
# itself: its own states are the queries, and they are the answers too.

# %% slideshow={"slide_type": "fragment"}
states, _ = translator.model.encoder(translator.model.source_embedding(source))
itself = Attention()(states, states, states)
print("general:        ", tuple(look.shape), "French steps × English words")
print("self-attention: ", tuple(itself.weights[0].shape), "English words × English words")
assert itself.weights.shape[-2] == itself.weights.shape[-1] == len(english)

# %% [markdown] slideshow={"slide_type": "fragment"}
# That is **self-attention**: every word of a sentence takes from every word of the same sentence.
# Now the bold step. If words can ask each other directly, what is the recurrent reader still good
# for? In 2017 somebody left it out.

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown] exercise="teacher_forcing"
# ### 1 · The two rows

# %% [markdown] exercise="context_vector"
# ### 2 · The context vector

# %% [markdown] exercise="additive_scores"
# ### 3 · Bahdanau's score

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - At each step: score every state, softmax, weighted mean. Nothing has to pass through one vector.
# - Teacher forcing gives the right previous word. The network learns faster, and is not prepared
#   for its own mistakes.
# - General or cross-attention: one sentence asks another. Self-attention: a sentence asks itself.

# %% [markdown]
# **New words.** *Context vector*: the weighted mean that a query receives. *Exposure bias*: trained
# on right words, used on its own.
#
# **Open** `transformer_lib/rnn.py`: `LookBack` is this notebook in ten lines.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **What breaks next.** Here the *states* asked and answered, and an RNN made them, word after word.
# Without it we start from bare words. Notebook 03 turns words into numbers.
#
# **Next:** [03 Tokens and embeddings](03_tokens_and_embeddings.ipynb)
