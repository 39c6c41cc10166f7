"""The Traffic Management Mechanism Document as a value: its versions, which applied when, and how they differ."""
