import pytest

from ingest.garbled import is_garbled

FRENCH = (
    "Le conseil d'administration vote le budget à la majorité des membres présents. Chaque salarié reçoit une prime "
    "de panier dont le montant est fixé chaque année. La durée du travail est de trente-cinq heures par semaine. "
)


def shifted(by: int) -> str:
    return "".join(ch if ch == " " else chr(ord(ch) + by) for ch in 2 * FRENCH)


@pytest.mark.parametrize(
    "text",
    [
        "\uf076\uf07a\uf061\uf062\uf063\uf064\uf065 \uf076\uf07a\uf061",
        "\x03\x04\x05\x06\x07\x08 \x0e\x0f\x10\x11 \x12\x13 page",
        "sdf qrtp wxz bcd " * 20,
        "$%&! (/)= #*+§ <>{} " * 10,
        FRENCH.replace("é", "\x01"),
        FRENCH.replace("é", "\ufffd"),
        FRENCH.encode().decode("latin-1"),
        FRENCH.encode().decode("cp1252", "replace"),
        *[shifted(by) for by in (-31, -3, -1, 1, 2, 3, 4, 7, 13)],
    ],
)
def test_a_broken_character_map_is_no_text(text: str) -> None:
    assert is_garbled(text)


@pytest.mark.parametrize(
    "text",
    [
        FRENCH,
        FRENCH.upper(),
        "The safety data sheet must be kept near the storage area of the glass handling equipment. " * 4,
        "Die Glasscheiben werden nach Vorschrift gelagert und mit Saugnäpfen befördert. " * 4,
        "Wszystkie przedsiębiorstwa szklarskie przestrzegają przepisów bezpieczeństwa. " * 4,
        "185 12,58 15,72 18,87 25,16 210 13,42 16,77 20,13 26,84 " * 5,
        "NF DTU 39 P1-1 CGM CGS VHBS SGG LBTP CSTB " * 20,
        "Joint silicone neutre 310 ml Vitrage feuilleté 44.2 clair Cale polypropylène Parclose aluminium " * 4,
        "for index, line in enumerate(lines): total[index] += line.size * (1 - SAME)\n" * 5,
        '{"a": [1, 2, 3], "b": {"c": "d"}}, ' * 20,
        "https://www.exemple.fr/documents/a/b?c=d&e=f#g " * 12,
        "\uf0b7 Premier point de la liste \uf0b7 Deuxième point",
        "\uf0b7Premier \uf0b7Deuxième \uf0b7Troisième \uf0b7Quatrième \uf0b7Cinquième \uf0b7Sixième",
        "Nom : ................................................ Prénom : ........................",
        "ASSOCIAÇÃO DE COMÉRCIO, CÂMARA E FUNDAÇÃO ",
        "44.2",
    ],
)
def test_prose_figures_lists_code_and_forms_are_text(text: str) -> None:
    assert not is_garbled(text)
