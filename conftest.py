"""What pytest runs, notebooks included, is nobody's progress, and nobody waits for a training."""

import os

os.environ["ATTENTION_PROGRESS"] = "off"
os.environ["TQDM_DISABLE"] = "1"
