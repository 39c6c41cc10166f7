"""Settings for the whole suite: no deadlines, for this machine may be any machine."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

settings.register_profile("tidegate", deadline=None)
settings.load_profile("tidegate")
