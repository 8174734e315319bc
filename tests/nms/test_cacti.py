# SPDX-License-Identifier: BSD-2-Clause
"""The Cacti templates, in a real Cacti that asks a real portownerd through a
real snmpd, with SNMPv3 and privacy.

1.2.24 is that of this Debian; 1.2.30, of the next one, is tried where
NMS_TRIXIE is set."""
import contextlib
import os
import re
import shutil
import socket
import time
import urllib.request

import pytest

import browser
import trixie
from cacti import STEP, Cacti, Poller, inside
from programs import NOBODY, TOP, wait_until
from scene import escaped
from scenery import ADDRESS, AUTH, ODD_NAMES, PRIV, USER, Listener, Scenery

FILES = os.path.join(TOP, "nms", "cacti")
TEMPLATE = os.path.join(FILES, "cacti_host_template_portowner.xml")
QUERY = "portowner.xml"
PATIENCE = 120          # seconds; the machine may be busy
CROWD = 1000
CROWD_ADDRESS = "127.0.0.77"
COLUMNS = ["portOwnerListener" + name for name in (
    "Endpoint", "Transport", "AddressText", "Port", "Command", "User",
    "Service")]


class World:
    def __init__(self, cacti, scenery, keeps_all):
        self.cacti = cacti
        self.keeps_all = keeps_all      # that a name consists of
        self.scenery = scenery
        self.device = None
        self.query, = (row[0] for row in cacti.db.sql(
            "select id from snmp_query where name = 'PortOwner - Listeners'"))

    def add_device(self):
        (template,), = self.cacti.db.sql(
            "select id from host_template where name = 'PortOwner'")
        out = self.cacti.cli(
            "add_device.php", "--description=box", "--ip=" + ADDRESS,
            "--template=" + template, "--version=3", "--username=" + USER,
            "--password=" + AUTH, "--authproto=SHA", "--privpass=" + PRIV,
            "--privproto=AES128", "--port=%d" % self.scenery.snmpd.port,
            "--avail=snmp")
        self.device = re.search(r"new device-id: \((\d+)\)", out).group(1)

    def reindex(self):
        self.cacti.cli("poller_reindex_hosts.php", "--id=" + self.device,
                       "--qid=" + self.query, "--force")

    def rows(self):
        """{endpoint: {name of the field: value}}"""
        found = {}
        for line in self.cacti.db.sql(
                "select snmp_index, field_name, field_value from "
                "host_snmp_cache where present = 1 and host_id = " +
                self.device):
            index, name, value = (line + [""])[:3]
            found.setdefault(index, {})[name] = value
        return {row["portOwnerListenerEndpoint"]: row
                for row in found.values()
                if "portOwnerListenerEndpoint" in row}

    def has_row(self, endpoint, **fields):
        row = self.rows().get(endpoint, {})
        return row and all(row.get("portOwnerListener" + name) == value
                           for name, value in fields.items())

    def await_row(self, endpoint, **fields):
        """Cacti reads the list as often as it takes, told to do so."""
        def is_there():
            self.reindex()
            return self.has_row(endpoint, **fields)
        wait_until(is_there, "%s with %s" % (endpoint, fields), PATIENCE)

    def await_own_row(self, endpoint, **fields):
        """Cacti reads the list by itself, as an age went backwards."""
        wait_until(lambda: self.has_row(endpoint, **fields),
                   "%s with %s" % (endpoint, fields), PATIENCE)

    def await_quiet(self):
        """Until the last poll has seen an age that a change before the next
        poll makes smaller."""
        wait_until(lambda: float(self.cacti.db.sql(
            "select assert_value from poller_reindex where host_id = " +
            self.device)[0][0] or 0) > 2 * 100 * STEP, "no changes", PATIENCE)

    def graph(self, kind, endpoint):
        """A graph of one listener, as 'Create graphs for this device' makes
        it."""
        (template, graph), = self.cacti.db.sql(
            "select graph_template_id, id from snmp_query_graph "
            "where name = 'PortOwner - %s'" % kind)
        out = self.cacti.cli(
            "add_graphs.php", "--graph-type=ds",
            "--graph-template-id=" + template, "--host-id=" + self.device,
            "--snmp-query-id=" + self.query, "--snmp-query-type-id=" + graph,
            "--snmp-field=portOwnerListenerEndpoint",
            "--snmp-value=" + endpoint)
        assert "Graph Added" in out, out

    def await_value(self, name, expected):
        wait_until(lambda: [v for v in self.cacti.values(name)
                            if v is not None][-1:] == [expected],
                   "%s is %s" % (name, expected), PATIENCE)

    def await_polls(self, count):
        target = self.cacti.polls() + count
        wait_until(lambda: self.cacti.polls() >= target, "polls", PATIENCE)

    def page(self, path):
        with urllib.request.urlopen(self.cacti.pages.url + path,
                                    timeout=60) as answer:
            return answer.read().decode()


