"""What the system does, one module for each thing; verbs. No I/O but through `ports`."""
