"""The parts of the custody inspection: what is planted, where it is looked for, and what a wallet's keys go through.

canaries: planted.py. Surfaces: surfaces.py, allowances.py, answers.py, wires.py, processes_seen.py, paper.py. Steps:
vault.py, watch.py, steps.py, opening.py, key_life.py, envelope_facts.py, control.py. Memory: residue.py, heap.py.
"""
