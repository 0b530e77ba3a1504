"""The control of the custody experiment: a driver that leaks its wallet's secrets on purpose, one way for each surface.

A scan that does not catch all of it proves nothing about honest drivers. It never pays, with emulated money at that.
"""
