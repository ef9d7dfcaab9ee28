"""A private Dovecot on loopback, made for one test run: plain IMAP, one password for everybody, mail in Maildirs."""

import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BINARY = shutil.which("dovecot") or "/usr/sbin/dovecot"
PASSWORD = "p@ss/word"
_CONFIG = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{base}/cert.pem
ssl_key = <{base}/key.pem
disable_plaintext_auth = no
default_login_user = {login}
default_internal_user = {internal}
default_internal_group = {group}
mail_location = maildir:{base}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 0
first_valid_gid = 0
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={{PLAIN}}{password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/mail/%u
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
}}
"""


@dataclass
class Dovecot:
    base: Path
    port: int
    tls_port: int
    process: "subprocess.Popen[bytes]"

    def url(self, user: str, scheme: str = "imap") -> str:
        port = self.tls_port if scheme == "imaps" else self.port
        return f"{scheme}://{user}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}"

    def client(self, user: str) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(user, PASSWORD)
        return client

    def put(self, user: str, raw: bytes, folder: str = "INBOX") -> None:
        client = self.client(user)
        kind, answer = client.append(folder, None, None, raw)
        assert kind == "OK", answer
        client.logout()

    def mails(self, user: str, folder: str = "INBOX") -> list[tuple[str, bytes]]:
        """Flags and bytes of every mail, looked at without marking it."""
        client = self.client(user)
        client.select(folder, readonly=True)
        _kind, found = client.fetch("1:*", "(FLAGS BODY.PEEK[])")
        client.logout()
        return [(one[0].decode(), one[1]) for one in found if isinstance(one, tuple)]

    def renumber(self, user: str) -> None:
        """Forget how the inbox was numbered: UIDVALIDITY changes, the mail stays."""
        for name in ("dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"):
            (self.base / "mail" / user / name).unlink(missing_ok=True)
        (uidvalidity,) = (self.base / "mail" / user).glob("dovecot-uidvalidity.*")
        uidvalidity.unlink()
        shutil.rmtree(self.base / "mail" / user / "tmp")
        (self.base / "mail" / user / "tmp").mkdir(mode=0o700)
        if os.getuid() == 0:
            shutil.chown(self.base / "mail" / user / "tmp", "nobody")
        time.sleep(1.1)  # the new number is the second in which it is made

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.base, ignore_errors=True)


def start() -> Dovecot:
    base = Path(tempfile.mkdtemp(prefix="fondly-dovecot-", dir="/tmp"))
    base.chmod(0o755)
    (base / "mail").mkdir()
    is_root = os.getuid() == 0
    user = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.getuid())
    if is_root:
        os.chown(base / "mail", user.pw_uid, user.pw_gid)
    port, tls_port = _free_port(), _free_port()
    _make_certificate(base)
    own = user.pw_name
    config = base / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            base=base,
            port=port,
            tls_port=tls_port,
            uid=user.pw_uid,
            gid=user.pw_gid,
            password=PASSWORD,
            login="dovenull" if is_root else own,
            internal="dovecot" if is_root else own,
            group="dovecot" if is_root else _group(user.pw_gid),
        )
    )
    process = subprocess.Popen([BINARY, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    server = Dovecot(base, port, tls_port, process)
    try:
        _wait_for(server)
    except BaseException:
        server.stop()
        raise
    return server


def _wait_for(server: Dovecot) -> None:
    for _ in range(100):
        if server.process.poll() is not None:
            raise RuntimeError(f"Dovecot did not start: {server.process.stderr.read().decode()}")
        try:
            server.client("nobody-yet").logout()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Dovecot does not answer: {(server.base / 'log').read_text()}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _make_certificate(base: Path) -> None:
    """One for 127.0.0.1 that nobody trusts by himself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    where = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    ca = x509.BasicConstraints(ca=True, path_length=None)
    signed = made.add_extension(where, False).add_extension(ca, True).sign(key, hashes.SHA256())
    (base / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (base / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _group(gid: int) -> str:
    import grp

    return grp.getgrgid(gid).gr_name
