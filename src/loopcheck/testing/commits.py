"""Commits written as git writes them, without starting it: its two processes for each were most of a test's time.

Only what is plain is written here. Where git would look at settings, attributes or a merge under way, it is asked.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import struct
import zlib
from datetime import datetime
from pathlib import Path

import msgspec

_NAME = re.compile(r"[A-Za-z0-9]+(?:[ -][A-Za-z0-9]+)*")
_MESSAGE = re.compile(r"\S|\S[^\n\0]*\S")
"""Nothing that git would clean."""
_SPECIAL = frozenset((b".git", b".gitattributes", b".gitignore", b".gitmodules"))
_UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "packed-refs", "info", "commondir", "shallow")
_REGULAR, _EXECUTABLE, _LINK = 0o100644, 0o100755, 0o120000


class _NotPlainError(Exception):
    """git itself has to do it."""


class _Entry(msgspec.Struct, frozen=True):
    """A file or link of the work tree."""

    path: bytes
    mode: int
    oid: bytes
    seen: os.stat_result


def commit(folder: Path, config: bytes, message: str, at: datetime, author: str, email: str) -> str | None:
    """Commit the work tree as it is, and return the commit's id; `None` where git itself has to do it.

    Args:
        folder: the top of the work tree.
        config: the settings of a repository in which nobody has set any.
        message: what the commit says.
        at: the author's and committer's time.
        author: who commits.
        email: their address.
    """
    git = folder / ".git"
    if not (_NAME.fullmatch(author) and _MESSAGE.fullmatch(message) and at.timestamp() >= 0):
        return None
    if any((git / name).exists() for name in _UNDER_WAY) or (git / "config").read_bytes() != config:
        return None
    where = (git / "HEAD").read_text().strip()
    branch = git / where.removeprefix("ref: ") if where.startswith("ref: ") else git / "HEAD"
    parents = [branch.read_text().strip()] if branch.exists() else []
    entries: list[_Entry] = []
    try:
        tree = _tree(git, os.fsencode(folder), b"", entries) or _written(git, b"tree", b"")
        who = f"{author} <{email}> {int(at.timestamp())} +0000"
        head = [f"tree {tree.hex()}", *(f"parent {one}" for one in parents), f"author {who}", f"committer {who}"]
        made = _written(git, b"commit", "\n".join((*head, "", message, "")).encode()).hex()
    except (_NotPlainError, UnicodeEncodeError):
        return None
    (git / "index").write_bytes(_index(entries))
    branch.parent.mkdir(parents=True, exist_ok=True)
    branch.write_text(f"{made}\n")
    return made


def _tree(git: Path, folder: bytes, prefix: bytes, entries: list[_Entry]) -> bytes | None:
    """Write a folder with all that is below it, and tell its id; `None` where it holds no file."""
    lines: list[tuple[bytes, bytes]] = []
    for found in list(os.scandir(folder)):  # to the end, or it stays open
        if found.name == b".git" and not prefix:
            continue
        if found.name.lower() in _SPECIAL:
            raise _NotPlainError
        path = prefix + found.name
        if found.is_dir(follow_symlinks=False):
            oid = _tree(git, found.path, path + b"/", entries)
            if oid is not None:
                lines.append((found.name + b"/", b"40000 %s\0%s" % (found.name, oid)))
            continue
        seen = found.stat(follow_symlinks=False)
        if stat.S_ISLNK(seen.st_mode):
            mode, content = _LINK, os.fsencode(Path(os.fsdecode(found.path)).readlink())
        elif stat.S_ISREG(seen.st_mode):
            mode = _EXECUTABLE if seen.st_mode & stat.S_IXUSR else _REGULAR
            content = Path(os.fsdecode(found.path)).read_bytes()
        else:
            raise _NotPlainError
        oid = _written(git, b"blob", content)
        entries.append(_Entry(path, mode, oid, seen))
        lines.append((found.name, b"%o %s\0%s" % (mode, found.name, oid)))
    return _written(git, b"tree", b"".join(line for _, line in sorted(lines))) if lines else None


def _written(git: Path, kind: bytes, content: bytes) -> bytes:
    """Keep an object, and tell its id."""
    whole = b"%s %d\0%s" % (kind, len(content), content)
    oid = hashlib.sha1(whole, usedforsecurity=False)
    name = oid.hexdigest()
    place = git / "objects" / name[:2] / name[2:]
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(zlib.compress(whole, 1))
        place.chmod(0o444)
    return oid.digest()


def _index(entries: list[_Entry]) -> bytes:
    """What git remembers of the work tree: https://git-scm.com/docs/index-format, version 2."""
    parts = [struct.pack(">4sLL", b"DIRC", 2, len(entries))]
    for entry in sorted(entries, key=lambda one: one.path):
        seen = entry.seen
        numbers = (
            *divmod(seen.st_ctime_ns, 10**9), *divmod(seen.st_mtime_ns, 10**9), seen.st_dev, seen.st_ino,
            entry.mode, seen.st_uid, seen.st_gid, seen.st_size,
        )  # fmt: skip
        fixed = struct.pack(">10L", *(number & 0xFFFFFFFF for number in numbers)) + entry.oid
        line = fixed + struct.pack(">H", min(len(entry.path), 0xFFF)) + entry.path
        parts.append(line + bytes(8 - len(line) % 8))
    content = b"".join(parts)
    return content + hashlib.sha1(content, usedforsecurity=False).digest()
