"""Makes the oracle and the hostile reports of this folder importable by its tests, and by those of the commands."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
