"""loopcheck verifies that what a post-mortem promised is there, in force, and stays so."""

__version__ = "0.1.0"
