"""What every error of the course says."""

import re

import pytest


def refused(*words):
    """pytest.raises(ValueError) whose message holds all these words, in this order."""
    return pytest.raises(ValueError, match="(?s)" + ".*".join(map(re.escape, words)))
