"""What is read off all notebooks together, one page per file.

contents  the table of notebooks in the README
errata    claims that one reads, each beside the code that decides it
evidence  what was measured, and the control beside it
glossary  the words of the course, in English and Korean
syllabus  which rows of `syllabus.toml` are covered, and where
bibliography  the works that the course names
places    cells that say in their headers what they do, with links to them
"""
