// The real snap7 client against a PLC: node snap7_client.js PORT [PDU]. Prints one JSON object.
const snap7 = require('node-snap7');
const client = new snap7.S7Client();
client.SetParam(client.RemotePort, Number(process.argv[2]));
if (process.argv[3]) client.SetParam(client.PDURequest, Number(process.argv[3]));
const out = {};
const note = (name, result) => {
  out[name] = result === false ? 'error: ' + client.ErrorText(client.LastError())
    : Buffer.isBuffer(result) ? result.toString('hex') : result;
};
if (!client.ConnectTo('127.0.0.1', 0, 1)) {
  console.log(JSON.stringify({ connect: client.ErrorText(client.LastError()) }));
  process.exit(1);
}
note('pdu', client.PDULength());
note('write', client.DBWrite(10, 100, 4, Buffer.from([0x11, 0x22, 0x33, 0x44])));
note('read', client.DBRead(10, 100, 4));
const big = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7) % 256));
note('write_big', client.DBWrite(10, 1000, big.length, big));
const back = client.DBRead(10, 1000, big.length);
note('read_big', back && back.equals(big));
note('bit', client.WriteArea(client.S7AreaDB, 10, 100 * 8 + 6, 1, client.S7WLBit, Buffer.from([1])));
note('read_bit_byte', client.DBRead(10, 100, 1));
note('text', client.DBRead(2, 0, 12));
note('flags_write', client.MBWrite(5, 1, Buffer.from([0x5a])));
note('flags', client.MBRead(5, 1));
note('inputs', client.EBRead(0, 2));
note('outputs', client.ABWrite(3, 1, Buffer.from([7])));
note('timers', client.TMRead(0, 2));
note('counters', client.CTRead(0, 2));
note('missing', client.DBRead(99, 0, 4));
note('beyond', client.DBRead(1, 1020, 8));
const item = (area, db, start, amount, length) => ({ Area: area, DBNumber: db, Start: start, Amount: amount, WordLen: length });
const many = client.ReadMultiVars([
  item(client.S7AreaDB, 10, 100, 4, client.S7WLByte), item(client.S7AreaDB, 10, 100 * 8 + 6, 1, client.S7WLBit),
  item(client.S7AreaDB, 99, 0, 2, client.S7WLByte), item(client.S7AreaMK, 0, 5, 1, client.S7WLByte)]);
out.many = many && many.map((one) => (one.Result === 0 ? one.Data.toString('hex') : 'error'));
const wrote = client.WriteMultiVars([
  { ...item(client.S7AreaDB, 10, 200, 2, client.S7WLByte), Data: Buffer.from([1, 2]) },
  { ...item(client.S7AreaDB, 10, 202, 1, client.S7WLByte), Data: Buffer.from([3]) },
  { ...item(client.S7AreaDB, 99, 0, 1, client.S7WLByte), Data: Buffer.from([4]) },
  { ...item(client.S7AreaDB, 10, 204, 1, client.S7WLByte), Data: Buffer.from([5]) }]);
out.wrote = wrote && wrote.map((one) => (one.Result === 0 ? 'good' : 'error'));
note('after_many', client.DBRead(10, 200, 5));
note('status', client.PlcStatus());
note('stop', client.PlcStop());
note('status_stopped', client.PlcStatus());
note('start', client.PlcHotStart());
note('status_started', client.PlcStatus());
note('cold', client.PlcColdStart());
const info = client.GetCpuInfo();
out.module = info && info.ModuleTypeName;
const order = client.GetOrderCode();
out.order = order && order.Code;
const clock = client.GetPlcDateTime();
out.clock = clock && (clock instanceof Date ? clock.getFullYear() : clock.year);
const blocks = client.ListBlocks();
out.blocks = blocks && blocks.DBCount;
const dbs = client.ListBlocksOfType(client.Block_DB);
out.dbs = dbs && Array.from(dbs);
const about = client.GetAgBlockInfo(client.Block_DB, 1);
out.about = about && about.MC7Size;
client.Disconnect();
console.log(JSON.stringify(out));
