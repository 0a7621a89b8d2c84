"""Makes the unit tests of reports importable, to run them on more."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "reports"))
