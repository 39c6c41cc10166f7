"""Service Request traffic, simulated: what Users ask for, how they try again, and a DCC System of finite capacity.

A scenario is data (`scenarios/*.toml`). `demand` draws what is due when, `run`
carries it through one control of the traffic, event by event. The demand is the
same whatever the control. Sans I/O and clock; the same seed gives the same run.
"""
