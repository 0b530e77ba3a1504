"""Whether an ADR is still the program's to write.

Role: read the status of an existing ADR. Must not know: what the ADR says. Once a person has changed the status from
`proposed`, the file is theirs.
"""

from __future__ import annotations

from pathlib import Path

from bench.errors import AdrNotProposed, OutputNotWritable


def settled_status(path: Path) -> str | None:
    """The status a person gave the ADR at `path`, or None if the program may write it (absent, or still proposed).

    A file without a readable status counts as a person's: "unreadable". Raises OutputNotWritable if it cannot be read.
    """
    if not path.exists():
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OutputNotWritable(f"cannot read the ADR at {path} ({error}); name another path with --adr") from error
    front, separator, _ = text.removeprefix("---\n").partition("\n---")
    for line in front.splitlines() if text.startswith("---\n") and separator else ():
        key, colon, value = line.partition(":")
        if colon and key.strip() == "status":
            status = value.strip().strip("\"'")
            return None if status == "proposed" else status
    return "unreadable"


def explain(path: Path, status: str) -> str:
    """What to do about an ADR that is not the program's any more."""
    return (
        f"{path} has status {status!r} and was left as it is; to supersede it write the new one elsewhere "
        "(--adr adr/NNNN-<title>.md), or set its status to proposed to let it be overwritten"
    )


def refuse_settled(path: Path) -> None:
    """Raise AdrNotProposed if the ADR at `path` is a person's."""
    status = settled_status(path)
    if status is not None:
        raise AdrNotProposed(explain(path, status))
