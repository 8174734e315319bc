# SPDX-License-Identifier: BSD-2-Clause
"""Pages as a browser shows them, with Debian's chromium and no display."""
import html
import os
import shutil
import subprocess

from programs import write

PNG = b"\x89PNG\r\n\x1a\n"


def chromium(work, *arguments, seconds=300):
    """Its profile and everything else it writes is in work."""
    profile = os.path.join(work, "chromium")
    os.makedirs(profile, exist_ok=True)
    return subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
         "--disable-dev-shm-usage", "--user-data-dir=" + profile,
         "--hide-scrollbars", "--force-device-scale-factor=1",
         *arguments], env=dict(os.environ, HOME=profile,
                               XDG_CONFIG_HOME=profile,
                               XDG_CACHE_HOME=profile),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds,
        cwd=profile)


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
    done = chromium(work, "--window-size=%d,%d" % size,
                    "--virtual-time-budget=%d" % wait_ms,
                    "--screenshot=" + path, url)
    assert os.path.exists(path), done.stderr.decode(errors="replace")[-2000:]
    with open(path, "rb") as f:
        assert f.read(len(PNG)) == PNG
    keep = os.environ.get("NMS_SCREENSHOTS")
    if keep:
        shutil.copy(path, os.path.join(keep, name))
    return path


def dom(work, url, wait_ms=8000):
    """The page after its scripts have run, as text."""
    done = chromium(work, "--virtual-time-budget=%d" % wait_ms, "--dump-dom",
                    url)
    return done.stdout.decode("utf-8")
