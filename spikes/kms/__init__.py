"""A local key-management service in the shape of a cloud one: keys that never leave it, callers, policy, audit log.

It stands for the KMS of a deployment in the custody experiment. Its keys live in its memory and end with it.
"""
