"""The command `tidegate`. A command parses its arguments, calls one operation and prints what came of it."""
