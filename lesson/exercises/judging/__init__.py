"""From an attempt to a report, in the order of the work:

exercise.py  an Exercise: statement, definition, solution, cases, hints, named mistakes
plans.py     experiments to design: the runs of a plan, read for their first flaw
judge.py     hold an attempt against an exercise, case by case
trial.py     run an attempt without letting it crash, hang or spoil its inputs
compare.py   is this value the one that was needed, and if not, why not
report.py    what check, hint and solution answer
picture.py   expected beside got, to be seen
"""
