"""BertViz on the course's own models, without internet.

views.py  head_view, model_view, neuron_view: a trace and its words become a live page
page.py   that page, with everything it needs inside; shim.js and numbers.js lie beside it
"""
