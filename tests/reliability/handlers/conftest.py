"""Makes what the unit tests of handlers share importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "handlers"))
