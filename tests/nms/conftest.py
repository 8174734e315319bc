# SPDX-License-Identifier: BSD-2-Clause
"""These tests start the servers of monitoring systems; they run enclosed."""
import os
import shutil
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, os.pardir, "e2e")]

import enclose                                          # noqa: E402
import programs                                         # noqa: E402

# Servers of several kinds at once keep the machine busy.
programs.patience = 4


def pytest_cmdline_main(config):
    """The whole run goes on inside."""
    if os.environ.get(enclose.INSIDE) or config.option.collectonly:
        return None
    if os.geteuid() != 0:
        pytest.exit("only root can run these tests", 2)
    return enclose.enclose([sys.executable, "-m", "pytest",
                            *config.invocation_params.args])


@pytest.fixture(scope="module")
def module_work():
    path = programs.folder()
    yield path
    shutil.rmtree(path)
