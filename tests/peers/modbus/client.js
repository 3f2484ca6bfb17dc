// Asks a Modbus device with modbus-serial, every function once, and prints what came back, a line each:
// node client.js tcp PORT | node client.js rtu DEVICE. On a line it does not know how long the answers to functions 22 and
// 23 are, and cannot be asked for them.
const ModbusRTU = require('modbus-serial');
const [kind, where] = process.argv.slice(2);
const client = new ModbusRTU();
const list = (values) => '[' + values.join(', ') + ']';
const bits = (values, count) => list(values.slice(0, count).map((bit) => (bit ? 1 : 0)));

async function main() {
  if (kind === 'tcp') await client.connectTCP('127.0.0.1', { port: Number(where) });
  else await client.connectRTUBuffered(where, { baudRate: 9600 });
  client.setID(1);
  client.setTimeout(20000);
  await client.writeRegister(0x1000, 0x12);
  console.log('write_register ok');
  if (kind === 'tcp') {
    await client.maskWriteRegister(0x1000, 0xF2, 0x25);
    console.log('mask ok');
    console.log('masked ok', list((await client.readHoldingRegisters(0x1000, 1)).data));
  }
  await client.writeRegisters(0x1001, [7, 8, 9]);
  console.log('write_registers ok');
  console.log('written ok', list((await client.readHoldingRegisters(0x1001, 3)).data));
  if (kind === 'tcp') console.log('both ok', list((await client.readWriteRegisters(0x1001, 2, 0x1002, 1, [42])).data));
  await client.writeCoil(5, true);
  console.log('write_coil ok');
  await client.writeCoils(8, [true, false, true]);
  console.log('write_coils ok');
  console.log('coils', bits((await client.readCoils(5, 6)).data, 6));
  console.log('inputs', bits((await client.readDiscreteInputs(8, 3)).data, 3));
  console.log('input_registers ok', list((await client.readInputRegisters(0x1001, 1)).data));
  console.log('code ok', list((await client.readHoldingRegisters(0x000B, 1)).data));
  await client.readHoldingRegisters(0x3000, 1).then(() => console.log('refused no'), (e) => console.log('refused', e.modbusCode));
  console.log('named', (await client.readDeviceIdentification(1, 0)).data[0]);
}

main().then(() => process.exit(0), (error) => { console.log('failed:', error.message || error); process.exit(1); });
