# %% [markdown] slideshow={"slide_type": "slide"}
# # Once more, mixed
#
# > At the end you can choose the right idea before you compute, in questions from all over the
# > course, and you know which pages to open again. About 70 minutes, or ten at a time.

# %% [markdown] slideshow={"slide_type": "fragment"}
# For the week after the course, before an exam, or for the first minutes of a class. To fetch an
# answer from memory is better practice than to read it once more. And where questions are mixed, no
# heading says which tool is wanted: you choose it first. So close the other notebooks, run a
# question for its buttons, decide, then click.

# %%
import math

import torch
import torch.nn.functional as F

from lesson import plots
from lesson.exercises.core import check, hint
from lesson.exercises.progress import progress
from lesson.exercises.quiz import quiz
from lesson.start import begin
from lesson.widgets.stepper import AttentionStepper
from transformer_lib.data import worked_example
from transformer_lib.decoding import filter_logits

begin()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Words and numbers
#
# What stands for what, and how many of them are there?

# %% [markdown] slideshow={"slide_type": "subslide"}
# A vocabulary gives each word a number.

# %% slideshow={"slide_type": "fragment"}
quiz("ids_are_names")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A sentence grows.

# %% slideshow={"slide_type": "fragment"}
quiz("double_length")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A sentence on its way into the model.

# %% slideshow={"slide_type": "fragment"}
quiz("ids_to_vectors")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Before attention, networks read word by word.

# %% slideshow={"slide_type": "fragment"}
quiz("recurrent_time")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The table of embeddings, just made.

# %% slideshow={"slide_type": "fragment"}
quiz("untrained_likeness")

# %% [markdown] exercise="bottleneck_shape"
# ### 1 · What is handed on

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Who gets how much?
#
# Scores, weights and what they weigh.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Three vectors for each word, three jobs.

# %% slideshow={"slide_type": "fragment"}
quiz("what_is_averaged")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A sentence of one word, written six times.

# %% slideshow={"slide_type": "fragment"}
quiz("equal_keys")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A row of scores before the softmax.

# %% slideshow={"slide_type": "fragment"}
quiz("add_a_constant")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Why are there two matrices, one that asks and one that is asked?

# %% slideshow={"slide_type": "fragment"}
quiz("equal_projections")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Check your answer on "I am a student", with one matrix in both places. Step to $QK^\top$ and
# hold each of the three claims against the numbers.

# %% slideshow={"slide_type": "fragment"}
AttentionStepper(w_k=worked_example().w_q)

# %% [markdown]
# <details><summary>What do the numbers say?</summary>
#
# $QK^\top$ is its own mirror image: what *I* asks of *student*, *student* asks of *I*. That is the
# price of one matrix in both places.
# </details>

# %% [markdown] exercise="weighted_values"
# ### 2 · What the weights are for

# %% [markdown] exercise="soften"
# ### 3 · Sharper, flatter

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What is hidden?
#
# Who may look at whom, and how is a look prevented?

# %% [markdown] slideshow={"slide_type": "subslide"}
# The upper left corner of a table of weights.

# %% slideshow={"slide_type": "fragment"}
quiz("first_row")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A translator has three kinds of attention.

# %% slideshow={"slide_type": "fragment"}
quiz("which_mask")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The course's mask, in PyTorch's layer.

# %% slideshow={"slide_type": "fragment"}
quiz("two_conventions")

# %% [markdown] exercise="top_k"
# ### 4 · Only the likeliest

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How many?
#
# Heads, sublayers, parameters: what is counted, and what is it cut from?

# %% [markdown] slideshow={"slide_type": "subslide"}
# A number that you choose before training.

# %% slideshow={"slide_type": "fragment"}
quiz("nine_heads")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two towers of layers, not quite alike.

# %% slideshow={"slide_type": "fragment"}
quiz("sublayers")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The heads have answered. Now they are put together.

# %% slideshow={"slide_type": "fragment"}
quiz("concatenated")

# %% [markdown] exercise="head_parameters"
# ### 5 · The price of heads

# %% [markdown] exercise="alibi_slopes"
# ### 6 · A slope for each head

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where, and how deep?
#
# Places in a sentence, layers on layers.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A bug is known by its symptoms.

# %% slideshow={"slide_type": "fragment"}
quiz("batch_axis")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A stack of nothing but attention.

# %% slideshow={"slide_type": "fragment"}
quiz("no_bend")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Many waves, from short to long.

