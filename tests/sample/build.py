"""Writes the sample corpus: `python -m tests.sample.build [--out corpus]`.

Knows which document goes where; does not know how a page is laid out.
"""

import argparse
import sys
from pathlib import Path

from . import layout, markup, scan

TEXTS = Path(__file__).parent / "texts"
SCANNED = "proces-verbal-chantier-scan"
FOLDERS = {"compte-rendu-bureau-2025-04": "bureau"}


def build(out: Path, names: list[str] | None = None) -> list[Path]:
    """Write the documents named (all when None) below `out`, which is made if needed; returns their paths."""
    written = []
    for text in sorted(TEXTS.glob("*.txt")):
        if names is not None and text.stem not in names:
            continue
        path = out / FOLDERS.get(text.stem, "") / f"{text.stem}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        source = markup.read(text)
        layout.write(source, path)
        if text.stem == SCANNED:
            scan.replace_by_pictures(path, source)
        written.append(path)
    return written


def main(arguments: list[str] | None = None) -> int:
    """Parse the arguments, write the documents, name them on standard output."""
    parser = argparse.ArgumentParser(prog="python -m tests.sample.build", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("corpus"), help="folder to write to (default: corpus)")
    parser.add_argument("names", nargs="*", help="documents to write, without .pdf (default: all)")
    options = parser.parse_args(arguments)
    for path in build(options.out, options.names or None):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
