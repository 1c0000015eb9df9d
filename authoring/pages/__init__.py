"""The notebooks as pages that open from disk, without internet.

body      cells as HTML, formulas as MathML
template  fills in the pages of book and slides
book/     makes the course a web site
slides/   makes a lecture of the cells that are marked for one
"""
