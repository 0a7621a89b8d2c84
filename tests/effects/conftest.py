"""Makes the modules of this folder, and the hostile strings of the reports' tests, importable here."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "reports")]
