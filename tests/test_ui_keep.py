"""Backups: made over a running server, refused when anything is wrong with them, put back whole or not at all."""

from __future__ import annotations

import io
import json
import os
import resource
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.publish import locked
from rag.errors import BackupError, IngestBusy, ServerError
from rag.settings import ROOT, Settings
from rag.store import FORMAT, Manifest, held
from ui.database import FILE, STEPS, Database
from ui.keep import archive
from ui.keep.locks import in_use
from ui.keep.restore import restore
from ui.keep.save import save

GENERATION = "gen-20261125T120000-abcd"


def _house(folder: Path) -> Settings:
    """A corpus, a generation with the shape of a real one, accounts, calibrated gates, hashes of weights."""
    settings = Settings(**{name: folder / name for name in ("corpus", "store", "data", "weights")})  # type: ignore[arg-type]
    for name in ("corpus/bureau/é.pdf", "corpus/accueil.pdf", "data/trash/1/document.pdf", "store/vectors.sqlite"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode() * 1000)
    (settings.corpus / "vide").mkdir()
    generation = settings.store / GENERATION
    (generation / "chroma").mkdir(parents=True)
    (generation / "documents.sqlite").write_bytes(b"la verite")
    _sqlite(generation / "chroma" / "chroma.sqlite3", "n'importe")
    Manifest(FORMAT, GENERATION, "", "e", 384, "", 2, 2, 2).write(generation)
    (settings.store / "CURRENT").write_text(GENERATION + "\n")
    (settings.store / "gates.toml").write_text("# calibré\n")
    settings.weights.mkdir()
    (settings.weights / "checksums.json").write_text('{"a.gguf": "00"}')
    database = Database.open(settings.data / FILE)
    _note(database, "première")
    database.close()
    (folder / "greffier.toml").write_text('association = "Fédération"\n')
    return settings


def _sqlite(file: Path, text: str) -> None:
    with sqlite3.connect(file) as sql:
        sql.execute("CREATE TABLE t (x)")
        sql.execute("INSERT INTO t VALUES (?)", (text,))
    sql.close()


def _note(database: Database, what: str) -> None:
    database.execute("INSERT INTO audit (at, actor, action, object) VALUES (1, 'a', ?, 'c')", what)


def _noted(data: Path) -> list[str]:
    database = Database.open(data / FILE)
    found = [row["action"] for row in database.rows("SELECT action FROM audit ORDER BY id")]
    database.close()
    return found


def _environ(folder: Path) -> dict[str, str]:
    return {f"GREFFIER_{name.upper()}": str(folder / name) for name in ("corpus", "store", "data", "weights")}


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def house(tmp_path: Path) -> Settings:
    return _house(tmp_path / "house")


@pytest.fixture
def backup(house: Settings, tmp_path: Path) -> Path:
    return save(house, tmp_path / "backups", settings_file=tmp_path / "house" / "greffier.toml").file


def test_an_empty_machine_gets_all_back(backup: Path, house: Settings, tmp_path: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]
    new = tmp_path / "new"
    done = restore(backup, _environ(new), settings_file=new / "greffier.toml")
    assert (done.kept, done.settings.association) == ((), "Fédération")
    assert done.manifest.database == len(STEPS)
    before, after = _files(tmp_path / "house"), _files(new)
    left = {"store/vectors.sqlite"}  # a cache
    made = {"store/ingest.lock", "data/server.lock"}
    differing = {"data/greffier.sqlite", f"store/{GENERATION}/chroma/chroma.sqlite3"}  # the same rows, other pages
    assert after.keys() - made == {name for name in before if not name.endswith(("-wal", "-shm"))} - left
    assert all(after[name] == before[name] for name in after.keys() - made - differing)
    assert _noted(new / "data") == ["première"]
    assert (new / "corpus" / "vide").is_dir()
    assert [stat.S_IMODE((new / name).stat().st_mode) for name in ("data", "data/greffier.sqlite")] == [0o700, 0o600]


def test_it_is_made_while_the_server_writes_and_an_ingestion_runs(house: Settings, tmp_path: Path) -> None:
    database, going = Database.open(house.data / FILE), threading.Event()

    def write() -> None:
        while not going.is_set():
            with database.transaction() as sql:  # two rows or none
                for _ in range(2):
                    sql.execute("INSERT INTO audit (at, actor, action, object) VALUES (1, 'a', 'zwei', 'c')")

    writer = threading.Thread(target=write)
    with in_use(house.data), locked(house.store):
        writer.start()
        try:
            saved = [save(house, tmp_path / "b", settings_file=tmp_path / "none") for _ in range(3)]
        finally:
            going.set()
            writer.join()
    database.close()
    assert len({one.file for one in saved}) == 3
    for number, one in enumerate(saved):
        new = tmp_path / f"new{number}"
        restore(one.file, _environ(new), settings_file=new / "greffier.toml")
        assert len(_noted(new / "data")) % 2 == 1
        assert not (new / "greffier.toml").exists()


