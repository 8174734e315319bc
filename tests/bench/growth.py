# SPDX-License-Identifier: BSD-2-Clause
"""How costs grow with the number of sockets."""
import math

from oneshot import OurCommand, Resident, measure
from tools import SOURCES, exponent

SIZES = {"small": [1000, 10000], "medium": [1000, 10000],
         "large": [1000, 10000, 100000], "all": [1000, 10000, 100000, 300000]}
PER_PROCESS = 150
ROUNDS = 3


def load_arguments(size):
    return ["--sockets", str(size), "--processes",
            str(max(4, size // PER_PROCESS))]


def one_size(size):
    entries = [Resident(s, 3 if size > 10000 else 10) for s in SOURCES]
    entries += [OurCommand(s) for s in SOURCES if s != "auto"]
    return measure(entries, ROUNDS)


def curves(sizes):
    """{size: results} as a curve of each name, with its exponent, and that of
    the cost divided by log n: 1 is n log n.  What is fixed makes small sizes
    dear, so the exponent is of the sizes from 10,000 on where there are
    three of them.  Sizes are measured one after the other, while the machine
    becomes faster and slower: each stands with the least CPU time."""
    names = {name for found in sizes.values() for name in found}
    return {name: curve({size: found[name] for size, found in sizes.items()
                         if name in found}) for name in sorted(names)}


def curve(found):
    missing = [f for f in found.values() if "absent" in f]
    if missing:
        return missing[0]
    points = [{"sockets": size, "cpu": f["cpu_min"], "wall": f["wall"],
               "us_per_row": f["cpu_min"] * 1e6 / f["rows"],
               "cpu_median": f["cpu"], "rows": f["rows"],
               "rss_kib": f["rss_kib"], "n": f["n"],
               "bytes_per_row": f["rss_kib"] * 1024 / f["rows"]}
              for size, f in sorted(found.items())]
    fitted = [(p["sockets"], p["cpu"]) for p in points
              if p["sockets"] >= 10000] if len(points) > 2 else [
                  (p["sockets"], p["cpu"]) for p in points]
    return {"points": points,
            "exponent": exponent(fitted) if len(fitted) > 1 else None,
            "exponent_to_n_log_n": exponent(
                [(n, cpu / math.log(n)) for n, cpu in fitted])
            if len(fitted) > 1 else None}
