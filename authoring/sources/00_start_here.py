# %% [markdown] slideshow={"slide_type": "slide"}
# # Start here
#
# > At the end you can run, predict, turn a knob and check an exercise, and you know that this
# > machine is ready for the course. About 10 minutes. For this notebook you need a little Python.
# > For the later ones: products of matrices, $e^x$, and what a derivative says; each is recalled
# > with small numbers where it is needed.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What you are going to do
#
# A Transformer is the network behind translators and chatbots. In its middle stands one idea,
# **attention**: each word looks at the other words and decides how much of each to take. You will
#
# 1. compute it with a pencil, on four words,
# 2. break it on purpose, and repair it,
# 3. build the rest around it, piece by piece, and
# 4. train a model that translates, on this machine.

# %% [markdown]
# ## Is this machine ready?
#
# Run a cell with **Shift + Enter**. Every line should say `ok`; a line that says `MISSING` also says
# what to do. No GPU is needed, and no internet.

# %% tags=["nbval-ignore-output"]
from lesson.start import check_machine

check_machine()

# %%
print("ready for the whole course:", check_machine().ready)

# %% [markdown]
# ## A two-minute taste
#
# This cell fetches the tools.

# %%
from lesson import plots
from lesson.exercises.core import check, hint
from lesson.exercises.progress import progress
from lesson.start import begin
from lesson.widgets.knob import Knob
from transformer_lib.attention import Attention
from transformer_lib.data import worked_example

begin()

# %% [markdown] slideshow={"slide_type": "slide"}
# Our sentence has four words. Each is a list of four numbers. A model learns such numbers; these
# were chosen so that a pencil suffices.

# %% slideshow={"slide_type": "fragment"}
example = worked_example()
for word, numbers in zip(example.tokens, example.x.int().tolist()):
    print(f"{word:8}", numbers)

# %% [markdown] slideshow={"slide_type": "subslide"}
# One line computes how much each word takes from each other word.

# %% tags=["teaser"] slideshow={"slide_type": "fragment"}
attended = Attention()(example.q, example.k, example.v)
title = "“I” listens most to itself, then to “student”"
plots.heatmap(attended.weights, example.tokens, title=title)

# %% [markdown] slideshow={"slide_type": "fragment"}
# A row is a word that asks, its **query**; a column is a word that may answer, its **key**. Read it
# row by row. The row "I" says: 43 % from itself, 26 % from "student", 16 % from each of
# the others. But for rounding, every row sums to 1. In notebook 05 you find these numbers with a
# pencil.

# %% [markdown]
# ### A question before the answer
#
# Questions look like the next box. Decide first, then run the cell. Guessing wrong and seeing
# why is the fastest way to learn this.

# %% [markdown] slideshow={"slide_type": "slide"}
# > **Predict.** The weights come from *scores*, one for each pair of words. What happens to the
# > row of "I" when all its scores are multiplied by 10?
# >
# > - **a** nearly everything goes to the best one
# > - **b** nothing: their proportions stay
# > - **c** all weights become equal

# %% slideshow={"slide_type": "fragment"}
gentle = attended.scores[0].softmax(-1)
harsh = (10 * attended.scores[0]).softmax(-1)
print(example.tokens)
print("scores:      ", attended.scores[0])
print("weights:     ", gentle)
print("scores x 10: ", harsh)
assert harsh[0] > 0.99

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** Weights grow *exponentially* with scores, so what counts is the difference between
# scores, and differences grow tenfold too. *b* would be true of plain shares. *c* is what
# happens when scores are divided by a large number.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### A knob to turn
#
# Every notebook has at least one. Drag it, or click it and use the arrow keys. This one divides
# the scores by a number, the **temperature**. At which end does every word get the same share?

# %% slideshow={"slide_type": "fragment"}
def weights_at(temperature):
    weights = (attended.scores / temperature).softmax(-1)
    title = f"temperature {temperature}: “I” keeps {weights[0, 0]:.0%} for itself"
    return plots.heatmap(weights, example.tokens, title=title)


Knob(weights_at, [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0], label="temperature", start=1.0)

# %% [markdown]
# If you see a picture but no slider, run the cell: a saved page keeps only the picture. If it
# stays away, the check below says what to do.

# %% [markdown] exercise="n_scores" slideshow={"slide_type": "slide"}
# ### An exercise
#
# An exercise has a cell for your answer and a cell that checks it. Stars tell how hard it is.
# The check never breaks anything. It says what you got, what was expected and, if it knows your
# mistake, which one it is. A solution is folded away below: click the arrow beside its heading to
# open it.
#
# Your answer goes where the dots are.

# %% [markdown]
# #### Stuck?
#
# Before you open a solution, ask for a hint; each call tells one line more.

# %%
hint("n_scores")

# %% [markdown]
# ## Does the knob turn?
#
# The live views are ready if the knob above moves its picture. If it shows *Error displaying
# widget*: close this tab, stop the course with Ctrl + C in the terminal, start it again with
# `make lab` and reload the page.

# %% [markdown]
# ## How to go on
#
# - Take the notebooks in order. Each ends with what the next one repairs.
# - Keep paper at hand. What you have multiplied yourself, you own.
# - Change things. JupyterLab saves as you go; to get a notebook back as it came, copy it before
#   you change it (*File → Duplicate*), or fetch it again with the course.
# - A word you forgot is in the [glossary](glossary.md), in English and Korean. The course follows
#   five documents and runs what they claim; what did not hold is in the [errata](errata.md).
#   `progress()`, typed in a cell of this notebook, shows how far you are.
# - The pictures show what **this** model computes on **this** input. They are evidence, not an
#   explanation of language.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - Attention: each word takes a weighted share of every word.
# - Predict, run, read why. Turn the knob. Check yourself.

# %% [markdown]
# **New words.** *Score*: how well two words match. *Weight*: the share that follows from it.
#
# **Open** `transformer_lib/__init__.py`: the map of the small library behind the course.

# %% [markdown] slideshow={"slide_type": "fragment"}
# **What comes next.** Before attention there were networks that read word by word. What went wrong
# with them is the reason for all the rest: [01 Why not recurrent networks](01_why_not_rnns.ipynb).
# In a hurry? Take a pencil and go to [05 Attention by hand](05_attention_by_hand.ipynb).
