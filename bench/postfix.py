"""A Postfix of our own for a while: loopback only, its own folders, delivering into maildirs. Needs root, as Postfix does."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

DOMAIN = "example.org"
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.{domain}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = static:box/
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_transport = virtual
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
append_dot_mydomain = no
"""
_SERVICES = (
    "127.0.0.1:{port} inet n - n - - smtpd", "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr",
    "rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce",
    "trace unix - - n - 0 bounce", "flush unix n - n 1000? 0 flush", "proxymap unix - - n - - proxymap",
    "error unix - - n - - error", "retry unix - - n - - error", "virtual unix - n n - - virtual",
    "anvil unix - - n - 1 anvil", "scache unix - - n - 1 scache", "tlsmgr unix - - n 1000? 1 tlsmgr",
    "postlog unix-dgram n - n - 1 postlogd", "pickup unix n - n 60 1 pickup",
)  # fmt: skip


def why_not() -> str:
    """Why Postfix cannot be run here; "" when it can."""
    if not shutil.which("postfix") and not Path("/usr/sbin/postfix").exists():
        return "Postfix is not installed (package postfix)"
    return "" if os.geteuid() == 0 else "Postfix starts only as root"


class Postfix:
    """`with Postfix() as server:` listens on server.port and keeps what it takes in one maildir."""

    def __enter__(self) -> "Postfix":
        self.folder = Path(tempfile.mkdtemp(prefix="postfix-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        user = pwd.getpwnam("postfix")
        for name in ("queue", "data", "mail", "conf"):
            (self.folder / name).mkdir()
        for name in ("data", "mail"):
            os.chown(self.folder / name, user.pw_uid, user.pw_gid)
        values = {"folder": self.folder, "domain": DOMAIN, "uid": user.pw_uid, "gid": user.pw_gid, "port": self.port}
        (self.folder / "conf/main.cf").write_text(_MAIN.format(**values))
        (self.folder / "conf/master.cf").write_text("\n".join(_SERVICES).format(**values) + "\n")
        self._run("start")
        _wait_for(self.port)
        return self

    def __exit__(self, *_unused: object) -> None:
        self._run("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def delivered(self) -> list[bytes]:
        """Every mail in the box, once the queue has run empty."""
        for _turn in range(600):
            waiting = sum(1 for name in ("incoming", "active", "maildrop") for _f in self._files(name))
            if not waiting:
                break
            time.sleep(0.1)
        box = self.folder / "mail/box/new"
        return [path.read_bytes() for path in box.iterdir()] if box.is_dir() else []

    def _files(self, queue: str) -> list[Path]:
        return [path for path in (self.folder / "queue" / queue).rglob("*") if path.is_file()]

    def _run(self, verb: str) -> None:
        command = ["/usr/sbin/postfix", "-c", str(self.folder / "conf"), verb]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode and verb == "start":
            raise RuntimeError(f"Postfix did not start: {done.stderr or done.stdout}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int) -> None:
    for _turn in range(100):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
                if line.recv(3) == b"220":
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("Postfix does not answer")
