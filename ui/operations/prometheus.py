"""Figures to the text format of Prometheus (exposition format 0.0.4, prometheus.io/docs/instrumenting). Pure.

Counters count what the database still holds of the last days and may fall when old rows are removed, so they are named
gauges; only what never falls while the server runs is a counter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure: its samples are label values and a number; samples without a number (None) are left out."""

    name: str
    help: str
    samples: Sequence[tuple[Mapping[str, str], float | None]]
    kind: str = "gauge"


def as_text(metrics: Sequence[Metric]) -> str:
    """Return the metrics, each with its help and type; one without samples is left out."""
    lines: list[str] = []
    for metric in metrics:
        known = [(labels, value) for labels, value in metric.samples if value is not None]
        if not known:
            continue
        lines += [f"# HELP {metric.name} {_help(metric.help)}", f"# TYPE {metric.name} {metric.kind}"]
        lines += [f"{metric.name}{_labels(labels)} {_number(value)}" for labels, value in known]
    return "\n".join(lines) + "\n"


def one(name: str, help: str, value: float | None, kind: str = "gauge") -> Metric:
    """Return a metric with one sample without labels."""
    return Metric(name, help, [({}, value)], kind)


def _labels(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{_label(value)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
