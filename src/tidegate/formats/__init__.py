"""The results of a replay as files: one module for each format.

Every writer is `write_<name>(replayed, path)` and writes the same bytes for the
same replay: no clock is read. To write pseudonyms, give the writers
`pseudonyms.pseudonymised(replayed, ...)`. `results_folder` gives results their names.
"""
