// nodes7, which talks several requests at once, against a PLC: node nodes7_client.js PORT. Prints one JSON object.
const Nodes7 = require('nodes7');
const plc = new Nodes7({ silent: true });
const variables = {
  counter: 'DB1,DINT0', sine: 'DB1,REAL8', text: 'DB2,S0.20', bit: 'DB10,X4.3', word: 'DB10,INT10', bytes: 'DB10,BYTE20.60',
  flag: 'M10.2', input: 'IB0', output: 'QB3', missing: 'DB99,INT0',
};
const fail = (what) => { console.log(JSON.stringify({ error: String(what) })); process.exit(1); };
plc.initiateConnection({ port: Number(process.argv[2]), host: '127.0.0.1', rack: 0, slot: 1, timeout: 20000 }, (error) => {
  if (error) fail(error);
  plc.setTranslationCB((tag) => variables[tag]);
  plc.addItems(Object.keys(variables).filter((name) => name !== 'missing'));
  plc.writeItems(['bit', 'word', 'flag', 'output'], [true, -1234, true, 9], (bad) => {
    if (bad) fail('write');
    plc.readAllItems((anyBad, values) => {
      const good = { bad: anyBad, ...values };
      plc.addItems(['missing']);
      plc.readAllItems((missing, more) => {
        good.missing = missing;
        good.still = more.word;
        plc.dropConnection(() => { console.log(JSON.stringify(good)); process.exit(0); });
      });
    });
  });
});
