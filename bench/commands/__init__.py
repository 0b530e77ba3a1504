"""The commands of `python -m bench`, one module each: PURPOSE, `add_arguments(parser)`, `run(args)` with the exit code.

Must not know: how anything is judged or rendered.
"""
