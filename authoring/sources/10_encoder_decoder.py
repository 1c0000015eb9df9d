# %% [markdown] slideshow={"slide_type": "slide"}
# # The whole Transformer
#
# > At the end you can follow two sentences through every part of a Transformer, say each shape
# > and each mask, train one that translates English into French, and predict which sentences it
# > will get wrong. About 70 minutes.

# %%
import torch

from lesson import plots
from lesson.evidence import evidence
from lesson.exercises.core import check, hint
from lesson.exercises.quiz import quiz
from lesson.start import begin, show_source
from lesson.widgets.attention_view import AttentionView
from lesson.widgets.decoder_stepper import DecoderStepper
from lesson.widgets.training_scrubber import TrainingScrubber
from transformer_lib.attention import Attention, MultiHeadAttention
from transformer_lib.data import CAT, STUDENT, pad, translation_pairs
from transformer_lib.decoding import beam, filter_logits, greedy, sample
from transformer_lib.masks import PAD, causal_mask, padding_mask
from transformer_lib.model import Config, Embedding, EncoderLayer, LanguageModel, Stack, Transformer
from transformer_lib.trace import record
from transformer_lib.training import Recipe, fit, one_cycle, summed_cross_entropy
from transformer_lib.translator import Translator
from transformer_lib.vocabulary import END, START

seed = 0
begin(seed)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The itch: two halves that have never met
#
# You can build a reader: embedding, positions, encoder layers. You can build a writer too: the
# same layers with a look-ahead mask. Let one read English and the other write French.

# %% slideshow={"slide_type": "fragment"}
config = Config(vocab_size=12, d_model=16)
english, french = torch.tensor([[4, 5, 6, 7]]), torch.tensor([[START, 8, 9]])
reader = Stack(EncoderLayer, config)
read, scored = reader(Embedding(12, config)(english)), LanguageModel(config)(french)
print("reader:", tuple(read.shape), "a vector for each English word")
print("writer:", tuple(scored.shape), "scores for the word after each French one")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The reader leaves four vectors behind, and nobody looks at them. The writer scores French words,
# and nobody tells it what to say: its only input is French. One connection is missing.

# %% [markdown] covers="I2" slideshow={"slide_type": "slide"}
# ## By hand: French asks, English answers
#
# The writer has written *le chat* (the cat), and at each of the two words it asks what comes next.
# $Z$ holds its two vectors, one a row. $H$ holds the three vectors that the encoder made of "the
# black cat". Three matrices make queries, keys and values, as in notebook 05.

# %% slideshow={"slide_type": "fragment"}
words = ["the", "black", "cat"]
z = torch.tensor([[1.0, 0], [0, 1]])
h = torch.tensor([[0.0, 0], [-1, 1], [2, 2]])
w_q = torch.tensor([[1.0, 1], [0, 1]])
w_k = torch.tensor([[1.0, -1], [0, 1]])
w_v = torch.tensor([[1.0, 1], [0, 1]])
print("queries Z Q", (z @ w_q).int().tolist())
print("keys    H K", (h @ w_k).int().tolist())
print("values  H V", (h @ w_v).int().tolist())

# %% [markdown] slideshow={"slide_type": "subslide"}
# Queries are made of $Z$, keys and values of $H$. Everything else is as you know it. Take a
# pencil: what are the six dot products of a query with a key, $Z Q K^\top H^\top$? Two rows ask,
# three columns answer. Then softmax along each row, and the weighted values:
# $\text{softmax}(Z Q K^\top H^\top)\, H V$.

# %% slideshow={"slide_type": "fragment"}
scores = z @ w_q @ w_k.T @ h.T
weights = scores.softmax(-1)
by_hand = weights @ h @ w_v
print("scores", scores.int().tolist())
assert scores.tolist() == [[0, 1, 2], [0, 2, 0]]
plots.heatmap(weights, ["after le", "after chat"], words, title="after le: cat. after chat: black")

# %% [markdown] slideshow={"slide_type": "fragment"}
# After *le* the writer looks at "cat", after *chat* at "black". French puts the colour last: *le
# chat noir*. The table does not mind: a row may look wherever it likes. This is
# **cross-attention**, and the layer you know can do it. Its argument `memory` says who answers.

# %%
layer = MultiHeadAttention(d_model=2, n_heads=1, attention=Attention(lambda q, k: q @ k.mT))
parts = {layer.q_proj: w_q, layer.k_proj: w_k, layer.v_proj: w_v, layer.out_proj: torch.eye(2)}
with torch.no_grad():
    for part, matrix in parts.items():
        part.weight.copy_(matrix.T)
        part.bias.zero_()
print(by_hand)
assert torch.allclose(layer(z[None], memory=h[None])[0], by_hand)
assert weights.shape == (len(z), len(h)) == (2, 3)

