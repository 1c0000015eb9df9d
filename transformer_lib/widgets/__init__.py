"""Live views: one .py and one .js each, nothing to build, nothing to download.

knob.py   a slider over a picture: for figures that Python draws
"""
