"""What sshd runs for each connection: asks the portal, then becomes git. Standard library only, so that it starts at
once.

    ask keys FINGERPRINT      the line of authorized_keys for the key that somebody offers (AuthorizedKeysCommand)
    ask session KEY_ID        what its owner wants, in SSH_ORIGINAL_COMMAND (the forced command of that line)
    ask updates FOLDER        may these refs move? (the hook pre-receive)
    ask announce FOLDER       they have moved (the hook post-receive)

`ask` is a script that runs this file with the path of `client.conf`, which holds the portal's address and the secret
that only the portal and this program know (daemon.py). Neither says it: each proves to the other that it knows it, for
while the portal is away somebody else on the machine could listen in its place. Nothing here decides, and nothing that
a client sends reaches a shell: the portal answers with the arguments of git. It is started up to three times for a
connection, so it does without modules that take longer to load than all of this (json, socket, hmac, typing).
"""

from __future__ import annotations

import _socket
import os
import sys
from _blake2 import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

TIMEOUT = 300  # seconds: pipelines are made before the answer to `announce`
MAX_WORDS = 5000  # characters of a client's: the portal takes fewer, and says so
BUSY = "GitLab: Too many git sessions with this key at a time. Try again later."
AWAY = "The server cannot be reached at the moment. Try again later."
# What it answers: names and values, a name as often as it has values.
Answer = dict[str, list[str]]


class PortalError(Exception):
    """It is away, or does not know us."""


