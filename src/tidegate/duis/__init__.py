"""DUIS documents: the XML of the DCC User Interface, read as the Alerts they carry."""