def test_a_generation_that_is_saved_is_not_removed_meanwhile(house: Settings) -> None:
    code = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    with held(house.store) as folder:
        command = [sys.executable, "-c", code, str(folder / "manifest.json")]
        assert b"BlockingIOError" in subprocess.run(command, capture_output=True, check=False).stderr
    assert subprocess.run(command, check=False).returncode == 0


def test_what_was_there_is_kept_beside(backup: Path, house: Settings, tmp_path: Path) -> None:
    (house.corpus / "accueil.pdf").write_bytes(b"plus recent")
    done = restore(backup, _environ(tmp_path / "house"), settings_file=tmp_path / "house" / "greffier.toml")
    assert sorted(path.name.partition(".avant-")[0] for path in done.kept) == [
        "corpus", "data", "greffier.toml", "store"
    ]  # fmt: skip
    kept = next(path for path in done.kept if path.name.startswith("corpus"))
    assert (kept / "accueil.pdf").read_bytes() == b"plus recent"
    assert (house.corpus / "accueil.pdf").read_bytes().startswith(b"corpus/accueil")


def test_a_running_server_or_ingestion_refuses_it(backup: Path, house: Settings, tmp_path: Path) -> None:
    before = _files(tmp_path / "house")
    with in_use(house.data), in_use(house.data), pytest.raises(BackupError, match="arrêtez le serveur"):
        restore(backup, _environ(tmp_path / "house"), settings_file=tmp_path / "none")
    with locked(house.store), pytest.raises(IngestBusy):
        restore(backup, _environ(tmp_path / "house"), settings_file=tmp_path / "none")
    after = _files(tmp_path / "house")
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() <= {"data/server.lock", "store/ingest.lock"}


