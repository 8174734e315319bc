# SPDX-License-Identifier: BSD-2-Clause
"""The figures that must be reached, and those that were."""
from oneshot import PEERS

TOLERANCE = 0.05    # of a fitted exponent
SS = "ss -tunap"
RESIDENT = "resident refresh, bpf"
ONESHOT = "portowner -a, auto"
FALLBACK = "portowner -a, diag"


def value(found, *path):
    """(value, None) or (None, why it is absent)."""
    for key in path:
        if isinstance(found, dict) and "absent" in found:
            return None, found["absent"]
        if not isinstance(found, dict) or key not in found:
            return None, "not measured in this run"
        found = found[key]
    if found is None:
        return None, "not measured in this run"
    return found, None


def best_peer(costs):
    """The peer that took the least CPU time to answer the whole question."""
    found = [(costs[name]["cpu"], name) for name in PEERS
             if "cpu" in costs.get(name, {})]
    return min(found) if found else (None, None)


class Table:
    def __init__(self, results):
        self.results = results
        self.rows = []

    def add(self, what, limit, found, why, at_least=True, unit=""):
        if found is None:
            self.rows.append({"what": what, "limit": limit, "unit": unit,
                              "result": "absent", "reason": why})
            return
        good = found >= limit if at_least else found <= limit
        self.rows.append({"what": what, "limit": limit, "unit": unit,
                          "at_least": at_least, "found": found,
                          "result": "pass" if good else "FAIL"})

    def ratio(self, scene, what, ours, peer, limit):
        costs = self.results["scenes"].get(scene, {}).get("costs", {})
        mine, why = value(costs, ours, "cpu")
        if peer is None:
            theirs, name = best_peer(costs)
            why = why or (None if name else "no peer was measured")
            what += " (%s)" % name if name else ""
        else:
            theirs, missing = value(costs, peer, "cpu")
            why = why or missing
        self.add("%s: %s" % (scene, what), limit,
                 None if why else theirs / mine, why, unit="times")

    def ratios(self, scene, limits):
        # One pass finds both, so a refresh is not cheaper without ownerless
        # rows: the stricter limit holds for all.
        self.ratio(scene, "resident refresh with BPF, owned rows, against " +
                   SS, RESIDENT, SS, limits[0])
        self.ratio(scene, "resident refresh with BPF, ownerless rows "
                   "included, against " + SS, RESIDENT, SS, limits[1])
        self.ratio(scene, "one-shot portowner -a against " + SS, ONESHOT, SS,
                   limits[2])
        self.ratio(scene, "one-shot portowner -a against the best peer",
                   ONESHOT, None, limits[3])
        self.ratio(scene, "fallback one-shot against " + SS, FALLBACK, SS,
                   limits[4])

    def scaled(self, what, limit, factor, at_least, unit, *path):
        found, why = value(self.results, *path)
        self.add(what, limit, None if found is None else found * factor, why,
                 at_least, unit)


def building(results, scene):
    """The share of sort and seal in a refresh, as portownerd splits it."""
    split, why = value(results["scenes"].get(scene, {}), "profile", "bpf",
                       "split_us")
    if why:
        return None, why
    return (split["sort"] + split["seal"]) / sum(split.values()), None


def table(results):
    t = Table(results)
    t.ratios("S2", (20, 10, 7, 7, 2))
    t.ratios("S3", (50, 28, 25, 10, 5))
    s3 = ("scenes", "S3")
    share, why = building(results, "S3")
    t.add("S3: sort and seal, of a refresh with BPF", 100 / 3,
          None if why else share * 100, why, False, "%")
    t.scaled("S3: peak RSS of collector and agent", 60, 1 / 1024, False,
             "MiB", *s3, "memory", "rss_kib")
    t.scaled("S3: module, all columns side by side", 600000, 1, True,
             "varbinds/s", *s3, "walks", "module, all columns side by side",
             "per_second")
    t.scaled("S3: AgentX, handler's share of the subagent's CPU", 10, 100,
             False, "%", *s3, "walks",
             "AgentX, handler's share of the subagent's CPU", "share")
    for name in ("the agent takes a new snapshot each second",
                 "the agent's snapshot is young enough"):
        t.scaled("S3: GET p99 during refreshes, " + name, 20, 1000, False,
                 "ms", *s3, "latency", name, "p99")
    for key, factor, unit in (("cpu", 1000, "ms"),
                              ("wake_ups", 1, "wake-ups")):
        for process in ("collector", "agent", "supervisor"):
            t.scaled("idle: %s, %s" % (process, unit), 0, factor, False,
                     unit, "idle", process, key)
    for name in (RESIDENT, "portowner -a, bpf"):
        t.scaled("churn: rows without their living owner, " + name, 0, 100,
                 False, "%", "churn", name, "share_lost")
    for name in (RESIDENT, "resident refresh, diag",
                 "resident refresh, proc"):
        t.scaled("growth: exponent of cost / log n, " + name, 1 + TOLERANCE,
                 1, False, "", "growth", name, "exponent_to_n_log_n")
    return t.rows
