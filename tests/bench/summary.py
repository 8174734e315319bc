# SPDX-License-Identifier: BSD-2-Clause
"""The results as text."""
import verdict


def cell(found, key="cpu", form="%.1f", factor=1000):
    if found is None:
        return "-"
    return form % (found[key] * factor) if key in found else "absent"


def costs(results):
    """CPU milliseconds and peak memory, a column for each scene."""
    scenes = {name: found.get("costs", {})
              for name, found in results["scenes"].items()}
    names = list(dict.fromkeys(n for f in scenes.values() for n in f))
    if not names:
        return []
    lines = ["%-28s%s" % ("CPU ms, median (peak RSS, MiB)", "".join(
        "%20s" % name for name in scenes))]
    for name in names:
        lines.append("%-30s%s" % (name, "".join(
            "%11s %8s" % (cell(f.get(name)), "(%s)" % cell(
                f.get(name), "rss_kib", "%.0f", 1 / 1024))
            for f in scenes.values())))
    return lines + [""]


def profiles(results):
    lines = []
    for scene, found in results["scenes"].items():
        for source, one in found.get("profile", {}).items():
            if "split_us" in one:
                lines.append("%s  profile of %-10s%8.1f ms: %s" % (
                    scene, source, one["cpu_us"] / 1e3, ", ".join(
                        "%s %.1f" % (phase, us / 1e3)
                        for phase, us in one["split_us"].items())))
    return lines + [""] if lines else []


def walks(results):
    lines = []
    for scene, found in results["scenes"].items():
        for name, one in sorted(found.get("walks", {}).items()):
            if isinstance(one, dict) and "per_second" in one:
                lines.append("%s  %-45s%10.0f varbinds/s%12.0f per CPU s" % (
                    scene, name, one["per_second"], one["per_cpu_second"]))
    return lines + [""] if lines else []


def churn(results):
    found = results.get("churn", {})
    if "absent" in found:
        return ["churn: absent: " + found["absent"], ""]
    lines = ["churn: %-24s%s" % (name, (
        "%7.2f %% of %.0f rows lost, %d wrong, %.1f %% not shown, n=%d" % (
            one["share_lost"] * 100, one["rows_per_answer"], one["wrong"],
            one["share_not_shown"] * 100, one["n"])) if "share_lost" in one else
        "absent: " + one.get("absent", "")) for name, one in found.items()]
    return lines + [""] if lines else []


def latencies(results):
    lines = []
    for scene, found in results["scenes"].items():
        for name, one in found.get("latency", {}).items():
            if isinstance(one, dict) and "p99" in one:
                lines.append(
                    "%s  GET, %s: p50 %.2f, p99 %.2f, max %.2f ms "
                    "(%d requests, %d refreshes, %d errors)" % (
                        scene, name, one["p50"] * 1e3, one["p99"] * 1e3,
                        one["max"] * 1e3, one["requests"], one["refreshes"],
                        one["errors"]))
    return lines + [""] if lines else []


def growth(results):
    lines = []
    for name, one in results.get("growth", {}).items():
        if isinstance(one, dict) and "points" in one:
            lines.append("growth: %-24s%s  exponent %.2f" % (name, "".join(
                "%8d:%9.2f ms" % (p["sockets"], p["cpu"] * 1e3)
                for p in one["points"]), one["exponent"] or 0))
    return lines + [""] if lines else []


def must_reach(results):
    lines = []
    for row in verdict.table(results):
        line = "%-7s%s" % (row["result"], row["what"])
        if row["result"] == "absent":
            line += ": " + row["reason"]
        else:
            line += ": %.4g %s (%s %g)" % (
                row["found"], row["unit"],
                "at least" if row["at_least"] else "at most", row["limit"])
        lines.append(line)
    return lines


def text(results):
    return "\n".join(costs(results) + profiles(results) + walks(results) +
                     latencies(results) + churn(results) + growth(results) +
                     must_reach(results))
