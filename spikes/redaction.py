"""Takes out of a driver's words what must not enter a record: invoices, credentials, long hex, pieces of mnemonics.

Role: the one filter between text that a program under test wrote and the record. Facts (hashes, amounts) do not pass
here; they are typed. Must not know: whose words they are.
"""

from __future__ import annotations

import re
from itertools import groupby

from embit import bip39

LIMIT = 300
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bln(?:bcrt|bc|tbs|tb|sb)[0-9]*[munp]?1[02-9ac-hj-np-z]{20,}", re.IGNORECASE), "[invoice]"),
    (re.compile(r"\b(Bearer|L402|LSAT)\s+\S{8,}", re.IGNORECASE), r"\1 [credential]"),
    (re.compile(r"\b[0-9a-f]{32,}\b", re.IGNORECASE), "[hex]"),
    (re.compile(r"[A-Za-z0-9+/_-]{43,}={0,2}"), "[blob]"),
)
# Four words of the BIP39 list in a row are a piece of a mnemonic; sentences have words in between that are not on it.
_RUN = 4
_WORDS = frozenset(bip39.WORDLIST)
_WORD_RUN = re.compile(r"[a-z]+(?:[\s,;]+[a-z]+)*", re.IGNORECASE)


def redact(text: str) -> str:
    """The text with every such thing replaced by its kind, cut to LIMIT characters."""
    return masked(text)[:LIMIT]


def masked(text: str) -> str:
    """The whole text with every such thing replaced by its kind."""
    for pattern, kind in _PATTERNS:
        text = pattern.sub(kind, text)
    return _WORD_RUN.sub(_without_mnemonics, text)


def _without_mnemonics(match: re.Match[str]) -> str:
    kept: list[str] = []
    for on_list, group in groupby(match.group().split(), key=lambda word: word.lower().strip(",;") in _WORDS):
        words = list(group)
        kept += ["[words]"] if on_list and len(words) >= _RUN else words
    return " ".join(kept)
