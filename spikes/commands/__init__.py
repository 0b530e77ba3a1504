"""The commands of `python -m spikes`, one module each: `add_arguments(parser)`, and `main(args)` with the exit code.

Must not know: one another's options. `__main__` loads the one module that was asked for and nothing else.
"""
