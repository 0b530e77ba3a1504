"""The control's driver: CPython with the native Spark SDK behind the same contract as every other runtime.

Must not know: the harness, the emulator, other runtimes. It is configured by environment variables alone.
"""
