"""report.html in a headless Chromium: silent, alone, every link arrives, no sideways scrolling on a phone.

The pages are those of small records that have every section; they are files on disk, as a reader opens them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request
from playwright.sync_api import TimeoutError as NeverCame

from bench import limits, thresholds
from bench.evidence import parse
from bench.html import report_html
from bench.judgement import judge
from tests.records.cases import HERE, everything, under_pressure

RECORDS: Mapping[str, Callable[[], bytes]] = {
    "reference": (HERE / "reference.jsonl").read_bytes,
    "decided": lambda: everything("native", "node", "workerd").data(),
    "under pressure": under_pressure,
}
PHONE, DESK = {"width": 375, "height": 812}, {"width": 1280, "height": 800}
# How a link ends: its target is in the window, and not inside anything folded.
_ARRIVED = """id => {
  const at = document.getElementById(id);
  for (let e = at; e; e = e.parentElement) {
    if (e.localName === "details" && !e.open) return false;
  }
  const box = at.getBoundingClientRect();
  const inWindow = box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  return location.hash === "#" + id && at.checkVisibility() && inWindow;
}"""
# Every colour of words against what is really behind them, by WCAG 2: the ratios below 4.5.
_FAINT = """() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const of = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * of(r) + 0.7152 * of(g) + 0.0722 * of(b);
  };
  const behind = at => {
    for (let e = at; e; e = e.parentElement) {
      const found = parts(getComputedStyle(e).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  for (const e of document.querySelectorAll("body *:not(script, svg, svg *)")) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [one, other] = [light(parts(getComputedStyle(e).color)), light(behind(e))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) faint.add(e.localName + "." + e.className + " " + ratio.toFixed(2));
  }
  return [...faint];
}"""


@pytest.fixture(scope="module", params=RECORDS)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    numbers = thresholds.load(limits.load(HERE / "limits.toml"))
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_html(judge(parse(RECORDS[request.param]()), numbers)), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a file; at the end nothing may have been said on the console, thrown, or asked for but the file itself."""
    told: list[str] = []
    asked: list[str] = []
    contexts = []
    wanted: set[str] = set()

    def note(request: Request) -> None:
        asked.append(request.url.partition("#")[0])

    def open_(path: Path, at: str = "", **options: object) -> Page:
        context = browser.new_context(**{"viewport": DESK, **options})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", note)
        wanted.add(path.as_uri())
        page.goto(path.as_uri() + at)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert told == []
    assert set(asked) <= wanted, "the report asked for something outside itself"


def _lost(page: Page) -> list[str]:
    """Follows every link; the targets that did not come into view."""
    targets = page.eval_on_selector_all("a", "all => [...new Set(all.map(a => a.getAttribute('href').slice(1)))]")
    assert targets
    lost = []
    for target in targets:
        page.evaluate("id => { location.hash = id; }", target)
        try:
            page.wait_for_function(_ARRIVED, arg=target, timeout=5_000)
        except NeverCame:
            lost.append(target)
    return lost


def test_every_link_leads_to_something_that_is_then_seen(opened: Callable[..., Page], report: Path) -> None:
    assert _lost(opened(report)) == []


def test_a_link_from_elsewhere_opens_the_fold_that_it_names(opened: Callable[..., Page], report: Path) -> None:
    page = opened(report)
    fold = page.locator("#matrix table td a").first.get_attribute("href") or ""
    page = opened(report, at=fold)
    page.locator(f"details[open][id='{fold[1:]}']").wait_for(state="visible", timeout=5_000)


def test_without_script_every_criterion_can_still_be_reached(opened: Callable[..., Page], report: Path) -> None:
    """The browser itself unfolds what a link points into; a link to a fold shows its first line."""
    page = opened(report, java_script_enabled=False)
    for link in page.locator("#matrix table a").all()[:12]:
        link.click()
        target = (link.get_attribute("href") or "").removeprefix("#")
        page.locator(f"[id='{target}'] > summary, h3[id='{target}']").wait_for(state="visible", timeout=5_000)
        assert page.url.endswith(f"#{target}")


@pytest.mark.parametrize("width", [375, 320])
def test_nothing_reaches_out_of_a_phone(opened: Callable[..., Page], report: Path, width: int) -> None:
    page = opened(report, viewport={**PHONE, "width": width})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_every_fold_and_opens_it(opened: Callable[..., Page], report: Path) -> None:
    page = opened(report)
    folds = page.locator("details").count()
    assert folds
    focus = "[document.activeElement.localName, getComputedStyle(document.activeElement).outlineStyle]"
    for _ in range(5_000):
        page.keyboard.press("Tab")
        at, outline = page.evaluate(focus)
        if at == "body":
            break
        assert outline != "none", "the focus is not to be seen"
        if at == "summary":
            page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == folds


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_in_both_schemes(opened: Callable[..., Page], report: Path, scheme: str) -> None:
    page = opened(report, color_scheme=scheme)
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert page.evaluate(_FAINT) == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is (scheme == "light")


def test_on_paper_everything_is_unfolded_and_afterwards_folded_again(opened: Callable[..., Page], report: Path) -> None:
    page = opened(report)
    folded = page.locator("details:not([open])").count()
    assert folded
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() == folded
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()


def test_a_script_that_is_not_ours_does_not_run(browser: Browser, report: Path, tmp_path: Path) -> None:
    """Not even if it were in the file: the policy names our script's digest and nothing else."""
    path = tmp_path / "report.html"
    text = report.read_text(encoding="utf-8")
    smuggled = "<script>window.smuggled = 1</script><img src=x onerror='window.smuggled = 2'>"
    path.write_text(text.replace("<main>", f"<main>{smuggled}", 1), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(path.as_uri())
    assert page.evaluate("typeof window.smuggled") == "undefined"
    assert len([text for text in refused if "Content Security Policy" in text]) >= 2
    context.close()
