#!/usr/bin/env python3
"""Draws docs/peers.svg from what `scopegate-peers --json FILE` wrote.

    python3 tests/peers/plot.py FILE docs/peers.svg

Always true here: every bar is a figure of the file; nothing is drawn that was not measured in that run.
"""

import html
import json
import math
import sys

WIDTH = 760
LEFT, RIGHT = 104, 168
ROW, BAR = 24, 15
TITLE, HEAD, GAP, FOOT = 34, 26, 14, 34

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 15px; }
.set { font-weight: 600; }
.quiet { fill: #59636e; font-size: 12px; }
.grid { stroke: #d1d9e0; stroke-width: 1; }
.peer { fill: #8c959f; }
.native { fill: #54aeff; }
.ours { fill: #1a7f37; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .quiet { fill: #9198a1; }
  .grid { stroke: #3d444d; }
  .peer { fill: #656c76; }
  .native { fill: #388bfd; }
  .ours { fill: #3fb950; }
}
"""


def time(nanoseconds):
    """A time as people say it."""
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            value = nanoseconds / size
            return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
    return f"{nanoseconds:.0f} ns"


def text(x, y, words, kind="", anchor="start"):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(words)}</text>'


def plot(report):
    rows = [row for part in report["sets"] for row in part["rows"]]
    low = math.floor(math.log10(min(row["nanoseconds"] for row in rows)))
    high = math.ceil(math.log10(max(row["nanoseconds"] for row in rows)))
    span = WIDTH - LEFT - RIGHT

    def place(nanoseconds):
        return LEFT + span * (math.log10(nanoseconds) - low) / (high - low)

    height = TITLE + FOOT + sum(HEAD + ROW * len(part["rows"]) + GAP for part in report["sets"])
    bottom = height - FOOT
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        "<title>Time a decision takes: Scopegate, native Rust and other engines</title>",
        f"<style>{STYLE}</style>",
        text(0, 18, "Time a decision takes, log scale: shorter is faster", "title"),
    ]
    for power in range(low, high + 1):
        x = place(10**power)
        out.append(f'<line class="grid" x1="{x:.1f}" y1="{TITLE}" x2="{x:.1f}" y2="{bottom}"/>')
        out.append(text(x, bottom + 18, time(10**power), "quiet", "middle"))
    y = TITLE
    for part in report["sets"]:
        out.append(text(0, y + 18, part["name"], "set"))
        y += HEAD
        for row in sorted(part["rows"], key=lambda row: row["nanoseconds"]):
            kind = {"Scopegate": "ours", "native Rust": "native"}.get(row["engine"], "peer")
            end = place(row["nanoseconds"])
            out.append(text(LEFT - 8, y + 13, row["engine"], anchor="end"))
            out.append(f'<rect class="{kind}" x="{LEFT}" y="{y + 1}" width="{end - LEFT:.1f}" height="{BAR}" rx="2"/>')
            figure = time(row["nanoseconds"])
            if row["engine"] != "native Rust":
                figure += f"  ({row['ratio']:,.3g} x native)" if row["ratio"] < 1000 else f"  ({row['ratio']:,.0f} x native)"
            out.append(text(end + 6, y + 13, figure, "quiet"))
            y += ROW
        y += GAP
    out.append("</svg>")
    return "\n".join(out) + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: plot.py FILE.json FILE.svg")
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(plot(report))


if __name__ == "__main__":
    main()
