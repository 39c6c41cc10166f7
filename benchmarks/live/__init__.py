"""The gateway under load, on loopback, beside a server on the same stack that only acknowledges."""