# %% [markdown]
# Two remarks on the documents. Their formula has no $\sqrt{d_k}$; the paper divides by it, here
# too, and only this comparison leaves it out. And they call the table $T \times T$, one letter
# for two lengths: it is $T_{dec} \times T_{enc}$, here 2 × 3.

# %%
quiz("cross_shape")

# %% [markdown] covers="I1" slideshow={"slide_type": "slide"}
# ## The whole model
#
# Now everything has a place. An encoder layer has two **sublayers**, a decoder layer three: the
# additional one is cross-attention.

# %% slideshow={"slide_type": "fragment"}
tall = Transformer(Config(vocab_size=11, target_vocab_size=13, d_model=16, n_layers=3)).eval()
for name, stack in {"encoder": tall.encoder, "decoder": tall.decoder}.items():
    parts = [part for part, _ in stack.layers[0].named_children()]
    print(f"{name}: {len(stack.layers)} layers of {len(parts)} sublayers:", *parts)
    assert len(stack.layers) == tall.config.n_layers
    assert all(len(list(layer.children())) == len(parts) for layer in stack.layers)
assert len(list(tall.encoder.layers[0].children())) == 2 and len(parts) == 3

# %% [markdown] slideshow={"slide_type": "subslide"}
# Both towers have the same number $N$ of layers: three here, six in the paper. Read the `forward`
# of a decoder layer, three lines, one for each sublayer. `mask` is for the French, `memory_mask`
# for the English.

# %% slideshow={"slide_type": "fragment"}
show_source(type(tall.decoder.layers[0]))

# %% [markdown] covers="I1" slideshow={"slide_type": "slide"}
# ### Every shape on the way
#
# Two English sentences with up to 7 tokens, two French ones with up to 5. Eleven English words,
# thirteen French ones, 16 numbers a vector. Before you run: which of the six shapes below contain
# a 7?

# %% slideshow={"slide_type": "fragment"}
source = torch.tensor([[4, 5, 6, 7, 8, 9, 10], [7, 6, 5, 4, PAD, PAD, PAD]])
target_in = torch.tensor([[START, 4, 5, 6, 7], [START, 12, 11, PAD, PAD]])
memory_mask = padding_mask(source)
french_mask = padding_mask(target_in) & causal_mask(5)
memory = tall.encoder(tall.source_embedding(source), mask=memory_mask)
x = tall.target_embedding(target_in)
decoded = tall.decoder(x, memory=memory, mask=french_mask, memory_mask=memory_mask)
logits = tall.head(decoded)
journey = {"source": source, "memory": memory, "target_in": target_in, "x": x}
for name, tensor in {**journey, "decoded": decoded, "logits": logits}.items():
    print(f"{name:9} {tuple(tensor.shape)}")
assert torch.allclose(tall(source, target_in), logits)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Only source and **memory**, the encoder's output, have the 7. The English is *looked at*, not
# carried along. At each of 5 places the **head**, one linear layer, gives 13 scores, the
# **logits**. The last line says that calling the model, `tall(source, target_in)`, is nothing
# else. It has two halves, `encode` and `decode`, which you saw in notebook 06.

# %% [markdown]
# The paper (Vaswani et al., 2017) has three things more. *Weight tying* (Press and Wolf, 2017):
# both embeddings and the head are one table. *Label smoothing* (Szegedy et al., 2016): the right
# word is asked for with 0.9, the rest is shared by all. *Dropout* (Srivastava et al., 2014): a
# tenth of the numbers is set to 0, at random. `Recipe(smoothing=0.1)` and `Config(dropout=0.1)`
# turn two of them on; we train without.

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Who reads the memory?
#
# A **hook** is a function that PyTorch calls before a layer runs; ours notes what the layer is
# given.
#
# > **Predict.** Three encoder layers, three decoder layers. What English does the first decoder
# > layer get to read?
# >
# > - **a** the output of encoder layer 1; layer 2 gets that of layer 2, and so on
# > - **b** nothing: only the last decoder layer reads
# > - **c** the output of the *last* encoder layer, like the other two

# %% slideshow={"slide_type": "fragment"}
heard = []


def listen(layer, inputs, named):
    heard.append(named["memory"])


for layer in tall.decoder.layers:
    layer.register_forward_pre_hook(listen, with_kwargs=True)
tall(source, target_in)
same = [torch.allclose(given, memory) for given in heard]
print("decoder layers given the finished memory:", same)
assert same == [True, True, True]

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** Three times the same finished memory. *a* is how many people read the picture of two
# towers side by side; then the first decoder layer would have to make do with half-read English.
# *b* would leave two layers that do not know what to say.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### What depends on what?
#
# > **Predict.** We exchange the last *French* input word. Then, separately, the last *English*
# > one. At which of the five places do the logits change?
# >
# > - **a** both times at all five
# > - **b** French: at the last place; English: at all five
# > - **c** both times at the last place

