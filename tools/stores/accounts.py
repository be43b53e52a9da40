"""Owns the unprivileged account PostgreSQL runs under when we are root, and folders that account can reach.

It must never make an account nor loosen the mode of a folder that somebody else made.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.stores.errors import StoreFailed

SHARED_FOLDER = Path("/var/tmp")  # noqa: S108 - every account reaches it and it survives a boot; private_folder() checks


@dataclass(frozen=True, slots=True)
class Account:
    """Ids to run a child under."""

    uid: int
    gid: int


def unprivileged() -> Account | None:
    """Whom PostgreSQL runs as: nobody when we are root (it refuses root), else None, which is ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise StoreFailed("PostgreSQL refuses to run as root and this machine has no account 'nobody'") from None
    return Account(entry.pw_uid, entry.pw_gid)


def can_use(path: Path, account: Account) -> bool:
    """Whether the account may run this program or pass through this folder; asked of the kernel by trying."""
    probe = ["/bin/sh", "-c", 'test -x "$1" && test -r "$1"' if path.is_file() else 'test -x "$1"', "sh", str(path)]
    try:
        done = subprocess.run(probe, user=account.uid, group=account.gid, extra_groups=[], cwd="/", env={})
    except (PermissionError, OSError) as error:
        raise StoreFailed(f"cannot run a program as account {account.uid}: {error}") from error
    return done.returncode == 0


def data_folder(preferred: Path, account: Account | None) -> Path:
    """`preferred`, or a folder elsewhere when the account cannot get there; a pointer file beside it says where."""
    pointer = pointer_of(preferred)
    if pointer.exists():
        return private_folder(Path(pointer.read_text().strip()).parent, mode=0o711) / preferred.name
    preferred.parent.mkdir(parents=True, exist_ok=True)
    if account is None or can_use(preferred.parent, account):
        return preferred
    if preferred.exists():
        raise StoreFailed(f"{preferred} holds data, but account 'nobody' cannot get there; open the folders above it")
    digest = hashlib.sha256(os.fsencode(preferred.resolve())).hexdigest()[:12]
    chosen = private_folder(SHARED_FOLDER / f"millrace-{digest}", mode=0o711) / preferred.name
    pointer.write_text(f"{chosen}\n")
    return chosen


def pointer_of(preferred: Path) -> Path:
    return preferred.with_name(preferred.name + ".moved")


def remove_data(preferred: Path) -> None:
    """Remove a store's data wherever it is."""
    pointer = pointer_of(preferred)
    if pointer.exists():
        shutil.rmtree(Path(pointer.read_text().strip()).parent, ignore_errors=True)
        pointer.unlink()
    shutil.rmtree(preferred, ignore_errors=True)


def private_folder(folder: Path, *, mode: int) -> Path:
    """Make the folder in a place others can write to, or refuse what somebody else may have put there."""
    folder.mkdir(mode=mode, exist_ok=True)
    found = folder.lstat()
    others_may_write = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or others_may_write:
        raise StoreFailed(f"{folder} is not a folder of ours alone (owner or mode is wrong); remove it and start again")
    folder.chmod(mode)
    return folder


def readable_copy(sources: tuple[Path, ...], name: str) -> Path:
    """A folder that holds copies of the sources side by side, readable by every account; made once."""
    target = SHARED_FOLDER / f"{name}-{os.geteuid()}"
    if not target.exists():
        print(f"copying the PostgreSQL programs to {target}, where account 'nobody' can read them", flush=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=SHARED_FOLDER))
        try:
            for source in sources:
                shutil.copytree(source, fresh / source.name)
            open_to_all(fresh)
            fresh.rename(target)
        except OSError:
            shutil.rmtree(fresh, ignore_errors=True)
            if not target.exists():  # Else another start made it meanwhile.
                raise
    return private_folder(target, mode=0o755)


def open_to_all(folder: Path) -> None:
    """Readable by everybody, writable by the owner alone, whatever mask the files were installed under."""
    for path in (folder, *folder.rglob("*")):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)
