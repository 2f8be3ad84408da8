"""Measuring: question sets to figures with intervals, two settings compared, the gate calibrated.

`items` reads the sets, `passages` and `gold` ask their questions, `report` keeps every question's outcome, `compare`
sets two reports side by side, `table` writes Markdown. Knows the assistant, not which libraries stand behind it.
"""
