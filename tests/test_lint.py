"""The linter has nothing to say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_ruff_finds_nothing():
    notebooks = [str(path) for path in (ROOT / "notebooks").glob("*.ipynb")]
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", ".", *notebooks]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
