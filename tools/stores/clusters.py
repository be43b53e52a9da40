"""Owns PostgreSQL data folders: making one, its version, who runs on it. It must never start a server on one."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.stores.accounts import Account
from tools.stores.binaries import PostgresPrograms
from tools.stores.errors import StoreFailed
from tools.stores.process_identity import ProcessIdentity, runs_in

SUPERUSER = "postgres"
LOCALES = ("C.UTF-8", "C")
STOP_SECONDS = 20.0
DYING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder, the programs that may run on it, and the account they run under."""

    folder: Path
    programs: PostgresPrograms
    account: Account | None

    def ensure(self, password: str, *, durable: bool) -> bool:
        """Make the cluster if there is none; True when it was made now."""
        try:
            found = (self.folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            self._make(password, durable=durable)
            return True
        except PermissionError as error:
            raise StoreFailed(f"{self.folder} belongs to another account; use that one or tools/reset") from error
        if found != self.programs.major:
            raise StoreFailed(
                f"{self.folder} was made by PostgreSQL {found} and the programs here are {self.programs.version}; "
                f"carry the data over with pg_dump and pg_restore, or remove it with tools/reset"
            )
        return False

    def set_password(self, password: str) -> None:
        """Give the superuser of a stopped server a new password, for when the old one is lost."""
        statement = f"ALTER ROLE {SUPERUSER} PASSWORD '{quoted(password)}'\n"
        self._run(["postgres", "--single", "-D", str(self.folder), "postgres"], cwd=self.folder, text=statement)

    def stop_leftover(self) -> None:
        """Stop a server that an earlier run left on this folder; remove a pid file that means nothing any more."""
        pid_file = self.folder / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        identity = ProcessIdentity.of(pid)
        if identity is None:
            return
        if not runs_in(pid, "postgres", self.folder):
            # One that is just dying has no folder any more. Else the number belongs to another program since, and
            # PostgreSQL would refuse to start.
            if not identity.wait_gone(DYING_SECONDS):
                pid_file.unlink()
            return
        for signal_number in (signal.SIGINT, signal.SIGQUIT):
            identity.send(signal_number)
            if identity.wait_gone(STOP_SECONDS):
                return
        raise StoreFailed(f"a PostgreSQL left by an earlier run, process {pid}, does not stop")

    def _make(self, password: str, *, durable: bool) -> None:
        # Renamed when complete, so that a killed initdb leaves no folder that looks like a cluster.
        fresh = self.folder.with_name(self.folder.name + ".new")
        secret = self.folder.with_name(self.folder.name + ".password")
        failures: list[str] = []
        try:
            for locale in LOCALES:
                self._hand_over(fresh, secret, password)
                access = ["-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={secret}"]
                command = ["initdb", "-D", str(fresh), *access, "-E", "UTF8", f"--locale={locale}"]
                try:
                    self._run([*command, *([] if durable else ["--no-sync"])], cwd=fresh)
                except StoreFailed as failure:
                    failures.append(str(failure))
                else:
                    fresh.rename(self.folder)
                    return
        finally:
            secret.unlink(missing_ok=True)
        raise StoreFailed("\n".join(failures))

    def _hand_over(self, fresh: Path, secret: Path, password: str) -> None:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        secret.unlink(missing_ok=True)
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(password + "\n")
        if self.account is not None:
            for path in (fresh, secret):
                os.chown(path, self.account.uid, self.account.gid)

    def _run(self, command: list[str], *, cwd: Path, text: str = "") -> None:
        done = subprocess.run(
            [self.programs.program(command[0]), *command[1:]],
            input=text,
            capture_output=True,
            text=True,
            cwd=cwd,
            env=plain_environment(),
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )
        if done.returncode != 0:
            raise StoreFailed(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")


def plain_environment() -> dict[str, str]:
    """What a store's program needs of the environment: nothing of the user's may change how it behaves."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def quoted(text: str) -> str:
    """For a place between single quotes in SQL."""
    return text.replace("'", "''")