# %% slideshow={"slide_type": "fragment"}
def changed_places(source, target_in):
    difference = (tall(source, target_in) - logits).abs()
    return (difference[0].amax(-1) > 1e-6).tolist()


other_french, other_english = target_in.clone(), source.clone()
other_french[0, -1], other_english[0, -1] = 9, 4
print("another last French word: ", changed_places(source, other_french))
print("another last English word:", changed_places(other_english, target_in))
assert changed_places(source, other_french) == [False] * 4 + [True]
assert all(changed_places(other_english, target_in))

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** The look-ahead mask hides later *French*, for it does not exist yet. The English lies
# finished on the table, all of it, when the first French word is written. *a* forgets the mask,
# *c* applies it to the wrong language.
# </details>

# %% [markdown] covers="I3" slideshow={"slide_type": "slide"}
# ## Train it
#
# The corpus of the course: 12 000 English sentences with their French, none longer than 12
# tokens. Two **vocabularies**, a small model: one layer on each side, 64 numbers a word, 8 heads.

# %% slideshow={"slide_type": "fragment"}
pairs = translation_pairs("train")
torch.manual_seed(seed)
translator = Translator.untrained(pairs, d_model=64, n_heads=8, n_layers=1)
model = translator.model
print(len(pairs), "pairs such as", pairs[6])
print("entries:", len(translator.source), "English,", len(translator.target), "French")
assert max(len(ids) for pair in translator.ids(pairs) for ids in pair) == 12

# %% [markdown]
# One of the documents notes that the right answer goes in at *both* ends of the decoder. That is
# teacher forcing (notebook 02), the French shifted by one place. With the look-ahead mask one
# sentence becomes several lessons, all learnt at once:

# %%
answer = CAT[1].lower().split()
told, wanted = ["<start>", *answer], [*answer, "<end>"]
for place, word in enumerate(wanted):
    print(f"given {' '.join(told[: place + 1]):25} say {word}")
assert translator.target.encode(CAT[1]) == [translator.target.ids[word] for word in answer]

# %% [markdown] slideshow={"slide_type": "slide"}
# Now 500 steps of 32 sentences: each pair is seen once or twice. Every hundred steps the model is
# tested on 250 sentences that it does not train on, and a *scrubber* keeps what it looks at. It
# takes about ten seconds.
#
# The **loss** of a place is $-\ln$ of the chance the model gives to the right word. A model that
# knows nothing gives each of the 531 entries the same chance, so its loss is $\ln 531 = 6.3$: see
# where the curve begins.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
from transformer_lib.evaluation import exact_match

asked = list(translator.epochs(translation_pairs("random")[:250], size=250)(0))
score = lambda model: exact_match(model, asked)
scrubber = TrainingScrubber.of(translator, *CAT, every=100, evaluate=score)
recipe = Recipe(steps=500, schedule=one_cycle(1e-2), evaluate_every=100)
history = fit(model, translator.epochs(pairs), recipe, evaluate=scrubber)
history

# %% [markdown] slideshow={"slide_type": "slide"}
# Most of the fall is over after a third of the steps. Wind the training back and drag from the
# left. Row *le* is the step that writes *chat*: when does it find "cat"?

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
scrubber.show(history)
scrubber.part = "cross"
scrubber

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two sentences of the documents:

# %% slideshow={"slide_type": "fragment"}
written = translator.translate([STUDENT[0], CAT[0]])
for (english, _), french in zip([STUDENT, CAT], written):
    print(english, "->", french)
assert written == [STUDENT[1], CAT[1].lower()]

# %% [markdown] slideshow={"slide_type": "fragment"}
# Both stood among the 12 000 pairs. Is that reciting? A thousand sentences were held back: words
# it knows, in sentences it has never read. Exactly right means every word. And for comparison a
# writer that does recite: it looks for the training sentence with the fewest words changed, and
# gives its French.

# %% control="I3" slideshow={"slide_type": "fragment"}
held_out = translation_pairs("random")
right = exact_match(model, translator.epochs(held_out, size=250)(0))
known = [(set(english.split()), french) for english, french in pairs]


def recite(english):
    words = set(english.split())
    return min(known, key=lambda pair: len(words ^ pair[0]))[1]


recited = sum(recite(english) == french for english, french in held_out[:50]) / 50
evidence(
    "I3", lambda share: share > 0.7,
    {"new sentences right, the model": right}, {"reciting the nearest": recited}, by=0.5,
)
assert not set(held_out) & set(pairs)

# %% [markdown] covers="I3" slideshow={"slide_type": "slide"}
# ## Writing, step by step
#
# It does not recite. But in training all places were scored at once. Writing starts with nothing
# but the start sign: read the English once, score, take the likeliest word, append it, score
# again. Will the scores be the same?

