"""The whole thing as an admin and a tool use it: real processes, the embedded default, real llama.cpp, no network.

Each process is watched with strace where there is one. Run: python -m pytest tests/test_end_to_end.py
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.settings import ROOT
from tests import pdfs
from tests.bench.soak import ask, ask_index, wait
from tests.tiny_gguf import parrot
from ui.access import accounts
from ui.database import FILE, Database

pytestmark = pytest.mark.model

SAID = "Le joint de façade dure douze ans [S1]. Il coûte 900 euros [S1]. Demandez au service."
QUESTIONS = {
    "joint": "Combien de temps dure un joint de façade ?",
    "repas": "Quel remboursement pour le repas ?",
    "far": "Qui a gagné la coupe du monde de rugby ?",
    "empty": " ",
}
TRACED = "trace=connect,sendto,sendmsg,sendmmsg"
WATCH = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", TRACED] if shutil.which("strace") else []


@dataclass(frozen=True)
class House:
    """A corpus, a store and weights; runs commands on them and notes which network addresses they tried."""

    folder: Path

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = dict(os.environ)
        for name in ("corpus", "store", "weights", "data"):
            environment[f"GREFFIER_{name.upper()}"] = str(self.folder / name)
        calls = self.folder / "calls"
        watch = [*WATCH, "-A", "-o", str(calls)] if WATCH else []
        done = subprocess.run(
            [*watch, sys.executable, "-m", *arguments],
            capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done

    def addresses(self) -> list[str]:
        return re.findall(r".*AF_INET6?.*", (self.folder / "calls").read_text())

    def answers(self, *options: str) -> dict[str, Any]:
        lines = [json.dumps({"id": name, "question": text}) for name, text in QUESTIONS.items()]
        (self.folder / "in.jsonl").write_text("\n".join(lines))
        done = self.run("rag", "batch", str(self.folder / "in.jsonl"), str(self.folder / "out.jsonl"), *options)
        assert done.stdout == ""
        answers = [json.loads(line) for line in (self.folder / "out.jsonl").read_text().splitlines()]
        assert [answer["id"] for answer in answers] == list(QUESTIONS)
        return {answer["id"]: answer for answer in answers}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("house")
    for name in ("corpus", "weights"):
        (folder / name).mkdir()
    joint = ["Le joint de façade dure douze ans.", "Le mastic se pose par temps sec, au-dessus de 5 degrés."]
    pdfs.text(folder / "corpus" / "joints.pdf", [["Accueil des équipes au dépôt."], joint], title="Guide des joints")
    pdfs.text(folder / "corpus" / "repas.pdf", [["Le repas est remboursé 21 euros sur facture."]], title="Repas")
    parrot(folder / "weights" / "perroquet.gguf", SAID)
    ingested = House(folder)
    report = json.loads(ingested.run("ingest", "--json").stdout)
    assert (report["published"], report["pages"]) == (True, 3)
    return ingested


@pytest.fixture(scope="module")
def extracts(house: House) -> dict[str, Any]:
    return house.answers("--model", "extracts")


@pytest.fixture(scope="module")
def written(house: House) -> dict[str, Any]:
    return house.answers()


def test_extracts_cite_the_sentence_on_its_page(extracts: dict[str, Any]) -> None:
    answer = extracts["joint"]
    assert (answer["status"], answer["model"]) == ("answered", "extracts")
    first = answer["citations"][0]
    assert (first["path"], first["page"]) == ("joints.pdf", 2)
    assert first["quote"] == "Le joint de façade dure douze ans."
    (box,) = first["boxes"]
    assert box[0] < box[2] and box[1] < box[3]
    assert extracts["repas"]["citations"][0]["path"] == "repas.pdf"


def test_a_dropped_gguf_writes_and_what_its_evidence_does_not_hold_is_struck_out(written: dict[str, Any]) -> None:
    answer = written["joint"]
    assert answer["model"] == "perroquet.gguf"
    assert [(claim["text"], claim["verdict"]) for claim in answer["claims"]] == [
        ("Le joint de façade dure douze ans.", "supported"),
        ("Il coûte 900 euros.", "unsupported"),
        ("Demandez au service.", "unsupported"),
    ]
    assert answer["text"] == "Le joint de façade dure douze ans. [1]"
    assert "900" in answer["claims"][1]["reason"]
    assert answer["ms"]["first_token"] <= answer["ms"]["total"]


def test_a_question_on_another_subject_is_refused_without_a_call_of_the_model(written: dict[str, Any]) -> None:
    answer = written["far"]
    assert (answer["status"], answer["refusal"], answer["ms"]["first_token"]) == ("refused", "no_evidence", None)


def test_a_question_that_cannot_be_asked_does_not_lose_the_others(written: dict[str, Any]) -> None:
    assert "vide" in written["empty"]["error"]


@pytest.mark.skipif(not WATCH, reason="strace is not installed")
@pytest.mark.usefixtures("extracts", "written")
def test_neither_ingesting_nor_asking_tries_to_reach_any_network(house: House) -> None:
    assert (house.folder / "calls").stat().st_size > 0
    assert house.addresses() == []


def test_a_backup_answers_on_an_empty_machine_without_a_new_ingestion(
    house: House, extracts: dict[str, Any], tmp_path: Path
) -> None:
    made = house.run("ui", "backup", "--to", str(tmp_path / "backups")).stdout.strip()
    new = House(tmp_path / "new")
    new.folder.mkdir()
    said = new.run("ui", "restore", made, "--keep-settings").stderr
    assert "Restauré" in said and not (new.folder / "data").joinpath("greffier.sqlite").exists()
    answer = json.loads(new.run("rag", "ask", QUESTIONS["joint"], "--model", "extracts", "--json").stdout)
    assert answer["claims"] == extracts["joint"]["claims"] and answer["generation"] == extracts["joint"]["generation"]


@pytest.mark.slow
@pytest.mark.skipif(not WATCH, reason="strace is not installed")
def test_the_server_reaches_no_other_machine_while_members_sign_in_ask_and_send_files(
    house: House, tmp_path: Path
) -> None:
    password = "verre feuilleté 44.2"
    database = Database.open(tmp_path / "data" / FILE)
    once = accounts.create(database, "Camille", "admin")
    accounts.choose_password(database, accounts.named(database, "Camille"), once, password)
    database.close()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    names = ("corpus", "store", "weights")
    environment = {**os.environ, **{f"GREFFIER_{name.upper()}": str(house.folder / name) for name in names}}
    environment["GREFFIER_DATA"] = str(tmp_path / "data")
    calls = tmp_path / "calls"
    command = [*WATCH, "-o", str(calls), sys.executable, "-m", "ui", "--port", str(port), "--model", "extracts"]
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log) as server,
    ):
        try:
            wait(server, f"http://127.0.0.1:{port}", tmp_path / "log")
            address = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=address, timeout=300, headers={"origin": address}) as client:
                client.post("/sign-in", data={"name": "Camille", "password": password, "next": "/"})
                ask(client, ask_index(client.get("/").text), "abcdefghijk", QUESTIONS["joint"], leaves=False)
                pdf = ("nouveau.pdf", (house.folder / "corpus" / "repas.pdf").read_bytes(), "application/pdf")
                sent = client.post("/admin/corpus/upload", files=[("files", pdf)], follow_redirects=True)
                assert sent.status_code == 200 and (house.folder / "corpus" / "nouveau.pdf").exists()
        finally:
            for child in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGTERM)  # strace itself would let go of the server and leave it running
    reached = re.findall(r".*AF_INET6?.*", calls.read_text())
    assert [call for call in reached if "127.0.0.1" not in call and "::1" not in call] == []
