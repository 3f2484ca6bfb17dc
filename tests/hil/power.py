"""Power cuts, modelled: a log of every write and flush of the guest's disk becomes the disk as it may look afterwards.

What was written before the last flush is there. Of what was written since, every sector is there or is not, at random:
that is what a disk with a volatile cache promises. The log is in the format of dm-log-writes
(Documentation/admin-guide/device-mapper/log-writes.rst), which the emulator's driver `blklogwrites` writes.
"""
import json
import random
import struct
import subprocess
from dataclasses import dataclass

SECTOR = 512
FILE_SYSTEM_KB = 60 << 10  # the file system ends here;
DISK_KB = 64 << 10  # behind it the guest writes what it has seen, so that its knowledge stands in the same log
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8


def make_disk(path):
    with open(path, "wb") as image:
        image.truncate(DISK_KB << 10)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-E", "lazy_itable_init=0", path, f"{FILE_SYSTEM_KB}k"], check=True)


def machine(disk, log):
    """A disk whose writes and flushes are logged; the guest sees that it has a volatile cache."""
    return ["-blockdev", f"driver=file,filename={disk},node-name=data", "-blockdev", f"driver=file,filename={log},node-name=log",
            "-blockdev", "driver=blklogwrites,node-name=logged,file=data,log=log",
            "-device", "virtio-blk-pci,drive=logged,write-cache=on"]


@dataclass
class Entry:
    sector: int
    data: bytes
    flags: int

    @property
    def knowledge(self):
        """What the guest knew when it wrote this, or None."""
        if self.sector * SECTOR < FILE_SYSTEM_KB << 10 or not self.data:
            return None
        return json.loads(self.data.rstrip(b"\0"))


def read_log(path):
    with open(path, "rb") as log:
        magic, _version, _count, size = struct.unpack("<QQQI", log.read(28))
        assert magic == 0x6A736677736872, "this is no log of writes"
        log.seek(size)
        entries = []
        while len(head := log.read(size)) == size:
            sector, count, flags, _length = struct.unpack("<QQQQ", head[:32])
            data = b"" if flags & DISCARD else log.read(count * size)
            entries.append(Entry(sector * size // SECTOR, data, flags))
        return entries


def crash(entries, at, base, image, chance):
    """Writes the disk as a power cut after `at` entries may leave it; returns what the guest knew then."""
    known = None
    last_flush = max((i for i in range(at) if entries[i].flags & FLUSH), default=0)
    with open(base, "rb") as old, open(image, "wb") as disk:
        disk.write(old.read())
        for i, entry in enumerate(entries[:at]):
            known = entry.knowledge or known
            for offset in range(0, len(entry.data), SECTOR):
                if i < last_flush or entry.flags & FUA or chance.random() < 0.5:
                    disk.seek(entry.sector * SECTOR + offset)
                    disk.write(entry.data[offset:offset + SECTOR])
        disk.seek(FILE_SYSTEM_KB << 10)
        disk.write(json.dumps(known).encode().ljust(SECTOR, b"\0"))
    return known


def crashes(scratch, base, log, count, seed):
    """`count` disks after power cuts at random instants once the guest knew something; their paths."""
    entries = read_log(log)
    first = next((i for i, entry in enumerate(entries) if entry.knowledge), None)
    if first is None:
        return []
    chance = random.Random(seed)
    images = []
    for number in range(count):
        images.append(f"{scratch}/crash-{number}.img")
        crash(entries, chance.randrange(first + 1, len(entries) + 1), base, images[-1], chance)
    return images