# %% slideshow={"slide_type": "fragment"}
source = torch.tensor([translator.source.encode(CAT[0])])
tokens, turns = torch.tensor([[START]]), []
with torch.no_grad():
    encoded = model.eval().encode(source)
    while tokens[0, -1] != END:
        turns.append(model.decode(tokens, *encoded)[:, -1:])
        tokens = torch.cat([tokens, turns[-1].argmax(-1)], dim=1)
        print(*(translator.target.words[i] for i in tokens[0]))
    at_once = model(source, tokens[:, :-1])
assert translator.target.decode(tokens[0].tolist()) == CAT[1].lower()
assert torch.allclose(torch.cat(turns, dim=1), at_once, atol=1e-4)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The last line says why training may do all places at once: with the mask, the scores at each
# place are those of a writer that has nothing after it.

# %% [markdown] slideshow={"slide_type": "slide"}
# The same, live: *forward* writes the next word, a click on another word forces that one, and the
# bars on top show where the writer looks. The sliders come later. Then type "how was your day": it
# stands in the corpus, but nearly alone of its kind, and was read once or twice only.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "subslide"}
DecoderStepper(translator, STUDENT[0], seed=0)

# %% [markdown] covers="X5 E3" slideshow={"slide_type": "slide"}
# ## Who asks whom, in the trained model
#
# One of the documents says that the masked attention of the decoder compares the French sentence
# with the *English* one. Three tables of two sentences, padded, in the model that you have
# trained:

# %%
both = [STUDENT, ("the old black cat is tired", "le vieux chat noir est fatigué")]
source = pad([translator.source.encode(english) for english, _ in both])
target_in = pad([[START, *translator.target.encode(french)] for _, french in both])
with record(model) as trace:
    model(source, target_in)
english_pads = padding_mask(source)
no_future = padding_mask(target_in) & causal_mask(target_in.size(1))
masks = {"encoder": english_pads, "decoder": no_future, "cross": english_pads}
for part, mask in masks.items():
    table = trace.weights(part)[0]
    print(f"{part:8} queries × keys {tuple(table.shape[-2:])}")
    assert torch.equal(table > 0, mask.expand_as(table))
assert trace.weights("decoder")[0].shape[-2:] == (target_in.size(1),) * 2

# %% [markdown] slideshow={"slide_type": "fragment"}
# The decoder's own table is 7 × 7, French with French; only cross-attention has English columns
# (6). And each hides what notebook 06 said: pads everywhere, the future in one. The final test:
# the same French, but another English sentence.

# %% proves="X5" slideshow={"slide_type": "fragment"}
before = {part: trace.weights(part)[0] for part in ("decoder", "cross")}
with record(model) as trace:
    model(source.flip(0), target_in)
for part, table in before.items():
    print(f"{part:8} unmoved by other English:", torch.allclose(table, trace.weights(part)[0]))
assert torch.allclose(before["decoder"], trace.weights("decoder")[0])
assert not torch.allclose(before["cross"], trace.weights("cross")[0])

# %% [markdown]
# So the claim fails. (In a taller model the *second* layer's French vectors have heard English
# already, from the cross-attention below. Its table is still French × French.)

# %% [markdown] covers="I4" slideshow={"slide_type": "slide"}
# ## Where it looks while it writes
#
# A sentence that is not in the corpus at all: "the black cat is old". The French adjective goes
# behind its noun. Each row of the picture is one step, named by the word that it writes; the mean
# of 8 heads.

# %%
def look(sentence):
    source = torch.tensor([translator.source.encode(sentence)])
    target = greedy(model, source)
    with record(model) as trace:
        model(source, torch.cat([torch.tensor([[START]]), target[:, :-1]], dim=1))
    written = [translator.target.words[i] for i in target[0]]
    return written, trace.weights("cross")[0][0].mean(0)


sentence = "the black cat is old"
written, weights = look(sentence)
looks = dict(zip(written, (sentence.split()[i] for i in weights.argmax(-1))))
print(*written, "| chat looks at", looks["chat"], "| noir looks at", looks["noir"])
assert looks["chat"] == "cat" and looks["noir"] == "black"

# %% [markdown] slideshow={"slide_type": "fragment"}
# One sentence is an anecdote, and a writer might look at the place it has come to, whatever stands
# there. So take nine, count where the colour, the third French word, looks, and hold the two
# explanations against each other.

# %% control="I4"
nouns, colours = ("cat", "dog", "car"), ("black", "red", "green")
maps = [look(f"the {colour} {noun} is old")[1] for colour in colours for noun in nouns]
looked_at = [table[2].argmax().item() for table in maps]
evidence(
    "I4", lambda share: share > 0.7,
    {"looks most at the English colour": looked_at.count(1) / len(maps)},
    {"at its own place": looked_at.count(2) / len(maps)}, by=0.5,
)

