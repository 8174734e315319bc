#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The SMF manifest and the plist of launchd: they are what these systems read,
# and start the program with options that it has.
top=${top_srcdir:-.}
if ! command -v python3 >/dev/null 2>&1; then
	echo "skipped: no python3"
	exit 77
fi
exec python3 - "$top" <<'PYTHON'
import pathlib
import plistlib
import re
import sys
import xml.etree.ElementTree

top = pathlib.Path(sys.argv[1])
options = (top / "src/daemon/usage.c").read_text()
known = set(re.findall(r'^\s*"\s+-(\w)', options, re.M))
status = 0


def check(true, what):
    global status
    if not true:
        print(what, file=sys.stderr)
        status = 1


def check_command(words, name):
    check(words[0] == "/usr/local/sbin/portownerd", f"{name}: {words[0]}")
    for word in words[1:]:
        if word.startswith("-"):
            check(word[1:] in known, f"{name}: there is no {word}")


with open(top / "conf/org.portowner.portownerd.plist", "rb") as file:
    plist = plistlib.load(file)
check(plist["Label"] == "org.portowner.portownerd", "plist: Label")
check_command(plist["ProgramArguments"], "plist")
check("-f" in plist["ProgramArguments"], "plist: launchd waits for -f")
check(plist["KeepAlive"] is True, "plist: KeepAlive")

bundle = xml.etree.ElementTree.parse(top / "conf/portowner.xml").getroot()
check(bundle.tag == "service_bundle", "manifest: service_bundle")
service = bundle.find("service")
check(service.get("name") == "network/portowner", "manifest: name")
methods = {m.get("name"): m for m in service.iter("exec_method")}
check(set(methods) == {"start", "refresh", "stop"}, "manifest: methods")
check_command(methods["start"].get("exec").split(), "manifest")
credential = methods["start"].find("method_context/method_credential")
privileges = credential.get("privileges").split(",")
check("basic" in privileges and "proc_owner" in privileges,
    "manifest: privileges")
sys.exit(status)
PYTHON
