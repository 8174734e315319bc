# SPDX-License-Identifier: BSD-2-Clause
"""Pages as a browser shows them, with Debian's chromium and no display."""
import contextlib
import html
import os
import shutil
import signal
import subprocess
import tempfile

from programs import read, write

PNG = b"\x89PNG\r\n\x1a\n"
TRIES = 3


def run(profile, arguments, seconds):
    """What it printed; the end of all its processes."""
    home = dict.fromkeys(["HOME", "TMPDIR", "XDG_CONFIG_HOME",
                          "XDG_CACHE_HOME"], profile)
    path = os.path.join(profile, "output")
    with open(path, "wb") as out, open(path + ".errors", "wb") as errors:
        process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--user-data-dir=" + profile,
             "--hide-scrollbars", "--force-device-scale-factor=1",
             *arguments], env=dict(os.environ, **home), cwd=profile,
            stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
            start_new_session=True)
    try:
        process.wait(seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return read(path), read(path + ".errors")


def chromium(work, *arguments, seconds=120):
    """(output, errors); everything that it writes is in work.  With a clock
    of its own, it does not always come to an end on a busy machine: it is the
    page that is tested, and so it may try again."""
    for left in reversed(range(TRIES)):
        profile = tempfile.mkdtemp(prefix="chromium", dir=work)
        try:
            return run(profile, arguments, seconds)
        except subprocess.TimeoutExpired:
            if left == 0:
                raise


def form(work, url, fields):
    """A page that sends a form as soon as it is open."""
    inputs = "".join('<input name="%s" value="%s">' % (
        html.escape(name), html.escape(value))
        for name, value in fields.items())
    return "file://" + write(os.path.join(work, "form.html"), (
        '<form method="post" action="%s">%s</form>'
        "<script>document.forms[0].submit()</script>") % (
            html.escape(url), inputs))


def shot(work, url, name, size=(1200, 800), wait_ms=8000):
    """A picture of a page, which is also kept where NMS_SCREENSHOTS says; the
    time is that of the page's own clock."""
    path = os.path.join(work, name)
    _, errors = chromium(work, "--window-size=%d,%d" % size,
                         "--virtual-time-budget=%d" % wait_ms,
                         "--screenshot=" + path, url)
    assert os.path.exists(path), errors[-2000:]
    with open(path, "rb") as f:
        assert f.read(len(PNG)) == PNG
    keep = os.environ.get("NMS_SCREENSHOTS")
    if keep:
        shutil.copy(path, os.path.join(keep, name))
    return path


def dom(work, url, wait_ms=8000):
    """The page after its scripts have run, as text."""
    return chromium(work, "--virtual-time-budget=%d" % wait_ms, "--dump-dom",
                    url)[0]