# %% slideshow={"slide_type": "fragment"}
quiz("slow_waves")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The norm, and the first steps of a training.

# %% slideshow={"slide_type": "fragment"}
quiz("pre_or_post")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A sentence longer than any in training.

# %% slideshow={"slide_type": "fragment"}
quiz("beyond_the_end")

# %% [markdown] exercise="alibi_scores"
# ### 7 · The farther, the lower

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What comes next?
#
# Learning to write, and writing.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A translator without attention.

# %% slideshow={"slide_type": "fragment"}
quiz("bottleneck")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A training begins: the first number on the curve.

# %% slideshow={"slide_type": "fragment"}
quiz("uniform_loss")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two ways to look for a sentence.

# %% slideshow={"slide_type": "fragment"}
quiz("greedy_is_short_sighted")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Drawing the next word by chance.

# %% slideshow={"slide_type": "fragment"}
quiz("nucleus")

# %% [markdown] exercise="smoothed"
# ### 8 · Not quite so sure

# %% [markdown] exercise="top_p"
# ### 9 · Likely enough together

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cut, in a picture
#
# "The cat is …": five words with invented chances, before and after top-p with 0.8. Which bars
# grow?

# %% tags=["teaser"] slideshow={"slide_type": "fragment"}
words = ["a", "black", "Tuesday", "tired", "small"]
chances = torch.tensor([0.10, 0.42, 0.05, 0.28, 0.15])
after = filter_logits(chances.log()[None], top_p=0.8).probabilities[0]
assert after.count_nonzero() == 3
shares = {"before": chances, "after top-p, 0.8": after}
plots.bars(shares, words, title="the tail is cut off, and its share goes to the three likeliest")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## After a wrong answer
#
# A wrong answer is a page to open again. Read there until you could explain it to a friend, and
# answer once more tomorrow, not at once. (In JupyterLab the first click opens the notebook, the
# next one finds the section.)
#
# - *Words and numbers*: [how far apart](01_why_not_rnns.ipynb#How-far-apart-are-two-words?),
#   [the bottleneck](01_why_not_rnns.ipynb#The-bottleneck),
#   [ids and vectors](03_tokens_and_embeddings.ipynb#Four-numbers,-or-four-vectors?),
#   [how many scores](04_query_key_value.ipynb#How-many-scores?)
# - *Who gets how much?* [Softmax](05_attention_by_hand.ipynb#From-scores-to-weights),
#   [weighted values](05_attention_by_hand.ipynb#Step-4-on-paper:-the-reweighted-values),
#   [three matrices](04_query_key_value.ipynb#Why-three-matrices),
#   [temperature](10_encoder_decoder.ipynb#By-chance)
# - *What is hidden?* [Which mask](06_masks.ipynb#Which-attention-gets-which-mask?),
#   [two conventions](06_masks.ipynb#Two-conventions-in-one-library),
#   [top-k](10_encoder_decoder.ipynb#By-chance)
# - *How many?* [Heads](07_multi_head.ipynb#The-name), [their price](07_multi_head.ipynb#The-price),
#   [sublayers](10_encoder_decoder.ipynb#The-whole-model),
#   [slopes](08_positions.ipynb#Tell-the-distance-instead)
# - *Where, and how deep?* [Waves](08_positions.ipynb#By-hand:-the-hands-of-a-clock),
#   [learned places](08_positions.ipynb#Why-not-learn-them?),
#   [distances](08_positions.ipynb#Tell-the-distance-instead),
#   [averages](09_encoder_block.ipynb#The-itch:-attention-only-averages),
#   [warm-up](09_encoder_block.ipynb#Before-or-after,-with-and-without-warm-up)
# - *What comes next?* [The loss](10_encoder_decoder.ipynb#Train-it),
#   [beam search](10_encoder_decoder.ipynb#Beam-search),
#   [top-p](10_encoder_decoder.ipynb#By-chance)

# %% [markdown]
# `hint("top_p")` and the other names give one line more each time. `progress()`, typed in a cell of
# this notebook, shows what is still open. Quizzes and exercises count under the notebook whose
# matter they ask, so there is no row for this one.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - First choose the tool, then compute.
# - What you could not fetch is what to read again.

# %% [markdown]
# **New words.** *Label smoothing*: a little of the 1 goes to every word, so that the model need not
# be certain.
#
# **Open** any file of `transformer_lib` and say, before you read it, what must stand in it.
#
# **What comes next.** Again in a month. Then [14 Build it yourself](14_capstone.ipynb), once more
# from an empty cell.
