"""Messages that tests mint for themselves, so that they mean something without the public test data."""