# %% tags=["teaser", "nbval-ignore-output"] slideshow={"slide_type": "fragment"}
plots.heatmap(weights, written, sentence.split(), title="the order of the words crosses over")

# %% [markdown] slideshow={"slide_type": "slide"}
# Nobody told it which word belongs to which. Still, be careful: this is what *this* model's
# weights are on *this* sentence. The row of `<end>` spreads over several words, and a weight does
# not say what was done with the value. Maps are evidence, not explanations. Look around in all
# three attentions, head by head. (The view names a row by the word read last, then an arrow to
# the word written.)

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
AttentionView(translator, sentence)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Break it: the wrong memory
#
# > **Predict.** We force the French beginning *je suis* ("I am"), but the memory is that of "The
# > cat is black". How does the writer go on?
# >
# > - **a** with *noir*: what is said comes through the memory
# > - **b** with *étudiant*, or whatever else one is after *je suis*
# > - **c** not at all: queries and keys are of two different sentences

# %% slideshow={"slide_type": "fragment"}
@torch.no_grad()
def go_on(beginning, memory, mask, most=8):
    tokens = torch.tensor([[START, *translator.target.encode(beginning)]])
    while tokens[0, -1] != END and tokens.size(1) <= most:
        following = model.decode(tokens, memory, mask)[:, -1:].argmax(-1)
        tokens = torch.cat([tokens, following], dim=1)
    return translator.target.decode(tokens[0].tolist())


source = torch.tensor([translator.source.encode(CAT[0])])
continued = go_on("je suis", *model.encode(source)).split()
print("begins with", *continued[:2], "and ends with", continued[-1])
assert continued[-1] == "noir"

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **a.** Only the memory knows of anything black. The French so far tells the writer *where* it is
# in the sentence. *b* is what a language model would do, which knows only French. *c*: the two
# lengths never had to agree, so any memory fits any writer.
# </details>
#
# The same for a thousand new sentences: each is given the memory of its neighbour.

# %% control="I2" slideshow={"slide_type": "fragment"}
def exchanged(batches):
    for source, *rest in batches:
        yield source.roll(1, dims=0), *rest


swapped = exact_match(model, exchanged(translator.epochs(held_out, size=250)(0)))
evidence(
    "I2", lambda share: share > 0.7,
    {"right, with its own memory": right}, {"with another sentence's": swapped}, by=0.5,
)

# %% [markdown] covers="I4" slideshow={"slide_type": "slide"}
# ## The likeliest word is not the likeliest sentence
#
# Taking the likeliest word each time is called **greedy**. Is it the best one can do? A tiny
# writer, with chances you can hold in your hand. It first says *le* (the, 0.6) or *un* (a, 0.4),
# then one noun, cat, dog or horse:
#
# | after | chat | chien | cheval |
# |---|---|---|---|
# | le | 0.4 | 0.3 | 0.3 |
# | un | 0.9 | 0.1 | 0 |
#
# > **Predict.** Which two words are the likeliest sentence, and which does greedy write?
# >
# > - **a** *le chat*, and greedy writes it: the best word twice
# > - **b** *un chat*, and greedy writes it: 0.9 is the largest chance of all
# > - **c** *un chat* is the likeliest, but greedy writes *le chat*

# %% slideshow={"slide_type": "fragment"}
begins = {"le": 0.6, "un": 0.4}
nouns = {"le": {"chat": 0.4, "chien": 0.3, "cheval": 0.3}, "un": {"chat": 0.9, "chien": 0.1}}
likely = {(a, n): begins[a] * chance for a in begins for n, chance in nouns[a].items()}
article = max(begins, key=begins.get)
by_greedy = article, max(nouns[article], key=nouns[article].get)
best = max(likely, key=likely.get)
print("greedy:   ", *by_greedy, f"{likely[by_greedy]:.2f}")
print("likeliest:", *best, f"{likely[best]:.2f}")
assert (by_greedy, best) == (("le", "chat"), ("un", "chat"))

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **c.** 0.6 × 0.4 = 0.24, and 0.4 × 0.9 = 0.36. Greedy commits itself to *le* before it sees that
# *le* leads into doubt. *a* takes the best steps for the best way. *b*: to get to the 0.9 it would
# have to take the 0.4 first, and it never takes second best.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Beam search
#
# The number of sentences grows with every word. **Beam search** (Graves, 2012) keeps the best few
# beginnings alive; with two of them it would find *un chat*. Chances of long sentences are tiny, so
# one adds their logarithms, the **log-probabilities**, instead of multiplying; nearer to 0 is
# better. (The library also divides by a power of the length, since every further word makes a sum
# smaller.)
#
# Two hundred new sentences, in which words meet that never met in training. Where do the two
# searches differ, and who is right?

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "subslide"}
english, french = zip(*translation_pairs("compositional")[:200])
by_greedy = translator.translate(english, lambda *pair: greedy(*pair, max_len=24))
by_beam = translator.translate(english, lambda *pair: beam(*pair, max_len=24))
dice = torch.Generator().manual_seed(seed)
by_chance = translator.translate(english, lambda *pair: sample(*pair, max_len=24, generator=dice))
everything = zip(english, french, by_greedy, by_beam)
differ = [row for row in everything if row[2] != row[3]]
for asked, wanted, one, other in differ[:4]:
    print(f"English {asked}\nwanted  {wanted}\ngreedy  {one}\nbeam    {other}\n")

