"""Load: turns that start when they are meant to, and are counted from then.

Must not know: drivers, networks, records.
"""
