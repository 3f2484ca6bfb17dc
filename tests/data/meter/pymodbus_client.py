"""Asks a Modbus device with pymodbus, every function once, and prints what came back, a line each."""
import sys

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.mei_message import ReadDeviceInformationRequest
from pymodbus.register_write_message import MaskWriteRegisterRequest

kind, where = sys.argv[1], sys.argv[2]
if kind == "tcp":
    client = ModbusTcpClient("127.0.0.1", port=int(where), timeout=20)
else:
    client = ModbusSerialClient(port=where, baudrate=9600, timeout=20)
assert client.connect(), "no connection"


def show(name, answer):
    print(name, "error" if answer.isError() else "ok", getattr(answer, "registers", None) or "")


show("write_register", client.write_register(0x1000, 0x12, slave=1))
show("mask", client.execute(MaskWriteRegisterRequest(0x1000, 0xF2, 0x25, unit=1)))
show("masked", client.read_holding_registers(0x1000, 1, slave=1))
show("write_registers", client.write_registers(0x1001, [7, 8, 9], slave=1))
show("written", client.read_holding_registers(0x1001, 3, slave=1))
show("both", client.readwrite_registers(read_address=0x1001, read_count=2, write_address=0x1002,
                                        write_registers=[42], unit=1))
show("write_coil", client.write_coil(5, True, slave=1))
show("write_coils", client.write_coils(8, [True, False, True], slave=1))
print("coils", [int(b) for b in client.read_coils(5, 6, slave=1).bits[:6]])
print("inputs", [int(b) for b in client.read_discrete_inputs(8, 3, slave=1).bits[:3]])
show("input_registers", client.read_input_registers(0x1001, 1, slave=1))
show("code", client.read_holding_registers(0x000B, 1, slave=1))
refused = client.read_holding_registers(0x3000, 1, slave=1)
print("refused", refused.exception_code)
named = client.execute(ReadDeviceInformationRequest(read_code=1, object_id=0, unit=1))
print("named", named.information[0].decode())
client.close()