# %% [markdown]
# Did beam do its job? The log-probability of a whole sentence is minus its loss, added up over
# its words. But any other sentence might be likelier than greedy's, so hold one against it that is
# drawn by chance.

# %% control="I4"
@torch.no_grad()
def log_probability(english, french):
    *inputs, wanted = next(translator.epochs([(english, french)])(0))
    return -summed_cross_entropy(model(*inputs), wanted)[0].item()


def likelier(others):
    """Where it differs from greedy's: in which share of the sentences is the other likelier?"""
    rows = [row for row in zip(english, by_greedy, others) if row[1] != row[2]]
    better = [log_probability(e, other) > log_probability(e, one) for e, one, other in rows]
    return sum(better) / len(better)


print("greedy and beam differ in less than one sentence of ten:", 0 < len(differ) < 20)
evidence(
    "I4", lambda share: share > 0.5,
    {"likelier than greedy, beam": likelier(by_beam)}, {"by chance": likelier(by_chance)}, by=0.4,
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# It finds *likelier* sentences. But when the model is wrong about what is
# likely, a better search finds a likelier mistake.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## By chance
#
# A translation should be right; a story should not be the same each time. Then one *draws* the
# next word. Four candidates with logits 2, 1, 0.5, −1, and three ways to bend their chances:

# %% slideshow={"slide_type": "fragment"}
logits = torch.tensor([[2.0, 1.0, 0.5, -1.0]])
for how in ({}, {"temperature": 0.5}, {"temperature": 2.0}, {"top_k": 2}, {"top_p": 0.8}):
    print(f"{str(how):22}", filter_logits(logits, **how).probabilities[0])

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Temperature** divides the logits: below 1 sharper, above 1 flatter. **Top-k** (Fan et al., 2018)
# keeps the $k$ likeliest words. **Top-p** (Holtzman et al., 2020) keeps the fewest words that
# together reach $p$: here 0.61 + 0.22 is enough. What is kept is shared out again, so each row sums
# to 1.

# %%
quiz("cold")

# %% tags=["nbval-ignore-output"]
def drawn_at(temperature):
    dice = torch.Generator().manual_seed(seed)
    draw = lambda model, source: sample(model, source, generator=dice, temperature=temperature)
    return translator.translate(50 * [CAT[0]], draw)


print("in English:", CAT[0])
drawn = {temperature: drawn_at(temperature) for temperature in (0.5, 1.0, 3.0)}
for temperature, texts in drawn.items():
    print(temperature, *texts[1:3], sep="   ")

# %%
share = {t: sum(text == CAT[1].lower() for text in texts) / 50 for t, texts in drawn.items()}
print("cool: nearly always right:", share[0.5] > 0.9, "  hot: nearly never:", share[3.0] < 0.2)

# %% [markdown]
# Go back to the `DecoderStepper` and move its three sliders: the bars of the candidates follow.

# %% [markdown] covers="I4" slideshow={"slide_type": "slide"}
# ## The cache: never read a word twice
#
# Step 5 sends all five words through the decoder, and four of them have been there before. The
# mask forbids them to see the new word, so nothing about them can have changed. Keep their keys
# and values, and send only the newest word.

# %% slideshow={"slide_type": "fragment"}
from transformer_lib.cache import CachedSession, UncachedSession

texts = [english for english, _ in held_out[:100]]
fresh = translator.translate(texts, lambda *pair: greedy(*pair, session=UncachedSession))
kept = translator.translate(texts, lambda *pair: greedy(*pair, session=CachedSession))
print("the same hundred translations:", fresh == kept)
assert fresh == kept

# %% [markdown] slideshow={"slide_type": "fragment"}
# What does it save, and what does it cost? A fresh writer of two layers, 64 numbers a word, shall
# write 32 words, then 96. We take the processor's time, and count the bytes that are kept.

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "fragment"}
import time

torch.manual_seed(seed)
fresh = Transformer(Config(vocab_size=12, max_len=128)).eval()


