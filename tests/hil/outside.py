"""What is outside the guest: its USB port, a serial relay behind it, and the one who plugs and unplugs.

The guest asks over its second serial port, a line a request; see tests/hil/guest/host.hpp.
"""
import json
import os
import socket
import threading
import time


def connect(path, patience_s=60):
    """A stream to a socket that the emulator is about to open."""
    end = time.monotonic() + patience_s
    while True:
        stream = socket.socket(socket.AF_UNIX)
        try:
            stream.connect(path)
            return stream
        except OSError:
            stream.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


class Qmp:
    """The emulator's control socket: https://www.qemu.org/docs/master/interop/qmp-spec.html"""

    def __init__(self, path):
        self.stream = connect(path).makefile("rw")
        json.loads(self.stream.readline())  # its greeting
        self.ask("qmp_capabilities")

    def ask(self, command, until_event=None, **arguments):
        self.stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.stream.flush()
        answered = happened = False
        while not answered or (until_event and not happened):
            message = json.loads(self.stream.readline())
            if "error" in message:
                raise RuntimeError(message["error"]["desc"])
            answered = answered or "return" in message
            happened = happened or message.get("event") == until_event


class Relay:
    """A relay with its own supply: it keeps its contact when the cable is pulled."""

    def __init__(self, path):
        self.closed, self.heard = False, []
        self.stream = connect(path)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        line = b""
        while byte := self.stream.recv(1):
            line += byte
            if byte != b"\n":
                continue
            word, line = line.strip().decode(errors="replace"), b""
            if word in ("RELAY_ON", "RELAY_OFF"):
                self.closed = word == "RELAY_ON"
                self.heard.append(word)


class Outside:
    """Serves the guest's requests until the emulator ends."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.relay = self.qmp = None
        threading.Thread(target=self.serve, daemon=True).start()

    @staticmethod
    def machine(scratch):
        return ["-serial", f"unix:{scratch}/ask,server=on,wait=off", "-qmp", f"unix:{scratch}/qmp,server=on,wait=off"]

    @staticmethod
    def usb_relay(scratch):
        return ["-device", "qemu-xhci,id=xhci", "-chardev", f"socket,id=c0,path={scratch}/relay,server=on,wait=off",
                "-device", "usb-serial,chardev=c0,id=relay,bus=xhci.0,port=1,always-plugged=on"]

    def serve(self):
        try:
            port = connect(f"{self.scratch}/ask").makefile("rw")
            self.qmp = Qmp(f"{self.scratch}/qmp")
            if os.path.exists(f"{self.scratch}/relay"):
                self.relay = Relay(f"{self.scratch}/relay")
            while request := port.readline():
                try:
                    answer = self.answer(request.strip())
                except (OSError, RuntimeError, AttributeError) as problem:
                    answer = f"error: {problem}"
                port.write(answer + "\n")
                port.flush()
        except OSError:
            pass  # the emulator ended

    def answer(self, request):
        if request == "unplug relay":
            self.qmp.ask("device_del", until_event="DEVICE_DELETED", id="relay")
        elif request == "plug relay":
            self.qmp.ask("device_add", driver="usb-serial", chardev="c0", id="relay", bus="xhci.0", port="1",
                         **{"always-plugged": True})
        elif request == "relay":
            return "closed" if self.relay.closed else "open"
        else:
            return "error: not understood: " + request
        return "done"
