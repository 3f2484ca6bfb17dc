// A modbus-serial server: node server.js tcp | node server.js rtu DEVICE. Says "ready", with tcp and its port. Registers 0 to
// 199 hold their own address, input 2 is on, there is nothing else. It ends with its input.
const net = require('net');
const { ServerTCP, ServerSerial } = require('modbus-serial');
const [kind, where] = process.argv.slice(2);
const register = (address) => {
  if (address > 199) throw Object.assign(new Error('no such register'), { modbusErrorCode: 2 });
  return address;
};
const vector = {
  getHoldingRegister: (address) => register(address),
  getInputRegister: (address) => register(address),
  getDiscreteInput: (address) => address === 2,
  getCoil: () => false,
};

function serve(attempt) {
  const probe = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => {
      const server = new ServerTCP(vector, { host: '127.0.0.1', port, unitID: 1 });
      server.on('initialized', () => console.log('ready', port));
      server.on('serverError', () => (attempt < 10 ? serve(attempt + 1) : process.exit(1)));
    });
  });
}

if (kind === 'tcp') {
  serve(0);
} else {
  const server = new ServerSerial(vector, { path: where, baudRate: 115200, unitID: 1 });
  server.on('initialized', () => console.log('ready'));
}
process.stdin.on('end', () => process.exit(0)).resume();
