"""Questions about speed and size, one module each. `python benchmarks/run.py` answers them."""
