# SPDX-License-Identifier: BSD-2-Clause
"""Files for systems that are not run here, compared with the MIB module and
with each other: Telegraf, LibreNMS, OpenNMS, and the dashboard of Grafana."""
import json
import os
import re
import tomllib
import xml.etree.ElementTree as ElementTree

import pytest
import yaml

import prom
from programs import TOP, program, read, write

NMS = os.path.join(TOP, "nms")
ROOT = ".1.3.6.1.4.1.8072.9999.9999.20559."
MODULE = read(os.path.join(TOP, "mib", "PORT-OWNER-MIB.txt"))


def objects():
    """{name: (OID below the root, access)} of the list that make check holds
    against the module."""
    lines = read(os.path.join(TOP, "tests", "mib", "oids.txt")).splitlines()
    rows = [line.split() for line in lines if line and line[0] != "#"]
    return {row[0]: (row[1], row[2]) for row in rows}


OBJECTS = objects()
NAMES = {ROOT + oid: name for name, (oid, _) in OBJECTS.items()}
COLUMN = re.compile(r"1\.[2-5]\.1\.\d+")


def macro(name):
    """What the module says of an object."""
    found = re.search(r"^%s (?:OBJECT|NOTIFICATION)-TYPE\n(.*?)::= " % name,
                      MODULE, re.M | re.S)
    assert found, name
    return found.group(1)


def syntax(name):
    return re.search(r"SYNTAX\s+(\w+)", macro(name)).group(1)


def enumeration(name):
    return {int(number): label for label, number in re.findall(
        r"(\w+)\((\d+)\)", re.search(r"SYNTAX\s+INTEGER \{(.*?)\}",
                                     macro(name), re.S).group(1))}


def readable(oid, table):
    """The name of the scalar (with .0) or column that can be read there."""
    if not table:
        assert oid.endswith(".0"), oid
        oid = oid[:-2]
    name = NAMES[oid]
    number, access = OBJECTS[name]
    assert access in "rw", name
    assert bool(COLUMN.fullmatch(number)) == table, name
    return name


