# SPDX-License-Identifier: BSD-2-Clause
"""portownerd.exe as the other tests have portownerd."""
import os

from programs import Portownerd, wait_until
from wine import BUILD, WINE

EXE = os.path.join(BUILD, "portownerd.exe")
SLOW = 60       # s: wine begins


class Exe(Portownerd):
    """portownerd.exe; files of Linux are on wine's drive Z:."""

    preamble = []

    def __init__(self, work, wine, *arguments, conf=(), inherit=()):
        super().__init__(work, conf=conf, env=wine, standalone="")
        self.arguments = list(arguments)
        self.inherit = inherit
        self.state_path = "Z:" + os.path.join(work, "state", "state")

    def command(self):
        return [WINE, EXE, "-C", "-c", "Z:" + self.conf_path, "-p",
                "Z:" + self.pid_path, "-Lf", "Z:" + self.log_path,
                *self.arguments]

    def spawn(self, command, **options):
        super().spawn(command, pass_fds=self.inherit, **options)

    def start(self):
        self.launch()
        wait_until(self.is_ready, "portownerd.exe is ready", SLOW)
