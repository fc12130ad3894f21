"""`sluice` at a pseudo-terminal. Every wait has a deadline."""

import os
import pty
import select
import signal
import termios
import time

from program import PROGRAM, TIMEOUT_S

PROMPT = b"\x1b[?2004h> "  # with the request to bracket what is pasted
ANSWER = b"\x1b[?2004l"  # the line is typed; what follows is printed


class Terminal:
    def __init__(self, *arguments, **environment):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execve(PROGRAM, [PROGRAM, *map(str, arguments)], {**os.environ, "TERM": "xterm", **environment})
        self.seen = b""  # what has come and not been taken yet
        self.log = b""
        self.status = None

    def until(self, wanted, seconds=TIMEOUT_S):
        """What comes before `wanted`; fails when that has not come in time."""
        end = time.monotonic() + seconds
        while wanted not in self.seen:
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"{wanted!r} has not come; the terminal shows {self.log[-2000:]!r}")
        before, self.seen = self.seen.split(wanted, 1)
        return before

    def _read(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the other side is closed
            return False
        self.seen += data
        self.log += data
        return bool(data)

    def type(self, keys):
        os.write(self.master, keys if isinstance(keys, bytes) else keys.encode())

    def line(self, text):
        """Types a line and gives what is printed for it, up to the next prompt."""
        self.type(text if isinstance(text, bytes) else text.encode())
        self.type(b"\r")
        self.until(ANSWER)
        return self.until(PROMPT).replace(b"\r\n", b"\n").decode()

    def local_modes(self):
        return termios.tcgetattr(self.master)[3]

    def wait_for(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"it has not come about; the terminal shows {self.log[-2000:]!r}")
            time.sleep(0.01)

    def ended(self, seconds=20):
        """The exit status of a program that is about to end."""
        end = time.monotonic() + seconds
        while self.status is None and time.monotonic() < end:
            if self.master is not None and select.select([self.master], [], [], 0.02)[0]:
                self._read(0)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
            time.sleep(0.01)
        if self.status is None:
            raise AssertionError(f"the program has not ended; the terminal shows {self.log[-2000:]!r}")
        return self.status

    def hang_up(self):
        """Closes the terminal's window."""
        os.close(self.master)
        self.master = None

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self.master is not None:
            os.close(self.master)
