"""A headless Chromium for the tests of the report. None here: they skip and say so; in CI they fail.

Role: find and start the browser. Must not know: the report. SPARKGATE_BROWSER=required makes a missing one an error
anywhere, CHROMIUM names one that is not in PATH. Without a sandbox: it loads one file of ours and may reach nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def _missing(why: str) -> None:
    of_github = os.environ.get("CI") == "true" and "GITHUB_ACTIONS" in os.environ
    if of_github or os.environ.get("SPARKGATE_BROWSER") == "required":
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="module")  # Playwright keeps an event loop running, and no asynchronous test may find it
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or the one that CHROMIUM names."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if found is None or shutil.which(found) is None:
        _missing("no chromium in PATH: install it (Debian: apt-get install chromium) or name it with CHROMIUM=<path>")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(_ARGUMENTS))
        yield started
        started.close()
