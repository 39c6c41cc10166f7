"""Alerts as columns: their names, types and order, and text to numbers and back."""
