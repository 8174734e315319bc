# SPDX-License-Identifier: BSD-2-Clause
"""The chart: CPU time of an answer, on a logarithmic scale, as SVG that needs
nothing else and suits light and dark."""
import math
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 860, 210, 70
BAR, GAP, TITLE = 15, 5, 34
PLOT = WIDTH - LEFT - RIGHT
SHOWN = ["lsof -nP -i", "netstat -tunap", "ss -tunap",
         "snmpd's own tables", "psutil net_connections",
         "portowner -a, proc", "portowner -a, diag", "portowner -a, bpf",
         "resident refresh, proc", "resident refresh, diag",
         "resident refresh, bpf"]
STYLE = """
svg { font: 12px system-ui, sans-serif; }
.back { fill: #ffffff; } .text { fill: #1f2328; } .soft { fill: #59636e; }
.grid { stroke: #d1d9e0; } .peer { fill: #8c959f; } .ours { fill: #0a69da; }
.line { fill: none; stroke-width: 2; }
.c0 { stroke: #0a69da; } .c1 { stroke: #bc4c00; } .c2 { stroke: #1a7f37; }
.f0 { fill: #0a69da; } .f1 { fill: #bc4c00; } .f2 { fill: #1a7f37; }
@media (prefers-color-scheme: dark) {
.back { fill: #0d1117; } .text { fill: #f0f6fc; } .soft { fill: #9198a1; }
.grid { stroke: #3d444d; } .peer { fill: #6e7681; } .ours { fill: #4493f8; }
.c0 { stroke: #4493f8; } .c1 { stroke: #f0883e; } .c2 { stroke: #3fb950; }
.f0 { fill: #4493f8; } .f1 { fill: #f0883e; } .f2 { fill: #3fb950; }
}
"""


class Scale:
    """Powers of ten between two values, on so many units."""

    def __init__(self, values, length):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.length = length

    def at(self, value):
        return ((math.log10(value) - self.low) /
                (self.high - self.low) * self.length)

    def marks(self):
        return [10.0 ** n for n in range(self.low, self.high + 1)]


def milliseconds(seconds):
    ms = seconds * 1000
    return ("%.1f ms" % ms if ms < 10 else "%.0f ms" % ms if ms < 10000
            else "%.1f s" % seconds)


def text(x, y, words, kind="text", anchor="start"):
    return '<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>' % (
        x, y, kind, anchor, escape(words))


def line(x1, y1, x2, y2, kind):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>' % (
        x1, y1, x2, y2, kind)


def bars(y, title, costs, scale):
    """A group of bars; (its lines, where it ends)."""
    out = [text(12, y + 20, title)]
    y += TITLE
    names = [n for n in SHOWN if "cpu" in costs.get(n, {})]
    bottom = y + len(names) * (BAR + GAP)
    for mark in scale.marks():
        x = LEFT + scale.at(mark)
        out.append(line(x, y - 4, x, bottom, "grid"))
        out.append(text(x, bottom + 12, milliseconds(mark), "soft",
                        "middle"))
    for name in names:
        width = max(scale.at(costs[name]["cpu"]), 1)
        ours = name.startswith(("portowner", "resident"))
        out.append('<rect x="%d" y="%.1f" width="%.1f" height="%d" '
                   'class="%s"/>' % (LEFT, y, width, BAR,
                                     "ours" if ours else "peer"))
        out.append(text(LEFT - 8, y + 12, name, "text", "end"))
        out.append(text(LEFT + width + 5, y + 12,
                        milliseconds(costs[name]["cpu"])))
        y += BAR + GAP
    return out, bottom + 20


def curves(y, growth):
    """CPU time of a refresh over the number of sockets."""
    found = {name: one["points"] for name, one in growth.items()
             if name in SHOWN and name.startswith("resident") and
             "points" in one}
    if not found:
        return [], y
    points = [p for one in found.values() for p in one]
    across = Scale([p["sockets"] for p in points], PLOT)
    up = Scale([p["cpu"] for p in points], 200)
    top = y + TITLE
    out = [text(12, y + 20,
                "CPU time of a refresh by number of sockets, least of several")]
    for mark in across.marks():
        x = LEFT + across.at(mark)
        out += [line(x, top, x, top + 200, "grid"),
                text(x, top + 214, "{:,.0f}".format(mark), "soft",
                     "middle")]
    for mark in up.marks():
        h = top + 200 - up.at(mark)
        out += [line(LEFT, h, LEFT + PLOT, h, "grid"),
                text(LEFT - 8, h + 4, milliseconds(mark), "soft", "end")]
    for n, (name, one) in enumerate(sorted(found.items())):
        out.append('<polyline class="line c%d" points="%s"/>' % (
            n % 3, " ".join("%.1f,%.1f" % (
                LEFT + across.at(p["sockets"]), top + 200 - up.at(p["cpu"]))
                for p in one)))
        out.append(text(12, top + 20 + 18 * n, name, "f%d" % (n % 3)))
    return out, top + 226


def subtitle(results):
    return "%s, Linux %s, %s, %d CPUs; medians, logarithmic" % (
        results["date"], results["kernel"], results["cpu"], results["cpus"])


def draw(results):
    out, y = [text(12, 24, "CPU time to know who owns the sockets"),
              text(12, 42, subtitle(results), "soft")], 50
    scenes = {name: found for name, found in results["scenes"].items()
              if any("cpu" in one
                     for one in found.get("costs", {}).values())}
    values = [one["cpu"] for found in scenes.values()
              for name, one in found["costs"].items()
              if "cpu" in one and name in SHOWN and one["cpu"] > 0]
    if values:
        scale = Scale(values, PLOT)
        for name, found in scenes.items():
            title = "{}: {sockets:,} sockets, {processes:,} processes".format(
                name, **found["load"])
            lines, y = bars(y, title, found["costs"], scale)
            out += lines
    lines, y = curves(y, results.get("growth", {}))
    out += lines
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
            'viewBox="0 0 %d %d" role="img">\n<style>%s</style>\n'
            '<rect class="back" width="100%%" height="100%%"/>\n%s\n'
            "</svg>\n" % (WIDTH, y + 10, WIDTH, y + 10, STYLE,
                          "\n".join(out)))
