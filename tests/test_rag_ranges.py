"""A number lies in a range of a row, or in none."""

import pytest

from rag.ranges import covered


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("3 de 20 à 30 km 8,60 5,55", {"25"}),
        ("3 de 20 km à 30 km 8,60", {"25"}),
        ("Entre 24,5 et 25,5 mm", {"25"}),
        ("from 20 to 30 m", {"25"}),
        ("2 de 10 à 20 km 5,50 3,90", set()),
        ("de 9 h 00 à 17 h 30", set()),
        ("FVMV-2016 à 2030", set()),
        ("25 km", set()),
    ],
)
def test_a_number_within_a_range(row: str, expected: set[str]) -> None:
    assert covered(row, {"25", "p6b"}) == expected
