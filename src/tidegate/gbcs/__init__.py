"""GBCS messages, as Devices send them: bytes to values. Pure: nothing is fetched, nothing is verified."""