@torch.no_grad()
def write_for(n_words, make):
    tokens, began = torch.tensor([[START]]), time.process_time()
    session = make(fresh, torch.tensor([[4, 5, 6, 7]]))
    for _ in range(n_words):
        tokens = torch.cat([tokens, session.logits(tokens).argmax(-1, keepdim=True)], dim=1)
    return time.process_time() - began, session


write_for(8, UncachedSession), write_for(8, CachedSession)  # warm up
for n_words in (32, 96):
    again, _ = write_for(n_words, UncachedSession)
    cached, session = write_for(n_words, CachedSession)
    print(f"{n_words:3} words: {again:.2f} s without the cache, {cached:.2f} s with it")

# %%
n_bytes = sum(cache.kept.nbytes for cache in session.own)
print("kept for 96 words:", n_bytes, "bytes: room for 128, 2 layers, 2 × 64 numbers of 4 bytes")
print("96 words take less time with the cache:", cached < again)
assert n_bytes == 2 * 128 * (64 + 64) * 4 and cached < again

# %% [markdown] slideshow={"slide_type": "fragment"}
# Time is paid for with memory: 64 numbers for a key and 64 for a value, for each word and layer.
# (The room is doubled whenever it is full.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How good is it, and where does it fail?
#
# Exactly right is a hard measure: one wrong ending, and a sentence counts for nothing. **BLEU**
# (Papineni et al., 2002) is kinder: it counts how many runs of one to four words the given
# translation has too, and punishes what is too short. 0 is nothing, 100 word for word.
#
# > **Predict.** Three sets of 400. *random*: new sentences. *compositional*: words that
# > never met, such as "red" and "car". *longer*: 13 tokens and more. Every word is known. Which
# > set is the worst?
# >
# > - **a** compositional: it has never seen those words together
# > - **b** longer: it has never seen sentences of that length
# > - **c** all alike: it knows every word

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "subslide"}
splits = ("random", "compositional", "longer")
tests = {split: translation_pairs(split)[:400] for split in splits}
exact, bleu = [], []
for test in tests.values():
    exact.append(100 * exact_match(model, translator.epochs(test, size=250)(0)))
    bleu.append(translator.bleu(test))
scores = {"exactly right, %": exact, "BLEU": bleu}
plots.bars(scores, splits, title="words that never met: some harm. new lengths: much")

# %%
print("random over 70 %:", exact[0] > 70, "  compositional over 60 %:", exact[1] > 60)
print("longer below 30 %:", exact[2] < 30, "  but its BLEU over 30:", bleu[2] > 30)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b**, by far. *a*: the colour is read off one English word and the noun off another, as above;
# they need not have met. *c* forgets that a sentence is more than its words. The middling BLEU of
# *longer* says that parts of the sentences are right. Which parts?
# </details>

# %% tags=["nbval-ignore-output"]
for split in ("compositional", "longer"):
    english, french = zip(*tests[split][:60])
    written = translator.translate(list(english))
    wrong = [row for row in zip(english, french, written) if row[1] != row[2]]
    for asked, wanted, got in wrong[:3]:
        print(f"{split}\n  English {asked}\n  wanted  {wanted}\n  got     {got[:90]}")

# %% [markdown]
# In *compositional* it is often one word: an ending that does not agree, a word left out. The
# long ones begin well, then lose their place and may go round in circles. Give the model the
# right words before each place, and count place by place:

# %% tags=["nbval-ignore-output"]
@torch.no_grad()
def right_by_place(test, longest_source=64):
    hits, counts = torch.zeros(12), torch.zeros(12)
    for source, target_in, target_out in translator.epochs(test, size=250)(0):
        wanted = target_out[:, :12]
        hit = model(source[:, :longest_source], target_in[:, :12]).argmax(-1) == wanted
        hits[: wanted.size(1)] += (hit & (wanted != PAD)).sum(0)
        counts[: wanted.size(1)] += (wanted != PAD).sum(0)
    return hits / counts


lines = {split: right_by_place(tests[split]) for split in ("random", "longer")}
lines["longer, English cut after 11"] = right_by_place(tests["longer"], longest_source=11)
plots.curves(
    range(12), lines, xlabel="place in the French sentence", ylabel="words right",
    title="all these places were trained, and yet",
)

# %% [markdown]
# All twelve places exist in training, but in long sentences the model stumbles from the sixth on.
# Cutting the English off after 11 words helps in the middle and harms at the end. The last words
# of the curve need the English that was cut, but those before are better off without it.

# %%
places = slice(5, 9), slice(10, 12)
mean = {name: [line[part].mean().item() for part in places] for name, line in lines.items()}
middle, end = zip(mean["longer"], mean["longer, English cut after 11"])
print("at places 5 to 8, random is better than longer:", mean["random"][0] > middle[0] + 0.03)
print("there, cutting the English helps:", middle[1] > middle[0] + 0.02)
print("at places 10 and 11 it harms:", end[1] < end[0] - 0.05)
assert middle[1] > middle[0] + 0.02 and end[1] < end[0] - 0.05

