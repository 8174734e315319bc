# SPDX-License-Identifier: BSD-2-Clause
"""A relay between a manager and an agent, which sees every message and may
change or delay the answers."""
import select
import socket
import threading


class Relay:
    """answer(number, message): what the manager gets for the number-th answer;
    None: nothing."""

    def __init__(self, port, answer=None):
        self.agent = ("127.0.0.1", port)
        self.answer = answer or (lambda number, message: message)
        self.requests = []
        self.answers = 0
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.wake, self.waker = socket.socketpair()
        self.thread = threading.Thread(target=self.run, daemon=True)

    @property
    def target(self):
        return "127.0.0.1:%d" % self.front.getsockname()[1]

    def run(self):
        manager = None
        while True:
            ready, _, _ = select.select(
                [self.front, self.back, self.wake], [], [])
            if self.wake in ready:
                return
            if self.front in ready:
                message, manager = self.front.recvfrom(65536)
                self.requests.append(message)
                self.back.sendto(message, self.agent)
            if self.back in ready:
                message = self.answer(self.answers, self.back.recv(65536))
                self.answers += 1
                if message is not None and manager:
                    self.front.sendto(message, manager)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.waker.send(b".")
        self.thread.join()
        for s in (self.front, self.back, self.wake, self.waker):
            s.close()
