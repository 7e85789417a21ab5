/** A domain with well-formed but false questions. */
import { expect, it } from 'vitest';
import { image } from './images.ts';
import { crossed, useMachines } from './machines.ts';

const start = useMachines();
const DIST = new URL('../../dist/', import.meta.url);

/** Sends questions about other domains' affairs, and writes the results to its console. */
const LIAR = `
  import { Guest } from '${new URL('index.js', DIST)}';
  const guest = await Guest.connect();
  guest.on('close', () => process.exit());
  const { controlSocket } = guest;
  const ask = (about, question) => controlSocket.ask(about, question).then(() => 'answered', ({ code }) => code);
  const outcomes = [];
  for (const name of ['hasCrossed', 'constructor', '__proto__', 'log', '', 'block']) {
    outcomes.push(await ask('device-crossed', { class: name, handle: 0, port: 4095 }));
  }
  outcomes.push(await ask('disk-target', { pdevice: 65535 }));
  outcomes.push(await ask('domain-end', { domid: 65535 }));
  // The driver domain runs, so these questions wait for ever.
  for (let i = 0; i < 256; i++) void ask('domain-end', { domid: 1 });
  guest.console.write(outcomes.join(' ') + '\\n');
`;

it('a domain with false questions changes nothing for its machine and for other domains', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  try {
    const machine = await start();
    await machine.create({ name: 'liar', command: [process.execPath, '--input-type=module', '--eval', LIAR] });
    let said = '';
    for await (const text of (await machine.console('liar')).setEncoding('utf8')) {
      said += text;
      if (said.includes('\n')) break;
    }
    expect(said.trim().split(' ')).toEqual([
      ...new Array(6).fill('answered'),
      'ERR_CTRL_IF_DEVICE_NOT_FOUND',
      'answered',
    ]);
    await machine.create({ name: 'web', disks: [{ target: image('web'), vdevice: 1 }] });
    expect(await crossed(machine, 'web', 'block')).toMatchObject({ state: 'CONNECTED' });
    expect(await machine.destroy('liar')).toMatchObject({ how: 'destroyed' });
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', onWarning);
  }
});
