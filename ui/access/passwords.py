"""Passwords: hashing them, checking them, and making those that are used once.

The only module that imports argon2. It does *not* know whose password it is.
"""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rag.errors import AccountError

SHORTEST, LONGEST = 12, 200  # characters
# 16 of 31 letters and digits that nobody mixes up when reading them out: 79 bits
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4
AT_ONCE = 2  # hashes computed at the same time: each takes 64 MiB

_hasher = PasswordHasher()  # argon2id with the second parameters that RFC 9106 recommends: 3 passes, 64 MiB, 4 lanes
_computing = threading.BoundedSemaphore(AT_ONCE)
# Hash of a password that nobody knows, with the same parameters: an unknown name takes as long as a known one.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$pYIy9+gEMxS0Ofplyonb0Q$c9t7SV4Tmjtwk+dkFb2nOTx66Sl4ERvfsTUT+ZbUG2Y"


def hashed(password: str) -> str:
    """Return the argon2id hash of a password, with its parameters and salt."""
    with _computing:
        return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Return whether `password` is the one behind `stored`; None stands for an unknown name and takes as long."""
    if len(password) > LONGEST:
        password = ""
    with _computing:
        try:
            return _hasher.verify(stored or _NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(stored: str) -> bool:
    """Return whether `stored` was made with weaker parameters than those of today."""
    return _hasher.check_needs_rehash(stored)


def one_time() -> str:
    """Return a new password for one sign-in, such as "k7pd-9xwq-m3rt-zz5a"."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def check_new(password: str, name: str) -> None:
    """Check a password that a member chose.

    Raises:
        AccountError: if it is too short, too long, or holds the member's name.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountError(
            f"Le mot de passe compte {len(password)} caractères ; il en faut de {SHORTEST} à {LONGEST}. Une phrase "
            "que vous seul connaissez convient bien.",
            f"The password has {len(password)} characters; it needs {SHORTEST} to {LONGEST}. A sentence that only you "
            "know does well.",
        )
    if name.casefold() in password.casefold() or len(set(password)) < 5:
        raise AccountError(
            "Ce mot de passe se devine : il contient votre nom, ou répète les mêmes caractères. Prenez-en un autre.",
            "This password is easily guessed: it holds your name, or repeats the same characters. Choose another one.",
        )
