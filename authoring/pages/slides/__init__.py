"""Notebooks as lectures: one deck of slides each, in a page that needs no other file.

lecture    which cells of a notebook stand on which slide, and in which steps they appear
decks      the decks and their list in a folder
deck.js    keys, clicks and swipes; deck.css: large type, on any screen and on paper
"""
