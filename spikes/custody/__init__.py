"""Custody of the seed: encrypted before it is kept, opened only where it pays.

envelope.py: the cryptography; records.py: the rows; store.py: the control plane's database; kms_client.py: its way to
the KMS; life.py: what happens to a wallet from its first day to its last. The key-encryption key is the KMS's
(spikes/kms) and never comes here.
"""