# %% [markdown]
# Is it the far places, which were never trained, or that there are more words than ever, in
# sentences of a new build? These curves cannot tell. A sinusoid can be *written down* for place
# 20; that does not mean that the model has learnt to read it. Notebook 08 looks at places alone.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Take a part out
#
# > **Predict.** The trained translator loses its look-ahead mask while it *writes*: French words
# > may now see those after them. How many of 50 new sentences are still right?
# >
# > - **a** hardly any: it was trained with the mask
# > - **b** as many as before
# > - **c** more: it sees more

# %% slideshow={"slide_type": "fragment"}
from transformer_lib.knockout import no_causal_mask

few = held_out[:50]
wanted = [translator.target.decode(translator.target.encode(french)) for _, french in few]


def count_right():
    again = lambda *pair: greedy(*pair, session=UncachedSession)  # every word, at every step
    written = translator.translate([english for english, _ in few], again)
    return sum(one == other for one, other in zip(written, wanted))


with_mask = count_right()
with no_causal_mask(model):
    without, at_once = count_right(), exact_match(model, translator.epochs(few)(0))
print("as many as before:", without == with_mask)
print("all places at once, as in training, under 40 %:", at_once < 0.4)
assert without == with_mask and at_once < 0.4

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>Why</summary>
#
# **b.** The word that writes is the newest one: nothing stands after it, so the mask hid nothing
# from *it*. The older words do see more, but in one layer the newest one reads only what they
# *were* at the bottom. *a* is true where all places are scored at once. *c*: it sees no more.
# </details>
#
# That reason can be tested: with a second layer it fails. There the newest word reads what the
# first layer made of the older ones. Two fresh models, the scores of the last place:

# %% control="I3" slideshow={"slide_type": "fragment"}
def moved(n_layers):
    torch.manual_seed(seed)
    fresh = Transformer(Config(vocab_size=12, d_model=16, n_layers=n_layers)).eval()
    source, target_in = torch.tensor([[4, 5, 6, 7]]), torch.tensor([[START, 8, 9, 10, 11]])
    whole = fresh(source, target_in)
    with no_causal_mask(fresh):
        return (fresh(source, target_in) - whole)[0, -1].abs().max().item()


evidence(
    "I3", lambda change: change < 1e-5,
    {"the last word without the mask, 1 layer": moved(1)}, {"2 layers": moved(2)}, by=0.001,
)

# %% [markdown] slideshow={"slide_type": "slide"}
# What does it need? Guess first: what costs more sentences, the positions, the scaling, or the
# best of its heads? Then switch them off, one at a time and together. (It was trained with all
# of them. A model trained *without* one might have found another way.)

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "subslide"}
from lesson.widgets.knockout_lab import KnockoutLab

KnockoutLab(translator, held_out, CAT[0])

# %% [markdown]
# <details><summary>What it shows</summary>
#
# The positions, by far: of ten sentences that were right about two or three stay so, over three
# seeds. Without the scaling nearly all stay right: with 8 numbers a head it is only a factor of
# 2.8. The best single head, one of cross-attention, costs one or two sentences of ten. The others
# stand in for it. (Numbers of the trained model on 250 new sentences.)
# </details>

# %% [markdown]
# ## Exercises
#
# `check` names the mistake it recognises; `hint("…")` gives one more line each time.

# %% [markdown] exercise="logits_shape"
# ### 1 · The last shape

# %% [markdown] exercise="mean_loss"
# ### 2 · The loss

# %% [markdown] exercise="write"
# ### 3 · Write

# %% [markdown] exercise="best_sentence"
# ### 4 · The best sentence

# %% [markdown] exercise="repair_memory_mask"
# ### 5 · Repair: the mask of the memory

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Recap
#
# - The encoder reads once. Every decoder layer asks its memory: French queries, English keys.
# - Training scores all places at once, writing takes turns; the look-ahead mask makes them agree.
# - Known words in new company: mostly right. Sentences longer than trained: mostly wrong.
#
# **New words.** *Memory*: the encoder's output. *Logits*: scores of the next word. *Greedy*,
# *beam*: two searches. *BLEU*: how many runs of words are shared.
#
# **Open** `transformer_lib/model.py`: the whole Transformer on one page.
#
# **What breaks next.** All this needs pairs: 12 000 sentences with their translation. What if you
# only want to know whether a review is good or bad? There is nothing to write, so half of the
# model is idle. Notebook 11 keeps the other half.

# %% [markdown]
# **Next:** [11 A head for a decision](11_classification.ipynb)