class Portal:
    def __init__(self, config: str) -> None:
        with open(config) as file:
            self.host, port, self.secret = file.read().split()
        self.port = int(port)

    def ask(self, what: str, **fields: str) -> Answer:
        """POSTs names and values, each ended by a NUL, and is answered in the same way."""
        import time

        content = os.fsencode("".join(f"{name}\0{value}\0" for name, value in fields.items()))
        claim = f"{int(time.time())}.{os.urandom(16).hex()}"
        head = (
            f"POST /-/ssh/{what} HTTP/1.0\r\nHost: 127.0.0.1\r\n"
            f"X-SSH-Proof: {claim}.{prove(self.secret, what, claim, content)}\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        )
        try:
            answer = self._exchange(head.encode() + content)
        except OSError as error:
            raise PortalError from error
        head_of_answer, _, body = answer.partition(b"\r\n\r\n")
        proof = f"x-ssh-proof: {prove(self.secret, 'answer', claim, body)}".encode()
        if head_of_answer.split(b" ", 2)[1:2] != [b"200"] or proof not in head_of_answer.lower().split(b"\r\n"):
            raise PortalError
        return read_fields(body.decode())

    def _exchange(self, request: bytes) -> bytes:
        connection = _socket.socket(_socket.AF_INET6 if ":" in self.host else _socket.AF_INET, _socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT)
        connection.connect((self.host, self.port))
        rest = memoryview(request)
        while rest:
            rest = rest[connection.send(rest) :]
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        connection.close()
        return b"".join(parts)


def prove(secret: str, what: str, claim: str, content: bytes) -> str:
    """That whoever says it knows the secret. `claim`: the moment, and a number that is never used again."""
    return blake2b(f"{what}\0{claim}\0".encode() + content, key=secret.encode(), digest_size=32).hexdigest()


def read_fields(text: str) -> Answer:
    words = iter(text.split("\0")[:-1])
    answer: Answer = {}
    for name in words:
        answer.setdefault(name, []).append(next(words))
    return answer


def print_key(portal: Portal, fingerprint: str) -> int:
    sys.stdout.write("\n".join([*portal.ask("keys", fingerprint=fingerprint).get("line", []), ""]))
    return 0


def open_session(portal: Portal, key_id: str) -> int:
    answer = portal.ask(
        "sessions",
        key_id=key_id,
        command=os.environ.get("SSH_ORIGINAL_COMMAND", "")[:MAX_WORDS],
        protocol=os.environ.get("GIT_PROTOCOL", "")[:MAX_WORDS],
        address=os.environ.get("SSH_CONNECTION", "").split(" ")[0],
    )
    if "message" in answer:
        sys.stdout.write("".join(f"{line}\n" for line in answer["message"]))
        return 0
    if "refusal" in answer:
        sys.stderr.write("".join(f"{line}\n" for line in answer["refusal"]))
        return 1
    if not take_place(answer["places"][0], int(answer["count"][0])):
        sys.stderr.write(f"{BUSY}\n")
        if "push" in answer:
            report_end(portal, read_ticket(answer["push"][0]))
        return 1
    if "push" in answer:
        return push(portal, answer)
    become_git(answer)
    return 1


def take_place(folder: str, count: int) -> bool:
    """One of so many at a time, held until the last process of this session ends: it is a lock on a file that git
    inherits, so that none is left taken by one that was killed."""
    import fcntl

    os.makedirs(folder, mode=0o700, exist_ok=True)
    for number in range(count):
        descriptor = os.open(f"{folder}/{number}", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
        else:
            os.set_inheritable(descriptor, True)
            return True
    return False


def become_git(answer: Answer) -> None:
    environment = dict(setting.split("=", 1) for setting in answer["environment"])
    os.execvpe("git", answer["argument"], environment)  # noqa: S606


def push(portal: Portal, answer: Answer) -> int:
    """git as a child of this process, which sees to it that the portal learns of the end, however it came about."""
    import resource
    import signal

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    memory, folder = int(answer["memory"][0]), answer["push"][0]
    lock = WriteLock(answer["lock"][0])
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    pid = os.fork()
    if not pid:
        try:
            os.set_inheritable(lock.file.fileno(), True)
            become_git(answer)
        finally:
            os._exit(127)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status >= 0:  # of one that was killed the file stays, so that its leftovers are looked for
        lock.release()
    report_end(portal, read_ticket(folder))
    return status if status >= 0 else 128 - status


def report_end(portal: Portal, ticket: str) -> None:
    """The portal may just be starting anew; what it is not told it finds in the folder at its next start."""
    import time

    for _ in range(30):
        try:
            portal.ask("end", ticket=ticket)
        except PortalError:
            time.sleep(1)
        else:
            return


class WriteLock:
    """As projects.repository.write_lock has it: shared by all writers, so that it is known which one was killed."""

    def __init__(self, path: str) -> None:
        import fcntl

        self.path = path
        while True:
            self.file: IO[bytes] = open(self.path, "a+b", buffering=0)  # noqa: SIM115
            fcntl.flock(self.file, fcntl.LOCK_SH)
            if self.is_current():
                self.file.write(b"+")
                return
            self.file.close()

    def release(self) -> None:
        import fcntl

        with self.file:
            self.file.write(b"-")
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self.file.seek(0)
            marks = self.file.read()
            if self.is_current() and marks.count(b"+") == marks.count(b"-"):
                os.unlink(self.path)

    def is_current(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self.file.fileno()), os.stat(self.path))
        except FileNotFoundError:
            return False


def judge_updates(portal: Portal, folder: str) -> int:
    portal.ask("updates", ticket=read_ticket(folder))
    return 0


def announce(portal: Portal, folder: str) -> int:
    for sentence in portal.ask("announcements", ticket=read_ticket(folder)).get("message", []):
        sys.stdout.write(f"GitLab: {sentence}\n")
    return 0


def read_ticket(folder: str) -> str:
    with open(os.path.join(folder, "ticket")) as file:
        return file.read()


COMMANDS = {"keys": print_key, "session": open_session, "updates": judge_updates, "announce": announce}


def main(config: str, command: str, argument: str) -> int:
    try:
        return COMMANDS[command](Portal(config), argument)
    except PortalError:
        sys.stderr.write(f"{AWAY}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
