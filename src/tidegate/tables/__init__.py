"""Tables, read and written: Alerts and Inventories as CSV and Parquet, decisions as Parquet."""
