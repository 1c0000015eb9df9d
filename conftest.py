"""What pytest runs, notebooks included, is nobody's progress."""

import os

os.environ["ATTENTION_PROGRESS"] = "off"
