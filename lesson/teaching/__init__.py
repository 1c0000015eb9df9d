"""What a teacher runs: the progress of a class, put together from what learners hand in.

collect.py    all exports of a folder, in two tables
handed_in.py  one export, read whole or refused
learners.py   a class, merged from its exports
tables.py     who has done how much, what is hard; a file for a spreadsheet
"""
