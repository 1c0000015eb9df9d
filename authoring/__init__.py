"""The workshop, for whoever makes the notebooks; whoever reads them never needs it.

What is edited by hand:

    sources/       the notebooks, in percent format: the only form that is edited
    syllabus.toml  what the course covers, and the claims that it refutes
    glossary.toml  its words, in English and Korean

    evidence.json  what the experiments found, written by `course.py evidence`

What makes notebooks, copies and pages of it, a folder for each step:

    builder/       source → cells → executed → canonical notebook; pull it back; a student's copy
    overviews/     what is read off all notebooks: contents, errata, evidence, …
    pages/         the notebooks as a web book and as lecture slides
    experiments.py run every experiment and its control with three seeds
    recheck.py     run notebooks once more that learners handed in

`python -m authoring VERB` runs them; `course.py` calls it.
"""

COURSE = "Attention by Hand"
NOTEBOOKS, WORKSHOP = "notebooks", "authoring"  # folders right under the root of the course


class Refused(Exception):
    """Something the author can put right; its message says what came and what to do."""
