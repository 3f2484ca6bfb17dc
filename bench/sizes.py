#!/usr/bin/env python3
"""Memory and idle processor time of the shipped programs with a plan of 20 000 objects.

usage: sizes.py PROGRAM_FOLDER PLAN [SECONDS]: starts `standstill run` (which starts guard and cutters), a server that sends
the plan, and a relay on a pseudo terminal; reads /proc/PID/status and /proc/PID/stat. Absolute figures: they are reported
against their limits and never fail, but a plant that does not come up does."""
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tty

LIMIT_MB = {"standstill": 40, "standstill-guard": 6, "standstill-cutter": 6}


def serve(listener, plan):
    """The shape of a server of 2014: it answers a request for the plan with the plan, and any other with a list."""
    frame = (b'<?xml version="1.0" encoding="UTF-8"?>\n<xmlh>\n  <xml size="%d"/>\n</xmlh>%s\n\0')
    while True:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(65536):
                body = plan if b'cmd="plan"' in data else b"<lclist/>"
                connection.sendall(frame % (len(body) + 2, body))


def drain(master):
    try:
        while os.read(master, 4096):
            pass
    except OSError:
        pass


def status(pid):
    fields = {}
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            name, _, value = line.partition(":")
            fields[name] = value.split()
    return fields


def family(pid):
    """The process and everything below it."""
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            for child in file.read().split():
                found += family(int(child))
    return found


def ask(folder, path, method="GET"):
    """Over the supervisor's own socket; the body of the answer."""
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(os.path.join(folder, "standstill.sock"))
        link.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode("ascii"))
        answer = b""
        while data := link.recv(1 << 20):
            answer += data
    return answer.partition(b"\r\n\r\n")[2]


def ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def row(what, value, limit, good):
    verdict = f"{'within' if good else 'reported, over'} {limit}"
    print(f"| {what:<58} | {'1':>5} | {value:>8} | {'-':>8} | {'-':>8} | {'-':>8} | {'-':>8} | {'-':>6} | {'-':>6} "
          f"| {verdict} |", flush=True)


def main():
    programs, plan_file = sys.argv[1], sys.argv[2]
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 20
    with open(plan_file, "rb") as file:
        plan = file.read()
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, plan), daemon=True).start()
    master, slave = pty.openpty()
    tty.setraw(slave)
    threading.Thread(target=drain, args=(master,), daemon=True).start()
    folder = tempfile.mkdtemp(prefix="standstill-bench-")
    config = os.path.join(folder, "standstill.toml")
    with open(config, "w", encoding="ascii") as file:
        file.write(f'''[site]
name = "bench"
state_dir = "{folder}"
[terminal]
listen = "127.0.0.1:0"
[[link]]
id = "layout"
kind = "rocrail"
host = "127.0.0.1"
port = {listener.getsockname()[1]}
[[output]]
id = "track-power"
kind = "serial"
device = "{os.ttyname(slave)}"
safe = "RELAY_OFF\\n"
run = "RELAY_ON\\n"
''')
    log = os.path.join(folder, "log")
    with open(log, "wb") as output:
        process = subprocess.Popen([os.path.join(programs, "standstill"), "--config", config, "run"], stdout=output,
                                   stderr=output, stdin=subprocess.DEVNULL)
    try:
        time.sleep(8)  # the plan arrives, is taken in, and what was needed for that is given back
        everybody = family(process.pid) if process.poll() is None else []
        names = {pid: status(pid)["Name"][0] for pid in everybody}
        if sorted(names.values()) != sorted(name[:15] for name in (*LIMIT_MB, "standstill-cutter")):
            with open(log, encoding="utf-8") as file:
                print(f"bench: not all processes run: {sorted(names.values())}\n{file.read()}", file=sys.stderr)
            return 1
        before = {pid: ticks(pid) for pid in everybody}
        began = time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        spent = {pid: (ticks(pid) - before[pid]) / os.sysconf("SC_CLK_TCK") for pid in everybody}
        for pid in everybody:
            fields = status(pid)
            rss, locked = int(fields["VmRSS"][0]) / 1024, int(fields["VmLck"][0]) / 1024
            own = int(fields["RssAnon"][0]) / 1024
            limit = next(value for name, value in LIMIT_MB.items() if name[:15] == names[pid])
            name = next(name for name in LIMIT_MB if name[:15] == names[pid])
            row(f"{name}: resident ({own:.1f} MB its own, {locked:.1f} locked)", f"{rss:.1f} MB", f"{limit} MB", rss < limit)
        live = ask(folder, "/api/v1/snapshots/live")
        if live.count(b'"id":') + live.count(b'"addr":') < 20000:
            print(f"bench: the supervisor does not have the plan: {live[:300]!r}", file=sys.stderr)
            return 1
        taken = json.loads(ask(folder, "/api/v1/snapshots", "POST"))["id"]
        for what, path in (("wrote a snapshot and showed the live one", ""),
                           (f"served that snapshot of {len(live) / 1e6:.1f} MB", f"/api/v1/snapshots/{taken}"),
                           ("compared it with the live plan", f"/api/v1/compare?snapshot={taken}"),
                           ("made a checklist of it", f"/api/v1/checklist?snapshot={taken}")):
            if path and b'"error"' in ask(folder, path)[:200]:
                print(f"bench: GET {path} was refused", file=sys.stderr)
                return 1
            time.sleep(2)
            fields = status(process.pid)
            after, peak = int(fields["VmRSS"][0]) / 1024, int(fields["VmHWM"][0]) / 1024
            row(f"standstill: after it {what} ({peak:.0f} MB at most)", f"{after:.1f} MB", "40 MB", after < 40)
        share = sum(spent.values()) / took * 100
        row(f"idle processor time of all four in {took:.0f} s, of one core", f"{share:.2f} %", "1 %", share < 1)
        return 0
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)


sys.exit(main())
