"""Admission: which Service Requests are let in when the DCC System is full (SECMP0067). Sans I/O and clock."""
