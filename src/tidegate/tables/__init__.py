"""Tables, read and written: Alerts, Inventories and Users as CSV and Parquet, decisions as Parquet."""
