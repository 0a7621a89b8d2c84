"""GitHub, as a run may read it: each question asked once, every answer either whole or `CannotTell`.

A checker gets it as `world.github`. It only reads; what is written goes through `loopcheck.effects`.
"""

from __future__ import annotations

from loopcheck.world.github.reader import GitHub
from loopcheck.world.github.settings import GitHubSettings, settings_from

__all__ = ["GitHub", "GitHubSettings", "settings_from"]
