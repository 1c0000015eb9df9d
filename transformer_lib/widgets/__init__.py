"""Live views: one .py and one .js each, nothing to build, nothing to download.

view.py   what they share: a page with and without a kernel, and the static picture
knob.py   a slider over a picture: for figures that Python draws

Beside view.py lie view.js and view.css (controls, heat maps, keys, colours; every script starts
with them) and page.js (the state of a page that has no kernel).
"""
