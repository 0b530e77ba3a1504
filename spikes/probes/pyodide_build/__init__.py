"""Can breez-sdk-spark be built for Pyodide, and what stops it? A real attempt, step by step.

Each module takes one step and returns what happened as a `Step`: facts, and the obstacles it met. finding.py makes the
probe's answer of them. None of it pays, and nothing of it reaches a network, unless SPARKGATE_LIVE_REGISTRY=1 lets
source.py ask the package registry one question.
"""
