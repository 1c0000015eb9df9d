"""From a percent source to a finished notebook, one step per file.

source     reads `source/NN_topic.py` into cells, English or Korean
run        executes a notebook with the Python that runs the builder
canonical  gives a notebook its one committed form
pull       brings edits made in the browser back to the source
student    leaves the solutions out
body       cells as HTML, formulas as MathML
template   fills in the pages of book and slides
book       makes the course a web site that opens from disk
slides     makes a lecture of the cells that are marked for one
contents   the table of notebooks in the README
errata     claims that one reads, each beside the code that decides it
glossary   the words of the course, in English and Korean
syllabus   which rows of `syllabus.toml` are covered, and where
"""

COURSE = "Attention by Hand"


class Refused(Exception):
    """Something the author can put right; its message says what came and what to do."""