def snake(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


# Telegraf

@pytest.fixture(scope="module")
def telegraf():
    with open(os.path.join(NMS, "telegraf", "portowner.conf"), "rb") as f:
        return tomllib.load(f)["inputs"]["snmp"]


def test_telegraf_scalars(telegraf):
    assert len(telegraf) == 1
    fields = telegraf[0]["field"]
    assert len(fields) >= 10
    for field in fields:
        assert set(field) == {"name", "oid"}
        name = readable(field["oid"], False)
        assert snake(name) == "port_owner_" + field["name"]


def test_telegraf_tables(telegraf):
    for table in telegraf[0]["table"]:
        prefix = table["name"].replace("portowner", "port_owner") + "_"
        names = [readable(field["oid"], True) for field in table["field"]]
        assert [snake(name) for name in names] == [
            prefix + field["name"].replace("expectation", "text")
            for field in table["field"]]
        assert len({OBJECTS[name][0].rpartition(".")[0]
                    for name in names}) == 1
        tags = [field["name"] for field in table["field"]
                if field.get("is_tag")]
        assert tags in (["endpoint"], ["expectation"])


# LibreNMS

@pytest.fixture(scope="module")
def sensors():
    text = read(os.path.join(NMS, "librenms", "portowner.yaml"))
    data = yaml.safe_load(text)
    assert data["mib"] == "PORT-OWNER-MIB"
    return data["modules"]["sensors"]


def test_librenms_oids(sensors):
    for kind in sensors.values():
        for sensor in kind["data"]:
            name = sensor.get("value", sensor["oid"])
            oid, index = sensor["num_oid"].split(".{{")
            assert index == " $index }}"
            assert NAMES["." + oid.lstrip(".")] == name
            assert OBJECTS[name][1] in "rw"
            if "value" in sensor:
                assert sensor["oid"] in OBJECTS
                assert OBJECTS[name][0].startswith(
                    OBJECTS[sensor["oid"]][0] + ".")
            assert sensor["index"] == name + ".{{ $index }}"
            for used in re.findall(r"\$(portOwner\w+)", sensor["descr"]):
                assert (OBJECTS[used][0].rpartition(".")[0] ==
                        OBJECTS[name][0].rpartition(".")[0])


def test_librenms_states(sensors):
    for sensor in sensors["state"]["data"]:
        assert {state["value"]: state["descr"] for state in
                sensor["states"]} == enumeration(sensor["state_name"])


# OpenNMS

DATA = "{http://xmlns.opennms.org/xsd/config/datacollection}"
EVENT = "{http://xmlns.opennms.org/xsd/eventconf}"
TYPES = {"Counter32": "counter", "SnmpAdminString": "string"}


def opennms(name):
    return ElementTree.parse(os.path.join(NMS, "opennms", name)).getroot()


def test_opennms_data_collection():
    root = opennms("portowner.xml")
    kinds = {kind.get("name"): kind for kind in root.iter(
        DATA + "resourceType")}
    aliases = []
    for group in root.iter(DATA + "group"):
        for entry in group:
            instance = entry.get("instance")
            table = group.get("ifType") == "all"
            assert instance in kinds if table else instance == "0"
            name = readable(entry.get("oid") + ("" if table else ".0"), table)
            assert entry.get("type") == TYPES.get(syntax(name), "gauge"), name
            aliases.append(entry.get("alias"))
            # the longest name that a data source of RRDtool may have
            assert len(aliases[-1]) <= 19
    assert len(set(aliases)) == len(aliases) > 15
    for kind in kinds.values():
        used = re.findall(r"\$\{(\w+)\}", kind.get("resourceLabel"))
        assert used and set(used) <= set(aliases)
    assert {group.get("name") for group in root.iter(DATA + "group")} == {
        entry.text for entry in root.iter(DATA + "includeGroup")}


def test_opennms_events():
    found = {}
    for event in opennms("portowner.events.xml"):
        mask = {element.find(EVENT + "mename").text:
                element.find(EVENT + "mevalue").text
                for element in event.iter(EVENT + "maskelement")}
        assert (mask["id"], mask["generic"]) == (ROOT[:-1], "6")
        name = event.find(EVENT + "uei").text.rpartition("/")[2]
        found[name] = "0." + mask["specific"]
        carried = re.search(r"OBJECTS\s+\{(.*?)\}", macro(name), re.S)
        count = len(carried.group(1).split(","))
        for text in event.itertext():
            for number in re.findall(r"parm\[#(\d+)\]", text):
                assert 1 <= int(number) <= count, name
    assert found == {name: oid for name, (oid, access) in OBJECTS.items()
                     if access == "N"}


# What asks Prometheus

def dashboard():
    return json.loads(read(os.path.join(NMS, "grafana", "portowner.json")))


def known_metrics():
    modules = prom.load("snmp.yml")["modules"].values()
    scraped = {metric["name"] for module in modules
               for metric in module["metrics"]}
    recorded = {rule["record"] for group in prom.load("rules.yml")["groups"]
                for rule in group["rules"]}
    return scraped | recorded | {"up", "ALERTS"}


def queries():
    board = dashboard()
    asked = [target["expr"] for panel in board["panels"]
             for target in panel["targets"]]
    asked += [entry["expr"] for entry in board["annotations"]["list"]]
    asked += [question["query"] for question in prom.load("questions.yml")]
    for name in prom.RULES:
        asked += [rule["expr"] for group in prom.load(name)["groups"]
                  for rule in group["rules"]]
    return asked


def test_queries_ask_for_what_there_is():
    metrics = known_metrics()
    for query in queries():
        used = set(re.findall(r"\b(?:portOwner\w+|portowner:[\w:]+|up\b)",
                              re.sub(r'"[^"]*"', "", query)))
        assert used <= metrics, query
        assert used or "ALERTS" in query, query


@pytest.mark.skipif(not program("promtool"), reason="no promtool")
def test_queries_are_well_formed(tmp_path):
    rules = [{"record": "query:%d" % i, "expr": query}
             for i, query in enumerate(queries())]
    path = prom.dump(str(tmp_path / "queries.yml"),
                     {"groups": [{"name": "all", "rules": rules}]})
    done = prom.promtool("check", "rules", path)
    assert done.returncode == 0, done.stdout
    assert "%d rules found" % len(rules) in done.stdout
    # and a wrong one is found
    write(path, read(path).replace("unless on", "unless of", 1))
    assert prom.promtool("check", "rules", path).returncode != 0


def test_scraped_metrics_are_the_modules():
    """Every OID that snmp_exporter asks for can be read, and is named so."""
    for name, module in prom.load("snmp.yml")["modules"].items():
        assert module["metrics"], name
        for oid in module["walk"]:
            readable("." + oid, True)
        for oid in module.get("get", []):
            readable("." + oid, False)
        for metric in module["metrics"]:
            assert NAMES["." + metric["oid"]] == metric["name"]
            for lookup in metric.get("lookups", []):
                assert NAMES["." + lookup["oid"]] == lookup["labelname"]


def test_panels():
    board = dashboard()
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    variables = {entry["name"] for entry in board["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(
        [board["panels"], board["annotations"]]))) - {"__all"}
    assert used <= variables
    cells = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        covered = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                   for y in range(place["y"], place["y"] + place["h"])}
        assert not covered & cells, panel["title"]
        cells |= covered
