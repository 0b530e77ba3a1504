"""Faults: what is done to a payment on purpose, as data; drawn, shrunk and shown again.

Role: schedules (schedule.py), the named ones (catalogue.py), random ones (draw.py), the shortest one that still goes
wrong (shrink.py), how one is tried on a seat (trial.py), how an attempt ended (ending.py), and `replay`.
Must not know: gates. What an ending is worth is not said here.
"""
