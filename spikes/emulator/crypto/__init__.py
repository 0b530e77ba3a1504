"""Cryptographic primitives of the Spark network emulator: one module for each construction of the protocol.

Conventions of the whole package: a scalar is an `int` in [0, n), a point is `bytes` (33-byte compressed SEC1), and
every failure raises `curve.CryptoError`. It must not know transactions, messages, wallets, or the network.
"""
