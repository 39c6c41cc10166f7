"""Service Request Traffic Management (SECMP0067): the rule, and its kernel over columns.

`judgement` is the rule for one request, in whole numbers. `control` applies it
to the requests of every User. `kernel` states the same over columns. What each
User is given, `allocation` works out. Sans I/O and clock.
"""
