"""What is outside the guest: its USB port, a serial relay or a meter behind it, and the one who plugs and unplugs.

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


def crc(frame):
    """MODBUS over Serial Line V1.02, 6.2.2; low byte first."""
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


class Meter:
    """An energy meter (EM340, unit 1) with its own supply. Shares no code with what reads it."""

    registers = {0x0000: 2301, 0x000B: 341, 0x0028: 4711, 0x0033: 500,
                 **{0x5000 + i: int.from_bytes(b"BX1230045678A\0"[2 * i:2 * i + 2], "big") for i in range(7)}}

    def __init__(self, path):
        self.answered = 0
        self.stream = connect(path)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        held = b""
        while some := self.stream.recv(64):
            held += some
            # A request that was cut short by an unplugged cable is followed by one that is whole.
            while len(held) >= 8:
                request, rest = held[:8], held[8:]
                if request[:2] != b"\x01\x03" or crc(request[:6]) != request[6:]:
                    held = held[1:]
                    continue
                held = rest
                self.answer(request)

    def answer(self, request):
        first, count = int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
        # Read alone, 000Bh is what it is; within a block it is the upper half of L31.
        values = [self.registers.get(a, 0) if a != 0x0B or count == 1 else 0 for a in range(first, first + count)]
        reply = bytes([1, 3, 2 * count]) + b"".join(value.to_bytes(2, "big") for value in values)
        self.answered += 1
        self.stream.sendall(reply + crc(reply))


class Outside:
    """Serves the guest's requests until the emulator ends."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.relay = self.meter = self.qmp = None
        threading.Thread(target=self.serve, daemon=True).start()

    @staticmethod
    def machine(scratch):
        return ["-serial", f"unix:{scratch}/ask,server=on,wait=off", "-qmp", f"unix:{scratch}/qmp,server=on,wait=off"]

    @staticmethod
    def usb(scratch, what):
        """`what`: relay or meter."""
        return ["-device", "qemu-xhci,id=xhci", "-chardev", f"socket,id=c0,path={scratch}/{what},server=on,wait=off",
                "-device", f"usb-serial,chardev=c0,id={what},bus=xhci.0,port=1,always-plugged=on"]

    def serve(self):
        try:
            port = connect(f"{self.scratch}/ask").makefile("rw")
            self.qmp = Qmp(f"{self.scratch}/qmp")
            if os.path.exists(f"{self.scratch}/relay"):
                self.relay = Relay(f"{self.scratch}/relay")
            if os.path.exists(f"{self.scratch}/meter"):
                self.meter = Meter(f"{self.scratch}/meter")
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
        word, _, what = request.partition(" ")
        if word == "unplug" and what in ("relay", "meter"):
            self.qmp.ask("device_del", until_event="DEVICE_DELETED", id=what)
        elif word == "plug" and what in ("relay", "meter"):
            self.qmp.ask("device_add", driver="usb-serial", chardev="c0", id=what, bus="xhci.0", port="1",
                         **{"always-plugged": True})
        elif request == "answered":
            return str(self.meter.answered)
        elif request == "relay":
            return "closed" if self.relay.closed else "open"
        else:
            return "error: not understood: " + request
        return "done"
