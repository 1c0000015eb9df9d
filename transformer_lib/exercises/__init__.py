"""Exercises that check themselves, quizzes that say why, and a record of both.

What a learner meets:

    core.py       check(name, attempt), hint(name), solution(name), yours(name, attempt)
    quiz.py       quiz(name): a question with an explanation for every answer
    progress.py   progress() and export_progress(path)

What is asked:

    topics/       the exercises, a file for each topic
    solutions/    a short right answer for each, topic by topic
    bank/         the questions of the quizzes, a TOML file for each topic
    catalogue.py  which notebook asks what

What a teacher runs:

    classroom/    the progress of a class in tables

What judging needs:

    exercise.py   an Exercise: definition, solution, cases, hints, named mistakes
    plans.py      experiments to design: the runs of a plan, read for their first flaw
    judge.py      hold an attempt against an exercise, case by case
    trial.py      run an attempt without letting it crash, hang or spoil its inputs
    compare.py    is this value the one that was needed, and if not, why not
    report.py     what check, hint and solution answer
    picture.py    expected beside got, to be seen
    questions.py  read the bank
    record.py     what has been done, in a small file
    names.py      find what a learner names, or tell the nearest

A new exercise goes into its topic's `EXERCISES`, a new topic into catalogue.py's `NOTEBOOKS`.
"""
