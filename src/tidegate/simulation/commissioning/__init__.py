"""Post Commissioning, simulated: months of installs, what befalls Devices on their way, and what each really holds.

A scenario is data (`scenarios/*.toml`). `causes` says what may befall a Device,
`journeys` what evidence it leaves, `run` writes them down in the order they were
received. The truth is known of every Device. Sans I/O and clock; the same seed
gives the same evidence.
"""