def test_a_server_does_not_start_into_a_restoration(house: Settings) -> None:
    code = (
        "import sys, time; from pathlib import Path; from ui.keep.locks import stopped\n"
        "with stopped(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(house.data)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None and child.stdout.readline() == b"held\n"
        with pytest.raises(ServerError, match="restauration"), in_use(house.data):
            pass
        child.communicate()
    with in_use(house.data):
        pass


def _retar(file: Path, change: Callable[[tarfile.TarInfo, bytes], list[tuple[tarfile.TarInfo, bytes]]]) -> Path:
    other = file.with_name("changed.tar.gz")
    with tarfile.open(file) as old, tarfile.open(other, "w:gz") as new:
        for member in old:
            stream = old.extractfile(member)
            assert stream is not None
            for info, content in change(member, stream.read()):
                info.size = len(content)
                new.addfile(info, io.BytesIO(content))
    return other


def _renamed(info: tarfile.TarInfo, name: str) -> tarfile.TarInfo:
    return info.replace(name=name, deep=False)


def _with_name(name: str) -> Callable[[tarfile.TarInfo, bytes], list[tuple[tarfile.TarInfo, bytes]]]:
    """Put a file of this name into the archive and, as a careful attacker would, into the manifest."""

    def change(info: tarfile.TarInfo, content: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if info.name == archive.MANIFEST:
            values = json.loads(content)
            values["files"] = [{**one, "name": name} if one["name"] == "greffier.toml" else one
                               for one in values["files"]]  # fmt: skip
            return [(info, json.dumps(values).encode())]
        return [(_renamed(info, name) if info.name == "greffier.toml" else info, content)]

    return change


HOSTILE: dict[str, Callable[[tarfile.TarInfo, bytes], list[tuple[tarfile.TarInfo, bytes]]]] = {
    "changed": lambda i, c: [(i, c.replace(b"accueil", b"ACCUEIL") if i.name.startswith("corpus/a") else c)],
    "lost": lambda i, c: [] if i.name == "corpus/accueil.pdf" else [(i, c)],
    "twice": lambda i, c: [(i, c), (i, c)] if i.name == "greffier.toml" else [(i, c)],
    "added": lambda i, c: [(i, c), (_renamed(i, "corpus/plus.pdf"), b"x")] if i.name == "greffier.toml" else [(i, c)],
    "after": lambda i, c: [(i, c), (_renamed(i, "corpus/p.pdf"), b"x")] if i.name == archive.MANIFEST else [(i, c)],
    "up": _with_name("corpus/../../evil"),
    "root": _with_name("/tmp/evil"),
    "elsewhere": _with_name("ui/server.py"),
    "no manifest": lambda i, c: [] if i.name == archive.MANIFEST else [(i, c)],
    "no json": lambda i, c: [(i, b"[1]" if i.name == archive.MANIFEST else c)],
    "newer": lambda i, c: [(i, c.replace(b'"form": 1', b'"form": 2') if i.name == archive.MANIFEST else c)],
    "newer database": lambda i, c: [
        (i, c.replace(f'"database": {len(STEPS)}'.encode(), b'"database": 99') if i.name == archive.MANIFEST else c)
    ],
    "generation": lambda i, c: [
        (i, c.replace(f'"generation": "{GENERATION}"'.encode(), b'"generation": "../x"')
         if i.name == archive.MANIFEST else c)
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_changed_archive_is_refused_before_anything_is_touched(kind: str, backup: Path, tmp_path: Path) -> None:
    changed = _retar(backup, HOSTILE[kind])
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BackupError) as raised:
        restore(changed, _environ(tmp_path / "house"), settings_file=tmp_path / "house" / "greffier.toml")
    assert "changed.tar.gz" in raised.value.fr and "changed.tar.gz" in raised.value.en
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_refused(kind: bytes, backup: Path, tmp_path: Path) -> None:
    other = tmp_path / "links.tar.gz"
    with tarfile.open(other, "w:gz") as tar:
        info = tarfile.TarInfo("corpus/x")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(BackupError, match="n'est pas un fichier"):
        archive.check(other)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.97])
def test_an_archive_that_was_cut_off_is_refused(share: float, backup: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(backup.read_bytes()[: int(backup.stat().st_size * share)])
    with pytest.raises(BackupError, match="refusée"):
        archive.check(cut)


def test_a_file_that_changes_meanwhile_is_left_out_and_named(house: Settings, tmp_path: Path) -> None:
    file, link = house.corpus / "accueil.pdf", house.corpus / "interdit.pdf"
    link.symlink_to("/etc/passwd")

    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        writer = archive.Writer(tar)
        taken = tar.addfile

        def shrink_then_add(info: tarfile.TarInfo, stream: io.BytesIO) -> None:
            file.write_bytes(b"court")
            taken(info, stream)

        tar.addfile = shrink_then_add  # type: ignore[assignment,method-assign]
        writer.add(file, "corpus/accueil.pdf")
    assert (writer.files, writer.left_out) == ([], ["corpus/accueil.pdf"])
    with tarfile.open(tmp_path / "t.tar") as tar:  # the archive stays readable
        assert tar.getmember("corpus/accueil.pdf").size > 5
    saved = save(house, tmp_path / "b", settings_file=tmp_path / "none")
    assert saved.manifest.left_out == ("corpus/interdit.pdf",)


def test_a_disk_that_fills_up_leaves_nothing(house: Settings, tmp_path: Path) -> None:
    with (house.corpus / "gros.pdf").open("wb") as big:
        big.write(os.urandom(3 << 20))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(BackupError, match="n'a rien laissé"):
            save(house, tmp_path / "b", settings_file=tmp_path / "none")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "b").iterdir()) == []
    good = save(house, tmp_path / "b", settings_file=tmp_path / "none").file
    before = _files(tmp_path / "house")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(BackupError, match="tout est comme avant"):
            restore(good, _environ(tmp_path / "house"), settings_file=tmp_path / "none")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {name: _files(tmp_path / "house")[name] for name in before} == before
    assert {path.name for path in (tmp_path / "house").iterdir()} == {
        "corpus", "store", "data", "weights", "greffier.toml"
    }  # fmt: skip


def test_only_the_last_ones_are_kept_and_a_folder_of_backups_in_the_data_is_not_saved(house: Settings) -> None:
    folder = house.data / "backups"
    folder.mkdir()
    (folder / "lisez.txt").touch()
    for _ in range(4):
        saved = save(house, folder, keep=2, settings_file=house.data / "none")
    assert len(list(folder.glob("greffier-*"))) == 2 and saved.file.exists()
    assert (folder / "lisez.txt").exists()
    assert not [entry.name for entry in saved.manifest.files if "backups" in entry.name]


def test_without_accounts_and_index_the_documents_are_saved(tmp_path: Path) -> None:
    settings = replace(Settings(), corpus=tmp_path / "c", store=tmp_path / "s", data=tmp_path / "d", weights=tmp_path)
    settings.corpus.mkdir()
    (settings.corpus / "a.pdf").write_bytes(b"a")
    saved = save(settings, tmp_path / "b", settings_file=tmp_path / "none")
    assert (saved.manifest.generation, saved.manifest.database) == ("", 0)
    assert [entry.name for entry in saved.manifest.files] == ["corpus/a.pdf"]
