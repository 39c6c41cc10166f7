"""Alert Storm Protection (SECMP0062): the rule, and its kernel over columns.

`storm` is the rule for one stream, as a function from state to state.
`protection` applies it to every stream. `kernel` states the same over columns.
"""
