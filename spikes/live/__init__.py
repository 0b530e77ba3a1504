"""Live modes: the same drivers against networks that are not ours. The only place where real money could move.

Role: everything that a run on hosted regtest or on mainnet needs beside what every run has: where the networks are,
what the environment allows, the invoices to be paid, the account of what was spent, and the record.
Must not know: the emulator, plans, gates. Nothing here runs unless someone says in so many words that it may.
"""
