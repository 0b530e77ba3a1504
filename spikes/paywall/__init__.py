"""The paywall: an L402 seller on loopback that the buyer's orchestration pays.

Must not know: wallets, runtimes, gates. It asks the emulator's Lightning side for invoices, as a seller asks its node.
"""
