"""`python -m ui accounts …`: accounts from the terminal, above all the first administrator's.

Knows the words of the command and what is said after it; the rules stand in `ui/access/accounts.py`.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rag.console import Parser, say
from rag.settings import Settings
from ui.access import accounts
from ui.access.folders import folders_of, not_chosen
from ui.audit import audit
from ui.database import FILE, Database

ACTOR = "(terminal)"


def add_options(commands: Any) -> None:
    """Add `accounts` and what it can do to the sub-commands of a parser."""
    parser: Parser = commands.add_parser("accounts", help="gérer les comptes des adhérents")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="montrer les comptes")
    listing.set_defaults(run=_list)
    add = actions.add_parser("add", help="créer un compte ; affiche son mot de passe à usage unique")
    add.add_argument("name", metavar="NOM")
    add.add_argument("--admin", action="store_true", help="il administre")
    reads = add.add_mutually_exclusive_group()
    reads.add_argument("--groups", help='dossiers qu\'il lit, séparés par des virgules ; « "" » : aucun')
    reads.add_argument("--all", action="store_true", help="il lit tous les dossiers (défaut avec --admin)")
    add.set_defaults(run=_add)
    password = actions.add_parser("password", help="donner un nouveau mot de passe à usage unique")
    password.add_argument("name", metavar="NOM")
    password.set_defaults(run=_password)
    disable = actions.add_parser("disable", help="fermer un compte et ses sessions")
    disable.add_argument("name", metavar="NOM")
    disable.set_defaults(run=_disable)
    enable = actions.add_parser("enable", help="rouvrir un compte")
    enable.add_argument("name", metavar="NOM")
    enable.set_defaults(run=_enable)


def _list(settings: Settings, options: argparse.Namespace) -> int:
    found = accounts.accounts(_open(settings))
    for account in found:
        groups = "tous les dossiers" if account.groups is None else ", ".join(sorted(account.groups)) or "aucun dossier"
        role = "administrateur" if account.role == "admin" else "membre"
        closed = "  (fermé)" if account.disabled else ""
        say(f"{account.name}  {role}  {groups}{closed}", sys.stdout)
    if not found:
        say("Aucun compte. Créez le premier : python -m ui accounts add NOM --admin", sys.stderr)
    return 0


def _add(settings: Settings, options: argparse.Namespace) -> int:
    groups = None
    if options.groups is not None:
        groups = frozenset(name.strip() for name in options.groups.split(",") if name.strip())
    elif not (options.all or options.admin) and (folders := folders_of(settings)):
        raise not_chosen(options.name, folders)
    database = _open(settings)
    password = accounts.create(database, options.name, "admin" if options.admin else "member", groups)
    audit(database, ACTOR, "user_created", options.name)
    _say_password(options.name, password)
    return 0


def _password(settings: Settings, options: argparse.Namespace) -> int:
    database = _open(settings)
    account = accounts.named(database, options.name)
    password = accounts.renew(database, account.id)
    audit(database, ACTOR, "user_changed", account.name)
    _say_password(account.name, password)
    return 0


def _disable(settings: Settings, options: argparse.Namespace) -> int:
    return _set_disabled(settings, options.name, True)


def _enable(settings: Settings, options: argparse.Namespace) -> int:
    return _set_disabled(settings, options.name, False)


def _set_disabled(settings: Settings, name: str, disabled: bool) -> int:
    database = _open(settings)
    account = accounts.named(database, name)
    accounts.change(database, account.id, role=account.role, groups=account.groups, disabled=disabled)
    audit(database, ACTOR, "user_changed", account.name)
    say(f"Le compte {account.name} est {'fermé' if disabled else 'ouvert'}.", sys.stderr)
    return 0


def _say_password(name: str, password: str) -> None:
    say(
        f"Mot de passe de {name}, affiché une seule fois, valable {accounts.ONE_TIME_DAYS} jours et à changer à la "
        "première connexion :",
        sys.stderr,
    )
    say(password, sys.stdout)


def _open(settings: Settings) -> Database:
    return Database.open(settings.data / FILE)
