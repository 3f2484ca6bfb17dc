// One byte of a data block as snap7's own client reads it: node snap7_byte.js PORT DB BYTE. Prints {"byte": N}.
const snap7 = require('node-snap7');
const [port, db, at] = process.argv.slice(2).map(Number);
const client = new snap7.S7Client();
client.SetParam(client.RemotePort, port);
const connected = client.ConnectTo('127.0.0.1', 0, 2);
const bytes = connected && client.DBRead(db, at, 1);
console.log(JSON.stringify(bytes ? { byte: bytes[0] } : { error: client.ErrorText(client.LastError()) }));
process.exit(bytes ? 0 : 1);
