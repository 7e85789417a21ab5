// One end of a link, as a process of its own: `peer.mjs ROLE NAME`, engine from CTRL_IF_ENGINE, orders and reports over
// the IPC channel of child_process.fork. It runs what a user would: the built package.
import { readFileSync } from 'node:fs';
import { Controller, defineMessage, Guest, out, u32 } from '../../../dist/index.js';
import { createCodec } from '../../../dist/wire/index.js';

const [role, name] = process.argv.slice(2);
const seq = defineMessage({ name: 'SEQ', type: 42, payload: { n: u32, answer: out(u32) } });
const codec = createCodec([seq]);
const vectors = JSON.parse(readFileSync(new URL('../../conformance/vectors.json', import.meta.url), 'utf8')).map(
  ({ name, fields, hex }) => ({
    bytes: Buffer.from(hex, 'hex'),
    ...codec.fromJSON({
      name,
      ...Object.fromEntries(Object.entries(fields).map(([key, value]) => [camel(key), value])),
    }),
  }),
);

const report = (message) => process.send(message);
const endpoints = new Map();

if (role === 'controller') {
  const controller = await Controller.listen({ name, messages: [seq] });
  controller.on('domain', (domain) => join(domain));
  orders(controller);
  report({ is: 'listening', engine: controller.engine });
} else {
  const guest = await Guest.connect({ name, messages: [seq] });
  join(guest);
  orders(guest);
  report({ is: 'connected', engine: guest.engine, domid: guest.domid });
}

function join(endpoint) {
  const { domid } = endpoint;
  endpoints.set(domid, endpoint);
  endpoint.expected = 0;
  endpoint.vectorsSeen = 0;
  endpoint.receive('SEQ', ({ n }) => {
    if (n !== endpoint.expected) fail(`domain ${domid}: request ${n} came where ${endpoint.expected} was due`);
    endpoint.expected++;
    return { answer: ~n >>> 0 };
  });
  // Types 0 to 10: every message of the seed, in the order of the vectors, each byte compared.
  for (let type = 0; type <= 10; type++) {
    endpoint.receive(type, (message, request) => {
      const { bytes } = vectors[endpoint.vectorsSeen++ % vectors.length];
      for (let i = 0; i < 64; i++) {
        if (i !== 2 && request.bytes[i] !== bytes[i])
          fail(`${message.name}: byte ${i} is ${request.bytes[i]}, not ${bytes[i]}`);
      }
    });
  }
  endpoint.on('close', (error) => {
    endpoints.delete(domid);
    report({ is: 'closed', domid, code: error?.code });
  });
  report({ is: 'joined', domid });
}

function orders(whole) {
  const does = {
    exchange: ({ count }) => Promise.all([...endpoints.values()].map((endpoint) => exchange(endpoint, count))),
    everything: () => Promise.all([...endpoints.values()].map(everything)),
    /** Requests without end: what a kill interrupts. */
    flood: () => {
      for (const endpoint of endpoints.values()) void flood(endpoint);
    },
    /** Requests that stay unanswered: what a death must reject. */
    hang: async () => {
      const [endpoint] = endpoints.values();
      const codes = await Promise.all(
        Array.from({ length: 20 }, () =>
          endpoint.request({ name: 'SHUTDOWN_SYSRQ', key: 'x' }).then(
            () => 'answered',
            ({ code }) => code,
          ),
        ),
      );
      report({ is: 'rejected', codes: [...new Set(codes)] });
    },
    stats: () =>
      report({ is: 'stats', cpu: process.cpuUsage(), stats: [...endpoints.values()].map(({ stats }) => stats) }),
    close: async () => {
      await whole.close();
      process.disconnect();
    },
  };
  process.on('message', async ({ order, ...details }) => {
    await does[order](details);
    if (order !== 'close' && order !== 'stats') report({ is: 'done', order });
  });
}

/** `count` numbered requests, more under way than the ring holds, each answer checked. */
async function exchange(endpoint, count) {
  const lanes = 12;
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const n = next++;
      const { answer } = await endpoint.request({ name: 'SEQ', n });
      if (answer !== ~n >>> 0) fail(`domain ${endpoint.domid}: ${n} was answered ${answer}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function everything(endpoint) {
  for (const { message, bytes } of vectors) {
    const response = await endpoint.request(message);
    const encoded = codec.encode(response, bytes[2]);
    if (!bytes.equals(encoded)) fail(`${message.name} came back as ${Buffer.from(encoded).toString('hex')}`);
  }
}

async function flood(endpoint) {
  try {
    for (let n = 0; ; n++) await endpoint.request({ name: 'SEQ', n });
  } catch ({ code }) {
    report({ is: 'interrupted', code });
  }
}

function fail(what) {
  report({ is: 'failed', what });
}

function camel(key) {
  return key.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
}
