"""From a percent source to a finished notebook, one step per file.

source     reads `source/NN_topic.py` into cells, English or Korean
run        executes a notebook with the Python that runs the builder
canonical  gives a notebook its one committed form
pull       brings edits made in the browser back to the source
student    leaves the solutions out
page       makes web pages that need no other file
body       cells as HTML, formulas as MathML, for those pages
contents   the table of notebooks in the README
syllabus   which rows of `syllabus.toml` are covered, and where
"""


class Refused(Exception):
    """Something the author can put right; its message says what came and what to do."""
