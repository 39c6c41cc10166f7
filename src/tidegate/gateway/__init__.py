"""HTTP for parties: Alerts in, and answers about them. It parses, asks one thing of what is below, and renders."""
