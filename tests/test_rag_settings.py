"""Settings: variables over file over defaults; every mistake is one French line."""

from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import GreffierError, SettingsError
from rag.settings import ROOT, Settings, load


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "greffier.toml"


def test_without_file_and_variables_defaults_hold(file: Path) -> None:
    assert load({}, file) == Settings()
    assert Settings().store == ROOT / "store"


def test_the_file_stands_over_defaults_and_variables_over_the_file(file: Path) -> None:
    file.write_text('port = 8000\nassociation = "Fédération du verre"\nopen_network = true\n', encoding="utf-8")
    assert load({}, file) == replace(Settings(), port=8000, association="Fédération du verre", open_network=True)
    settings = load({"GREFFIER_PORT": "9000", "GREFFIER_PASSAGES": "5"}, file)
    assert (settings.port, settings.passages, settings.association) == (9000, 5, "Fédération du verre")


def test_a_list_stands_in_the_file_as_one_and_in_a_variable_with_commas(file: Path) -> None:
    file.write_text('generator_urls = ["http://a/v1", "http://b/v1"]\n', encoding="utf-8")
    assert load({}, file).generator_urls == ("http://a/v1", "http://b/v1")
    settings = load({"GREFFIER_GENERATOR_URLS": "http://c/v1, http://d/v1"}, file)
    assert settings.generator_urls == ("http://c/v1", "http://d/v1")
    assert settings.model_servers == "http://c/v1, http://d/v1"
    assert replace(settings, generator="extracts").model_servers == ""


def test_other_variables_are_not_ours(file: Path) -> None:
    assert load({"PORT": "1", "GREFFIERPORT": "2", "greffier_port": "3"}, file) == Settings()


def test_a_byte_order_mark_does_no_harm(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfport = 8000\n")
    assert load({}, file).port == 8000


def test_relative_folders_are_the_project_s_and_others_stay(file: Path, tmp_path: Path) -> None:
    settings = load({"GREFFIER_STORE": "ailleurs/index", "GREFFIER_CORPUS": str(tmp_path)}, file)
    assert settings.store == ROOT / "ailleurs" / "index"
    assert settings.corpus == tmp_path.resolve()


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("Oui", True), ("false", False), ("0", False), ("NON", False)]
)
def test_yes_and_no_can_be_said_in_several_ways(file: Path, text: str, value: bool) -> None:
    assert load({"GREFFIER_OPEN_NETWORK": text}, file).open_network is value


@pytest.mark.parametrize("environ", [{"GREFFIER_PROT": "1"}, {"GREFFIER_": "1"}])
def test_an_unknown_variable_is_named_with_what_is_possible(file: Path, environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"Réglage inconnu : '(prot)?'.*possibles sont : corpus, store"):
        load(environ, file)


def test_an_unknown_name_in_the_file_is_an_error(file: Path) -> None:
    file.write_text("prot = 1\n")
    with pytest.raises(SettingsError, match="Réglage inconnu : 'prot'"):
        load({}, file)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('port = "abc"', "Le réglage port vaut 'abc' ; il faut un nombre entier."),
        ("port = 7860.5", "Le réglage port vaut 7860.5 ; il faut un nombre entier."),
        ("port = true", "Le réglage port vaut True ; il faut un nombre entier."),
        ("port = 0", "Le réglage port vaut 0 ; il faut un nombre entre 1 et 65535."),
        ("port = 70000", "Le réglage port vaut 70000 ; il faut un nombre entre 1 et 65535."),
        ('open_network = "peut-être"', "Le réglage open_network vaut 'peut-être' ; il faut true ou false."),
        ('language = "de"', "Le réglage language vaut 'de' ; il faut fr ou en."),
        ("passages = 0", "Le réglage passages vaut 0 ; il doit être au moins 1."),
        ("chunk_overlap = 200", "Le réglage chunk_overlap vaut 200 ; il doit être inférieur à chunk_tokens (140)."),
        ("workers = -1", "Le réglage workers vaut -1 ; il doit être au moins 0."),
        ("chunk_tokens = -5", "Le réglage chunk_tokens vaut -5 ; il doit être au moins 16."),
    ],
)
def test_a_wrong_value_is_named_with_what_is_needed(file: Path, line: str, says: str) -> None:
    file.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load({}, file)
    assert str(caught.value) == says


@pytest.mark.parametrize("content", [b"port = \n", b"port 7860\n", b'association = "\xe9"\n', b"[port\n"])
def test_a_file_that_is_no_toml_is_named_in_one_line(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(
        SettingsError, match=r"^Le fichier de réglages greffier\.toml n'est pas du TOML valide"
    ) as caught:
        load({}, file)
    assert "\n" not in str(caught.value)


def test_a_table_in_the_file_is_no_value(file: Path) -> None:
    file.write_text("[port]\nnumber = 1\n")
    with pytest.raises(SettingsError, match="Le réglage port vaut"):
        load({}, file)


def test_an_error_speaks_both_languages(file: Path) -> None:
    with pytest.raises(GreffierError) as caught:
        load({"GREFFIER_PORT": "abc"}, file)
    assert caught.value.text("fr") == str(caught.value)
    assert caught.value.text("en") == "The setting port is 'abc'; a whole number is needed."
