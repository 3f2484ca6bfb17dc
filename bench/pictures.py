#!/usr/bin/env python3
"""Histograms of what was measured, as SVG.

usage: pictures.py SAMPLES FOLDER: SAMPLES holds lines of "picture, panel, whose, nanoseconds" (bench programs with --keep);
writes FOLDER/PICTURE-histogram.svg for each picture."""
import math
import os
import sys
from html import escape

TITLES = {
    "trip": ("A peer's connection dies: time until the relay's command is written",
             "one sample of Standstill and one of a bare epoll loop in turn"),
    "jitter": ("50 beats a second: how late each beat is",
               "the watching loop, and a loop that only sleeps until its next beat"),
}
SERIES = (("ours", "Standstill", "#1f6f8b"), ("yardstick", "yardstick", "#c77d1e"))
LEFT, TOP, WIDTH, HEIGHT = 52, 92, 430, 190  # of the first panel's axes
STEP_X, STEP_Y = 500, 292                    # to the next one
BINS_A_DECADE = 10


def percentile(ordered, share):
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def time_text(ns):
    for unit, size in (("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.0f} ns"


def read(path):
    pictures = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            picture, panel, whose, value = line.rstrip("\n").split("\t")
            # a logarithmic axis has no 0: the clock cannot tell less than this apart
            pictures.setdefault(picture, {}).setdefault(panel, {}).setdefault(whose, []).append(max(float(value), 100.0))
    return pictures


def text(x, y, words, size=12, anchor="start", fill="#333", weight="400"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}" '
            f'font-weight="{weight}">{escape(words)}</text>')


def panel(x, y, name, series, low, high):
    def across(ns):
        return x + WIDTH * (math.log10(ns) - low) / (high - low)

    drawn = [text(x, y - 44, name, 15, weight="700")]
    bins = round((high - low) * BINS_A_DECADE)
    shares = {}
    for whose, _, _ in SERIES:
        samples = series.get(whose, [])
        counts = [0] * bins
        for ns in samples:
            counts[min(bins - 1, max(0, math.floor((math.log10(ns) - low) * BINS_A_DECADE)))] += 1
        shares[whose] = [count / len(samples) for count in counts] if samples else counts
    top = max(max(values) for values in shares.values())
    top = math.ceil(top * 10) / 10
    for step in range(5):  # the share of samples, linear
        height = y + HEIGHT - HEIGHT * step / 4
        drawn.append(f'<path d="M{x} {height:.1f}h{WIDTH}" stroke="#e4e4e4"/>')
        drawn.append(text(x - 6, height + 4, f"{100 * top * step / 4:.3g} %", 11, "end", "#666"))
    for decade in range(math.ceil(low), math.floor(high) + 1):
        drawn.append(f'<path d="M{across(10 ** decade):.1f} {y}v{HEIGHT + 4}" stroke="#d0d0d0"/>')
        drawn.append(text(across(10 ** decade), y + HEIGHT + 18, time_text(10 ** decade), 11, "middle", "#666"))
    width = WIDTH / bins
    for row, (whose, label, colour) in enumerate(SERIES):
        samples = sorted(series.get(whose, []))
        if not samples:
            continue
        for place, share in enumerate(shares[whose]):
            if share == 0:
                continue
            tall = max(1.0, HEIGHT * share / top)  # a single slow sample must be seen
            drawn.append(f'<rect x="{x + place * width + row * width / 2:.1f}" y="{y + HEIGHT - tall:.1f}" '
                         f'width="{width / 2 - 0.5:.1f}" height="{tall:.1f}" fill="{colour}"/>')
        words = (f"{label}: p50 {time_text(percentile(samples, 0.5))}, p99 {time_text(percentile(samples, 0.99))}, "
                 f"worst {time_text(samples[-1])} of {len(samples)}")
        drawn.append(f'<rect x="{x}" y="{y - 34 + 16 * row}" width="10" height="10" fill="{colour}"/>')
        drawn.append(text(x + 16, y - 25 + 16 * row, words, 12))
    drawn.append(f'<path d="M{x} {y}v{HEIGHT}h{WIDTH}" fill="none" stroke="#555"/>')
    return drawn


def draw(picture, panels):
    title, about = TITLES.get(picture, (picture, ""))
    everything = [ns for series in panels.values() for samples in series.values() for ns in samples]
    low = math.floor(math.log10(min(everything)) * 2) / 2
    high = max(low + 1, math.ceil(math.log10(max(everything)) * 2) / 2)
    rows = (len(panels) + 1) // 2
    width, height = LEFT + STEP_X + WIDTH + 24, TOP + 36 + (rows - 1) * STEP_Y + HEIGHT + 34
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             'font-family="system-ui, \'DejaVu Sans\', sans-serif" role="img" aria-labelledby="t d">',
             f'<title id="t">{escape(title)}</title>',
             f'<desc id="d">{escape(about)}: one histogram for each of {escape("; ".join(panels))}. Logarithmic time, share of '
             'samples.</desc>',
             f'<rect width="{width}" height="{height}" fill="#fff"/>',
             text(LEFT, 30, title, 19, weight="700"), text(LEFT, 50, about, 13, fill="#666")]
    for place, (name, series) in enumerate(panels.items()):
        drawn += panel(LEFT + (place % 2) * STEP_X, TOP + 36 + (place // 2) * STEP_Y, name, series, low, high)
    return "\n".join(drawn + ["</svg>", ""])


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    for picture, panels in read(sys.argv[1]).items():
        path = os.path.join(sys.argv[2], f"{picture}-histogram.svg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(draw(picture, panels))
        print(f"bench: drawn {path}")
    return 0


sys.exit(main())
