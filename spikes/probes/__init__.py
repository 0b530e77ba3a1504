"""Programs that try one thing, print one finding and end: what FORM.PROBE runtimes start (spikes/probe.py).

Must not know: plans, records, gates. They print facts and an outcome, never a verdict.
"""
