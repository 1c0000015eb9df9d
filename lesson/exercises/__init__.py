"""Exercises that check themselves, quizzes that say why, and a record of both.

What a learner meets:

    core.py       check(name, attempt), hint(name), solution(name), yours(name, attempt)
    quiz.py       quiz(name): a question with an explanation for every answer
    progress.py   progress() and export_progress(path)

What is asked:

    topics/       the exercises, a file for each topic: all that belongs to one stands together
    bank/         the questions of the quizzes, a TOML file for each topic
    catalogue.py  which notebook asks what
    questions.py  read the bank

How an answer is judged:

    judging/      what an exercise is made of; run an attempt; compare; report

What is kept:

    record.py     what has been done, in a small file
    names.py      find what a learner names, or tell the nearest

A new exercise goes into its topic's `EXERCISES`, a new topic into catalogue.py's `NOTEBOOKS`.
A notebook asks it with one line in the header of a cell: `exercise="causal_mask"`.
"""
