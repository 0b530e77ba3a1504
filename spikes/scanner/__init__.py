"""The leak scanner: does a planted secret show, in any of many encodings, in a file, a stream or a name?

canaries.py: what is planted; encodings.py: how it may look; compressed.py: what is inside packed data; scan.py: the
streaming search. It knows nothing of runtimes: surfaces are chosen by the custody inspection.
"""
