"""The numbers of Tidegate, by hand: what was measured, against what, and with which command. See README.md."""
