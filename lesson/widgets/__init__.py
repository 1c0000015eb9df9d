"""Live views: one .py and one .js each, nothing to build, nothing to download.

view.py                what they share: a page with and without a kernel, the static picture
knob.py                a slider over a picture: for figures that Python draws
stepper.py             attention one stage at a time, each number with the arithmetic behind it
attention_view.py      who looks at whom in a trained model, on a sentence that you type
decoder_stepper.py     a translation word by word, with all that each word was chosen from
position_explorer.py   the waves that tell positions, and the schemes that were given up
scaling_explorer.py    scores, weights and gradients with and without the division by √d_k
training_scrubber.py   attention maps and loss at saved steps of a training
knockout_lab.py        what a trained model loses when parts are taken out

A file whose name begins like a view's holds a part of that view. Beside view.py lie view.js and
view.css (controls, heat maps, keys, colours; every script starts with them) and page.js (the state
of a page that has no kernel). chart.js draws curves and heat.js large tables, for the views that
name them; both look as chart.css says. text_view.* read what is typed and mark unknown words,
map_view.* choose one attention map out of many.
"""
