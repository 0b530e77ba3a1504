"""Attempts and facts of a record by runtime and name, found without looking at all of them.

Role: what makes judging linear: gates and reports ask some hundred questions of every record, each about a few of its
lines. Every answer is in record order. Must not know: what the names mean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from spikes.record import Attempt, Fact

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbered(Generic[T]):
    """Something from the record, with the line where it stands."""

    line: int
    value: T


Attempts = tuple[Numbered[Attempt], ...]
Facts = tuple[Numbered[Fact], ...]


class AttemptIndex:
    """Attempts by runtime, and by runtime and experiment."""

    def __init__(self, attempts: Iterable[Numbered[Attempt]]) -> None:
        runtimes: dict[str, list[Numbered[Attempt]]] = defaultdict(list)
        experiments: dict[tuple[str, str], list[Numbered[Attempt]]] = defaultdict(list)
        for a in attempts:
            runtimes[a.value.runtime].append(a)
            experiments[a.value.runtime, a.value.experiment].append(a)
        self._of_runtime: Mapping[str, Attempts] = {key: tuple(found) for key, found in runtimes.items()}
        self._of_experiment: Mapping[tuple[str, str], Attempts] = {k: tuple(found) for k, found in experiments.items()}

    def of(self, runtime: str, *experiments: str) -> Attempts:
        """Attempts of a runtime; of these experiments only, if any are named."""
        if not experiments:
            return self._of_runtime.get(runtime, ())
        found = [self._of_experiment.get((runtime, experiment), ()) for experiment in dict.fromkeys(experiments)]
        told = [attempts for attempts in found if attempts]
        if len(told) < 2:
            return told[0] if told else ()
        return tuple(sorted((a for attempts in told for a in attempts), key=_line))


class FactIndex:
    """Facts by runtime and name. Names are words with dots between; a family shares its first words."""

    def __init__(self, facts: Iterable[Numbered[Fact]]) -> None:
        self._of_name: dict[tuple[str, str], list[Numbered[Fact]]] = defaultdict(list)
        self._of_word: dict[tuple[str, str], list[Numbered[Fact]]] = defaultdict(list)
        for fact in facts:
            runtime, name = fact.value.runtime, fact.value.name
            self._of_name[runtime, name].append(fact)
            self._of_word[runtime, name.partition(".")[0]].append(fact)

    def named(self, runtime: str, name: str) -> Facts:
        """Facts of exactly this name."""
        return tuple(self._of_name.get((runtime, name), ()))

    def of(self, runtime: str, prefix: str) -> Facts:
        """Facts called `prefix`, or `prefix.<anything>`."""
        word, dot, _ = prefix.partition(".")
        family = self._of_word.get((runtime, word), ())
        if not dot:
            return tuple(family)
        return tuple(f for f in family if f.value.name == prefix or f.value.name.startswith(prefix + "."))


def _line(numbered: Numbered[Attempt]) -> int:
    return numbered.line
