"""The results of a replay as files: one module for each format.

Every writer is `write_<name>(replayed, path)` and writes the same bytes for the
same replay: no clock is read. `results.write_results` writes them all. To write
pseudonyms, give the writers `pseudonyms.pseudonymised(replayed, ...)`.
"""