@pytest.fixture(scope="module", params=["1.2.24", "1.2.30"])
def world(request, module_work):
    work = os.path.join(module_work, request.param)
    os.mkdir(work)
    with contextlib.ExitStack() as stack:
        root = "/"
        if request.param == "1.2.30":
            root = stack.enter_context(trixie.system(work))
        cacti = stack.enter_context(Cacti(work, root))
        assert cacti.db.sql("select cacti from version")[0][0].startswith(
            request.param)
        shutil.copy(os.path.join(FILES, QUERY), inside(
            root, "/usr/share/cacti/resource/snmp_queries"))
        shutil.copy(TEMPLATE, work)
        for _ in range(2):              # the second time changes nothing
            out = cacti.cli("import_template.php", "--filename=" +
                            os.path.join(work, os.path.basename(TEMPLATE)))
            assert "[success] PortOwner" in out
            assert "fail" not in out and "unmet" not in out, out
        scenery = stack.enter_context(Scenery(module_work))
        world = World(cacti, scenery, request.param == "1.2.24")
        with Listener("first", 2001):
            world.add_device()
        stack.enter_context(Poller(work, cacti.php))
        yield world


def test_rows_arrive(world):
    with Listener("webby", 2101) as web, Listener(
            "dnsy", 2102, uid=0, protocol="udp") as dns:
        world.await_row(web.endpoint, Command="webby")
        world.await_row(dns.endpoint, User="root")
        row = world.rows()[web.endpoint]
        assert [row[name] for name in COLUMNS[:-1]] == [
            web.endpoint, "tcp", ADDRESS, "2101", "webby", NOBODY]


def test_how_it_learns_of_changes(world):
    """The method that compares an age, with the age of the last change."""
    assert world.cacti.db.sql(
        "select op, arg1 from poller_reindex where host_id = %s" %
        world.device) == [["<", ".1.3.6.1.4.1.8072.9999.9999.20559.1.1.15.0"]]


def test_owner_changed(world):
    """The number of rows stays the same, and yet Cacti reads them again."""
    with Listener("before", 2201) as listener:
        world.await_row(listener.endpoint, Command="before")
        world.await_quiet()
        world.reindex()                 # what the tests before left is out
        endpoints = set(world.rows())
        listener.stop()
        with Listener("after", 2201):
            world.await_own_row(listener.endpoint, Command="after")
            wait_until(lambda: set(world.rows()) == endpoints, "%s, not %s" % (
                endpoints, set(world.rows())), PATIENCE)


def test_names_of_any_kind(world):
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(Listener(name, 2300 + i))
                for i, name in enumerate(ODD_NAMES)]
        world.await_row(made[-1].endpoint)
        rows = world.rows()
        kept = (lambda text: text) if world.keeps_all else letters
        assert {ends.endpoint: kept(rows[ends.endpoint][
            "portOwnerListenerCommand"]) for ends in made} == {
                ends.endpoint: kept(escaped(ends.name)) for ends in made}
        page = world.page("graphs_new.php?host_id=%s&graph_type=%s&rows=100" %
                          (world.device, world.query))
        assert ("&lt;script&gt;x" if world.keeps_all else "scriptx") in page
        assert "<script>x" not in page
        assert "</td><b>" not in page
        for listener in made:
            world.graph("Owners", listener.endpoint)
        titles = [row[0] for row in world.cacti.db.sql(
            "select title_cache from graph_templates_graph "
            "where title_cache like '% - Owners - %'")]
        assert sorted(titles) == sorted("box - Owners - " + ends.endpoint
                                        for ends in made)


