"""The exercises, topic by topic. What belongs to one stands together, in this order:

    causal_mask_statement   what to do, in Markdown: goal, shapes, an example
    causal_mask             the definition as slow loops; its first line stands in the stub too
    causal_mask_solution    a short right answer, a function or the plain answer
    repair_mask_given       where something is to be repaired: the broken function
    CAUSAL_MASK             all of them with stars, minutes, cases, hints and named mistakes

A notebook shows stub and solution as they stand here. So a solution uses nothing but what each
notebook that asks it has imported or defined. In the order of the notebooks:

counting.py        how many scores
recurrence.py      word after word, or a window at a time
bottleneck.py      one vector for a whole sentence
looking_back.py    a writer that looks back at every state
embeddings.py      words as rows of a table
retrieval.py       a soft look-up
pencil.py          numbers and shapes, before any tensor is written
scores.py          queries and keys → scores
weights.py         scores → weights
attention.py       weights → output, and the whole formula
padding.py         what fills a short sentence up
masks.py           the future hidden; no weight for what is hidden
decoder.py         no padding and no future, together
heads.py           cut the features into heads and put them together again
price_of_heads.py  what several heads cost, and what they bring
positions.py       where a word stands, told by waves
rotation.py        positions as hands of a clock
distances.py       how far apart, added to the scores
layers.py          layer normalisation
paths.py           the way through a block, and the way round it
model.py           what goes into a model, what comes out, what it holds
memory.py          what the decoder sees of the encoder's answer
training.py        the loss
warmup.py          the learning rate
decoding.py        temperature and top-k
nucleus.py         top-p
writing.py         word by word; the best of several sentences
classification.py  one vector for a sentence, a score for each class
cost.py            operations and memory
efficient.py       what cheaper attention computes, and what it leaves out
assembly.py        attention whole: every sentence and head at once
"""
