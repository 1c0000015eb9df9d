"""Exercises that check themselves: `check` an attempt, ask for one more `hint`.

What a learner meets:

    core.py       check(name, attempt) and hint(name)
    report.py     what they answer: a Report, a Hint

What is asked, one file per topic:

    counting.py   how many scores, how many pads
    pencil.py     numbers and shapes, before any tensor is written
    scores.py     queries and keys → scores
    weights.py    scores → weights, with and without a mask
    attention.py  weights → output, and the whole formula
    masks.py      who may look at whom, one mask at a time
    decoder.py    no padding and no future, together

What judging needs:

    exercise.py   an Exercise: definition, cases, hints, named mistakes
    judge.py      hold an attempt against an exercise, case by case
    trial.py      run an attempt without letting it crash, hang or spoil its inputs
    compare.py    is this value the one that was needed, and if not, why not

A new exercise goes into its topic's `EXERCISES`; a new topic goes into core.py's import.
"""
