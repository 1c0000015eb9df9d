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
from transformer_lib.decoding import cut

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

# %% [markdown]
# ### 1 · What is handed on ★ 1 min
#
# A recurrent encoder reads a batch: its states are (2, 41, 64), that is batch, length, d_model. The
# decoder has no attention. What shape is all that it gets? Had it attention, the answer would be
# `(2, 41, 64)`.

# %% tags=["exercise"]
bottleneck_shape = ...

# %%
check("bottleneck_shape", bottleneck_shape)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
bottleneck_shape_solution = (2, 64)  # the last state of each sentence
check("bottleneck_shape", bottleneck_shape_solution)

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
# ### 2 · What the weights are for ★ 4 min
#
# `weights` (query, key), rows that sum to 1, and `v` (key, width) give (query, width): each query
# adds up all values, each times its weight. With [[1, 0], [0.5, 0.5]] and the values [2, 4, 0] and
# [6, 0, 2] the first query gets [2, 4, 0], the second [4, 2, 1].

# %% tags=["exercise"]
def weighted_values(weights, v):
    """(query, width)"""
    raise NotImplementedError


# %%
check("weighted_values", weighted_values)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def weighted_values_solution(weights, v):
    return weights @ v  # (query, key) @ (key, width): the keys are summed away


check("weighted_values", weighted_values_solution)

# %% [markdown]
# ### 3 · Sharper, flatter ★ 3 min
#
# From `logits` (vocab_size) to the chances of the next word at a `temperature`: below 1 sharper,
# above 1 flatter, at 1 the softmax. The logits [2, 0] at temperature 2 give [0.731, 0.269].

# %% tags=["exercise"]
def soften(logits, temperature):
    """(vocab_size) chances, which sum to 1"""
    raise NotImplementedError


# %%
check("soften", soften)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def soften_solution(logits, temperature):
    return (logits / temperature).softmax(-1)


check("soften", soften_solution)

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

# %% [markdown]
# ### 4 · Only the likeliest ★★ 5 min
#
# From `logits` (vocab_size) to chances: the `k` largest logits share the 1 by their softmax, every
# other word gets 0, and each stays in its place. No two logits are equal. The logits
# [1, 2, 0, 1.5] with `k` 2 give [0, 0.622, 0, 0.378].

# %% tags=["exercise"]
def top_k(logits, k):
    """(vocab_size) chances, k of them above 0"""
    raise NotImplementedError


# %%
check("top_k", top_k)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def top_k_solution(logits, k):
    smallest = logits.topk(k).values[-1]
    return logits.masked_fill(logits < smallest, -math.inf).softmax(-1)


check("top_k", top_k_solution)

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

# %% [markdown]
# ### 5 · The price of heads ★★ 4 min
#
# How many numbers does multi-head attention learn? It has projections for queries, keys and values
# and one after the heads, each with a bias; `n_heads` divides `d_model`. With `d_model` 4 and 2
# heads there are 80.

# %% tags=["exercise"]
def head_parameters(d_model, n_heads):
    """A whole number, biases included"""
    raise NotImplementedError


# %%
check("head_parameters", head_parameters)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def head_parameters_solution(d_model, n_heads):
    return 4 * (d_model**2 + d_model)  # whatever the number of heads


check("head_parameters", head_parameters_solution)

# %% [markdown]
# ### 6 · A slope for each head ★★ 5 min
#
# ALiBi gives each head a slope, a power of 2. The exponents are evenly spaced: the last head has
# $2^{-8}$, and one step before the first would be $2^0$. `n_heads`, a power of two, gives
# (n_heads) numbers: for 4 heads 1/4, 1/16, 1/64, 1/256.

# %% tags=["exercise"]
def alibi_slopes(n_heads):
    """(n_heads), the steepest first"""
    raise NotImplementedError


# %%
check("alibi_slopes", alibi_slopes)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def alibi_slopes_solution(n_heads):
    return 2.0 ** (-8 * torch.arange(1, n_heads + 1) / n_heads)


check("alibi_slopes", alibi_slopes_solution)

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

# %% [markdown]
# ### 7 · The farther, the lower ★★ 6 min
#
# ALiBi's scores: from each of the `scores` (heads, query, key) take the head's slope times the
# distance of the two words; `slopes` is (heads). One head of slope 1/2, three words, all scores 0:
# its rows become [0, −0.5, −1], [−0.5, 0, −0.5] and [−1, −0.5, 0].

# %% tags=["exercise"]
def alibi_scores(scores, slopes):
    """(heads, query, key)"""
    raise NotImplementedError


# %%
check("alibi_scores", alibi_scores)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def alibi_scores_solution(scores, slopes):
    place = torch.arange(scores.size(-1))
    return scores - slopes[:, None, None] * (place - place[:, None]).abs()


check("alibi_scores", alibi_scores_solution)

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

# %% [markdown]
# ### 8 · Not quite so sure ★★ 5 min
#
# **Label smoothing**, a technique of the paper: the right word is not asked for with the whole 1. A
# share `smoothing` of it goes to all words of the vocabulary alike, the right one included.
# `expected` (length) ids give (length, vocab_size): the id 1 of 4 words, smoothed by 0.2, gives
# [0.05, 0.85, 0.05, 0.05].

# %% tags=["exercise"]
def smoothed(expected, vocab_size, smoothing):
    """(length, vocab_size), rows that sum to 1"""
    raise NotImplementedError


# %%
check("smoothed", smoothed)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def smoothed_solution(expected, vocab_size, smoothing):
    return (1 - smoothing) * F.one_hot(expected, vocab_size) + smoothing / vocab_size


check("smoothed", smoothed_solution)

# %% [markdown]
# ### 9 · Likely enough together ★★★ 8 min
#
# From `logits` (vocab_size) to chances: keep the fewest likeliest words that together reach `p`
# and share the 1 among them in their proportions; every other word gets 0, and each stays in its
# place. Logits whose chances are 0.2, 0.5, 0.3 give with `p` 0.6 the chances 0, 0.625, 0.375.

# %% tags=["exercise"]
def top_p(logits, p):
    """(vocab_size) chances, which sum to 1"""
    raise NotImplementedError


# %%
check("top_p", top_p)

# %% [markdown] jp-MarkdownHeadingCollapsed=true tags=["solution"]
# #### Solution

# %% tags=["solution"] jupyter={"source_hidden": true}
def top_p_solution(logits, p):
    chances, order = logits.softmax(-1).sort(descending=True)
    kept = chances * (chances.cumsum(-1) - chances < p)  # what came before has not reached p
    return torch.zeros_like(logits).scatter(-1, order, kept / kept.sum())


check("top_p", top_p_solution)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The cut, in a picture
#
# "The cat is …": five words with invented chances, before and after top-p with 0.8. Which bars
# grow?

# %% tags=["teaser"] slideshow={"slide_type": "fragment"}
words = ["a", "black", "Tuesday", "tired", "small"]
chances = torch.tensor([0.10, 0.42, 0.05, 0.28, 0.15])
after = cut(chances.log()[None], top_p=0.8).probabilities[0]
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
