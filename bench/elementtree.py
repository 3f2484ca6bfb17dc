#!/usr/bin/env python3
"""The yardstick of a Python client: ElementTree parses the plan and builds one object an element with an id.

usage: elementtree.py PLAN OURS_NS: prints a row of the table; exit 1 when ours is not at least three times as fast."""
import sys
import time
import xml.etree.ElementTree as ElementTree


class Thing:
    """What a client keeps of an object: its kind, its id, every attribute, the nested elements."""
    __slots__ = ("kind", "id", "attributes", "nested")

    def __init__(self, element):
        self.kind = element.tag
        self.id = element.get("id")
        self.attributes = dict(element.attrib)
        self.nested = [(child.tag, dict(child.attrib)) for child in element]


def build(data):
    model = {}
    for kind in ElementTree.fromstring(data):
        for element in kind:
            thing = Thing(element)
            model[(thing.kind, thing.id)] = thing
    return model


def text(ns):
    return f"{ns / 1e6:.2f} ms" if ns < 1e7 else f"{ns / 1e6:.0f} ms"


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    with open(sys.argv[2], encoding="ascii") as file:
        ours = float(file.read())
    times = []
    for _ in range(9):
        began = time.thread_time_ns()
        model = build(data)
        times.append(time.thread_time_ns() - began)
        assert len(model) >= 20000
        del model
    times.sort()
    median, worst = times[len(times) // 2], times[-1]
    ratio = ours / median
    good = ratio <= 1 / 3
    what = "plan of 20 000 objects modelled / Python ElementTree"
    print(f"| {what:<58} | {len(times):5} | {text(ours):>8} | {'-':>8} | {'-':>8} | {text(median):>8} | {text(worst):>8} "
          f"| {ratio:6.2f} | {1 / 3:6.2f} | {'ok' if good else 'OVER'} |", flush=True)
    if not good:
        print(f"bench: {what}: {median / ours:.1f} times as fast, at least 3 are wanted", file=sys.stderr)
    return 0 if good else 1


sys.exit(main())
