"""Benchmarks (pytest-benchmark): figures about our own parts. The one place in bench/ that starts programs.

Nothing here passes or fails on a time: machines are shared and noisy. Compare figures of one run, as ratios.
"""
