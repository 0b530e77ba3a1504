"""JSON Schemas of what sparkgate publishes: a line of a record, and verdicts.json. One file a version beside this.

Role: what programs of others may rely on. The files are made from our own types by `python -m bench schema`; a field
that is added, renamed or removed changes them, and a change that breaks readers needs a new version.
Must not know: any run.
"""
