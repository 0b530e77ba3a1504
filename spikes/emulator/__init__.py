"""The local Spark network: three signing operators, a service provider (SSP), a Lightning side and one ledger.

Role: to be the network that an unmodified SDK pays on, offline and deterministic. It knows no runtime
and no gate.
What it emulates, approximates and leaves out stands in README.md beside this file.
"""
