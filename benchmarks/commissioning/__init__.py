"""Post Commissioning: how fast Devices are assessed, and by whom else the same is found."""
