// The real snap7 server: node snap7_server.js PORT [PDU]. Prints "listening" when it serves, ends with its input.
// DB1 (65536 bytes): byte i is i mod 251; flags, inputs, outputs likewise; DB2 has a text, a real, a bit.
const snap7 = require('node-snap7');
const server = new snap7.S7Server();
const pattern = (size) => Buffer.from(Array.from({ length: size }, (_, i) => i % 251));
const values = Buffer.alloc(256);
values.writeInt32BE(-123456, 0);
values.writeFloatBE(21.5, 4);
values[8] = 0x08;
values[20] = 20;
values[21] = 10;
values.write('Standstill', 22, 'latin1');
server.RegisterArea(server.srvAreaDB, 1, pattern(65535));
server.RegisterArea(server.srvAreaDB, 2, values);
server.RegisterArea(server.srvAreaPE, pattern(256));
server.RegisterArea(server.srvAreaPA, pattern(256));
server.RegisterArea(server.srvAreaMK, pattern(256));
server.RegisterArea(server.srvAreaTM, Buffer.alloc(64));
server.RegisterArea(server.srvAreaCT, Buffer.from([0x01, 0x27, 0, 0, 0, 0]));
server.SetParam(server.LocalPort, Number(process.argv[2]));
if (process.argv[3]) server.SetParam(server.PDURequest, Number(process.argv[3]));
if (!server.StartTo('127.0.0.1')) {
  console.error('cannot start: ' + server.ErrorText(server.LastError()));
  process.exit(1);
}
console.log('listening');
process.stdin.resume();
process.stdin.on('end', () => { server.Stop(); process.exit(0); });
