"""The wheel's real import in Pyodide, and a thread started there.

Role: run import_wheel.js under the pinned Node and tell what Pyodide said. Must not know: how Pyodide was built.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from spikes.closed_network import last_line
from spikes.probes.pyodide_build.finding import BrokenInput, Kind, Note, Obstacle, Step

PROGRAM = Path(__file__).with_name("import_wheel.js")
DEADLINE_S = 60.0
WORKS = "works"


def try_import(node: Path, pyodide: Path, library: Path, deadline_s: float = DEADLINE_S) -> Step:
    """What Pyodide says to the package that holds `library`, and to a thread. Raises BrokenInput."""
    package = library.parent
    argv = [str(node), str(PROGRAM), str(package.parent), package.name, str(pyodide)]
    try:
        done = subprocess.run(  # noqa: S603 - the pinned Node and our own program
            argv, capture_output=True, text=True, check=True, timeout=deadline_s
        )
        said = json.loads(done.stdout)
        imported, threads = last_line(str(said["import"])), last_line(str(said["threads"]))
    except subprocess.TimeoutExpired as error:
        raise BrokenInput(f"Pyodide came to no end within {deadline_s:g} s; try again on a quieter machine") from error
    except subprocess.CalledProcessError as error:
        raise BrokenInput(f"Pyodide does not start ({last_line(error.stderr)}); run `make setup`") from error
    except (ValueError, KeyError) as error:
        raise BrokenInput(f"{PROGRAM.name} printed no answer ({error!r}); run it by hand") from error
    how = "in Pyodide under Node, from the folder it is installed in"
    said_no = Obstacle(kind=Kind.UNLOADABLE, what=f"Pyodide says {imported.removeprefix('Error: ')!r}")
    no_thread = Obstacle(kind=Kind.BEYOND, what="Pyodide starts no thread")
    return Step(
        notes=(
            Note(name="pyodide_import", value=imported, how=f"import {package.name} {how}"),
            Note(name="pyodide_thread", value=threads, how="threading.Thread(...).start() in Pyodide under Node"),
        ),
        obstacles=tuple(o for ended, o in ((imported, said_no), (threads, no_thread)) if ended != WORKS),
    )
