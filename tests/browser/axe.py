"""axe-core on a page in the browser: what WCAG 2.1 A and AA and good practice find wrong, one line a finding.

The script comes from the package axe-playwright-python and is never loaded from the network. It is run through the
browser's debugging door, which the page's Content-Security-Policy does not close, so the page is judged exactly as a
member gets it. This module does *not* know any page of ours.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
_SETTLED = """() => Promise.all(document.getAnimations()
    .filter(move => move.playState === 'running' && move.effect.getComputedTiming().endTime !== Infinity)
    .map(move => move.finished.catch(() => 0)))"""
_RUN = """async tags => {
    const found = await axe.run(document,
        {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']});
    return found.violations;
}"""


def violations(page: Page, ignore: frozenset[str] = frozenset()) -> list[str]:
    """Return what axe-core finds wrong on the page as it stands, `[]` if nothing.

    Each line says the rule and its weight, what it asks for, the element's selector, and why it failed. `ignore` holds
    identifiers of rules that do not apply, each with a reason beside the call.
    """
    page.evaluate(_SETTLED)  # a colour that is still fading would be judged half-way
    page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(_RUN, TAGS)
    return [
        f"{rule['id']} ({node['impact']}): {rule['help']} | {' '.join(map(str, node['target']))} | {_why(node)}"
        for rule in found
        if rule["id"] not in ignore
        for node in rule["nodes"]
    ]


def _why(node: dict[str, Any]) -> str:
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
