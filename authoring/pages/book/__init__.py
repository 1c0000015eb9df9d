"""The course as a web site that opens from disk: each page one file, search in one more.

chapter   what a page is made of: a notebook, or a Markdown page beside the notebooks
content   a chapter's cells as HTML: imports and solutions folded, links to pages
sections  headings that one can link to, and the words below each for the search
site      the cover, the pages, the search and the notebooks, written into a folder

page.html is the frame of chapter.html and cover.html; page.css, prose.css, code.css and page.js
stand inside each page, so that one sent alone by mail looks and works the same; only the
search, which needs search.js beside it, and the links to other pages are lost.
"""
