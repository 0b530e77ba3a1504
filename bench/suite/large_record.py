"""A record as long as one likes: the attempts of a real one again and again, each time as if they were further ones.

Role: what the judge's speed is measured with. Every repetition has attempt numbers, incarnations and payment hashes of
its own, so that it reads as more payments and not as the same ones paid twice; facts stay as they are.
Must not know: the judge.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from spikes.record import Attempt, Footer, Header, Line, encode_line


def write_large(lines: Sequence[Line], attempts: int, path: Path) -> None:
    """A whole record with that many attempts, made of the lines of another."""
    header = next(line for line in lines if isinstance(line, Header))
    footer = next(line for line in lines if isinstance(line, Footer))
    others = [line for line in lines if not isinstance(line, Attempt | Header | Footer)]
    with path.open("w", encoding="utf-8") as file:
        file.write(encode_line(dataclasses.replace(header, planned_attempts=attempts)) + "\n")
        for line in (*others, *further_attempts([x for x in lines if isinstance(x, Attempt)], attempts)):
            file.write(encode_line(line) + "\n")
        file.write(encode_line(dataclasses.replace(footer, attempts=attempts)) + "\n")


def further_attempts(attempts: Iterable[Attempt], number: int) -> Iterator[Attempt]:
    """`number` attempts, in the order of these, over and over."""
    source = list(attempts)
    lives = 1 + max(a.incarnation for a in source)
    for position in range(number):
        repetition, index = divmod(position, len(source))
        yield _again(source[index], position, repetition, lives)


def _again(a: Attempt, position: int, repetition: int, lives: int) -> Attempt:
    """The same attempt as the n-th repetition of the run would have made it."""
    if repetition == 0:
        return dataclasses.replace(a, attempt=position)
    claim, ledger = a.claim, a.ledger
    if claim is not None:
        claim = dataclasses.replace(
            claim,
            payment_hash=_further(claim.payment_hash, repetition),
            preimage_sha256=_further(claim.preimage_sha256, repetition),
        )
    if ledger is not None:
        ledger = dataclasses.replace(ledger, payment_hash=_further(ledger.payment_hash, repetition))
    return dataclasses.replace(
        a,
        attempt=position,
        seed=a.seed + repetition,
        incarnation=a.incarnation + repetition * lives,
        claim=claim,
        ledger=ledger,
    )


def _further(digest: str | None, repetition: int) -> str | None:
    """Another digest in place of this one, the same for the same two: what agreed before agrees now."""
    return None if digest is None else hashlib.sha256(f"{digest} {repetition}".encode()).hexdigest()
