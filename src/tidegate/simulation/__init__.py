"""An estate of Devices and the Alerts it raises, by recipe and seed; everything it makes is synthetic."""
