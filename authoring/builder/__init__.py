"""From a percent source to a finished notebook, one step per file.

source     reads `sources/NN_topic.py` into cells, English or Korean
exercises  writes an exercise out: its one cell becomes stub, check and solution too
run        executes a notebook with the Python that runs the builder
canonical  gives a notebook its one committed form
pull       brings edits made in the browser back to the source
student    leaves the solutions out
"""
