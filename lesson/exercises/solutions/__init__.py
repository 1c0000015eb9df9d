"""One short right answer for each exercise, topic by topic, under the exercise's own name.

`solution("causal_mask")` shows it, and the tests hold each one against its definition.
"""
