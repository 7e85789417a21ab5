// A domain with event channels: `channels.mjs ROLE NAME`. Its orders are the methods of `channels`, and a few ways to listen.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Controller, Guest } from '../../../dist/index.js';
import { answerOrders, report } from './orders.mjs';

const [role, name] = process.argv.slice(2);
const before = pipes();
let whole;
if (role === 'controller') {
  whole = await Controller.listen({ name });
  whole.on('domain', (domain) => {
    domain.receive('SHUTDOWN_SYSRQ', () => {});
    domain.on('close', (error) => report({ is: 'closed', domid: domain.domid, code: error?.code }));
    report({ is: 'joined', domid: domain.domid });
  });
  report({ is: 'listening', engine: whole.engine });
} else {
  whole = await Guest.connect({ name });
  whole.on('close', (error) => report({ is: 'closed', code: error?.code }));
  report({ is: 'connected', engine: whole.engine, domid: whole.domid });
}

const events = new Map();
answerOrders({
  call: async ({ method, args }) => {
    const result = await whole.channels[method](...args);
    if (Array.isArray(result)) return { ports: result };
    return result && 'port' in result ? { port: result.port, remote: result.remote } : { ...result };
  },
  /** Counts events, and reports each. */
  listen: ({ port }) => {
    events.set(port, 0);
    whole.channels.get(port).onNotify(() => {
      events.set(port, events.get(port) + 1);
      report({ is: 'event', port });
    });
  },
  count: ({ port }) => ({ count: events.get(port) }),
  remote: ({ port }) => ({ remote: whole.channels.get(port).remote }),
  notifyOften: ({ port, times }) => {
    const channel = whole.channels.get(port);
    for (let i = 0; i < times; i++) channel.notify();
  },
  /** Hits back whatever comes, and reports when it has come so often. Who serves hits first. */
  play: ({ port, times, serves }) => {
    const channel = whole.channels.get(port);
    let left = times;
    channel.onNotify(() => {
      left--;
      if (left >= 0) channel.notify();
      if (left === 0) report({ is: 'played', port });
    });
    if (serves) channel.notify();
  },
  /** Requests to the controller beside a timer of one millisecond: resolves when there were so many of each. */
  serve: async ({ ticks, requests }) => {
    let ticked = 0;
    const interval = setInterval(() => ticked++, 1);
    for (let n = 0; n < requests; n++) await whole.request({ name: 'SHUTDOWN_SYSRQ', key: 'x' });
    while (ticked < ticks) await new Promise(setImmediate);
    clearInterval(interval);
    return { ticked };
  },
  asleep: () => ({ asleep: whole.stats.asleep }),
  /** The number of the doorbell's write end: the one pipe that came with the domain. */
  doorbell: () => {
    const [number] = pipes().filter((fd) => !before.includes(fd) && isWriteEnd(fd));
    return { number };
  },
});

function pipes() {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('pipe:');
    } catch {
      return false; // the descriptor that readdir itself had open
    }
  });
}

function isWriteEnd(fd) {
  const [, flags] = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'));
  return (Number.parseInt(flags, 8) & 3) === 1;
}
