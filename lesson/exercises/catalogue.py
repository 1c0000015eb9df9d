"""All exercises by name, in the order of the notebooks that ask them."""

from dataclasses import replace

from lesson.exercises.judging.exercise import Exercise
from lesson.exercises.names import named
from lesson.exercises.topics import (
    assembly,
    attention,
    bottleneck,
    classification,
    cost,
    counting,
    decoder,
    decoding,
    distances,
    efficient,
    embeddings,
    heads,
    layers,
    looking_back,
    masks,
    memory,
    model,
    nucleus,
    padding,
    paths,
    pencil,
    positions,
    price_of_heads,
    recurrence,
    retrieval,
    rotation,
    scores,
    training,
    warmup,
    weights,
    wiring,
    writing,
)

NOTEBOOKS = {  # number of the notebook: its topics
    "00": (counting,),
    "01": (recurrence, bottleneck),
    "02": (looking_back,),
    "03": (embeddings,),
    "04": (retrieval,),
    "05": (pencil, scores, weights, attention),
    "06": (padding, masks, decoder),
    "07": (heads, price_of_heads),
    "08": (positions, rotation, distances),
    "09": (layers, paths, warmup),
    "10": (model, memory, training, decoding, nucleus, writing),
    "11": (classification,),
    "12": (cost,),
    "13": (efficient,),
    "14": (assembly, wiring),
}
EXERCISES = {
    exercise.name: replace(exercise, notebook=notebook)
    for notebook, topics in NOTEBOOKS.items()
    for topic in topics
    for exercise in topic.EXERCISES
}


def find(name: str) -> Exercise:
    """The exercise of that name.

    Raises ValueError, naming the nearest ones, when there is none.
    """
    return named("exercise", name, EXERCISES)
