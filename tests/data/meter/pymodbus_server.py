"""A pymodbus server on a free port of loopback; prints the port. Registers hold their own address, input 2 is on."""
import socket
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartTcpServer

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
block = ModbusSequentialDataBlock(0, list(range(200)))
inputs = ModbusSequentialDataBlock(0, [False, False, True, False])
context = ModbusServerContext(slaves=ModbusSlaveContext(hr=block, ir=block, di=inputs, zero_mode=True), single=True)
identity = ModbusDeviceIdentification()
identity.VendorName = "pymodbus"
print(port, flush=True)
StartTcpServer(context=context, identity=identity, address=("127.0.0.1", port))