def letters(text):
    """What Cacti 1.2.30 surely keeps: it takes quotes, angle brackets,
    backslashes and more out of what it reads."""
    return re.sub("[^0-9A-Za-z]", "", text)


def test_graphs_have_data(world):
    with Listener("served", 2401) as listener, contextlib.ExitStack() as peers:
        world.await_row(listener.endpoint)
        world.graph("Connections", listener.endpoint)
        world.graph("Accept Queue", listener.endpoint)
        for _ in range(3):
            peers.enter_context(contextlib.closing(
                socket.create_connection((ADDRESS, listener.port))))
        world.await_value("connections", 3)
        world.await_value("queue", 3)
        world.await_value("queue_limit", 8)
        scalars = {name: [v for v in world.cacti.values(name)
                          if v is not None]
                   for name in ("listeners", "all_connections", "changes",
                                "collect_time")}
        assert all(scalars.values()), scalars
        assert max(scalars["listeners"]) >= 2
        assert max(scalars["changes"]) > 0
        assert max(scalars["collect_time"]) > 0


def test_restart(world):
    """The graphs of a service go on."""
    with Listener("steady", 2501) as listener:
        world.await_row(listener.endpoint)
        index = indexes(world, listener.endpoint)
        listener.restart()
        world.await_polls(2)
        assert indexes(world, listener.endpoint) == index
        world.await_row(listener.endpoint, Command="steady")


def indexes(world, endpoint):
    return world.cacti.db.sql(
        "select snmp_index from host_snmp_cache where host_id = %s and "
        "field_value = '%s'" % (world.device, endpoint))


def test_silent_subagent(world):
    """Nothing that is known gets lost, and graphs have a gap."""
    with Listener("quiet", 2601) as listener:
        world.await_row(listener.endpoint)
        world.scenery.stop_agent()
        world.await_polls(3)
        assert listener.endpoint in world.rows()
        world.scenery.start_agent()
        world.await_polls(1)
        world.await_quiet()
        assert world.has_row(listener.endpoint, Command="quiet")
        with Listener("later", 2602) as later:
            world.await_own_row(later.endpoint, Command="later")


def test_a_thousand_listeners(world):
    with Listener("crowd", 20001, address=CROWD_ADDRESS, count=CROWD) as first:
        began = time.monotonic()
        world.await_row(first.endpoint)
        wait_until(lambda: len(crowd(world)) == CROWD, "all of them",
                   PATIENCE)
        print("%d listeners after %.0f s" % (
            CROWD, time.monotonic() - began))


def crowd(world):
    return [row for end, row in world.rows().items()
            if end.startswith("tcp %s:" % CROWD_ADDRESS) and
            row.get("portOwnerListenerCommand") == "crowd"]


def test_pictures(world):
    """As an administrator sees it; kept where NMS_SCREENSHOTS says."""
    names = ["sshd", "nginx", "postgres", "<script>x"]
    version = world.cacti.db.sql("select cacti from version")[0][0]
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(Listener(name, 2801 + i, uid=33 * i))
                for i, name in enumerate(names)]
        world.await_row(made[-1].endpoint)
        for page, name in (
                ("graphs_new.php?host_id=%s&graph_type=%s&filter=280" % (
                    world.device, world.query), "listeners"),
                ("graph_view.php?action=preview&host_id=%s&rfilter=2401|"
                 "PortOwner&graphs=8&columns=2&"
                 "thumbnails=true" % world.device, "graphs")):
            browser.shot(world.cacti.work, world.cacti.pages.url + page,
                         "cacti-%s-%s.png" % (version, name))
