/** The table of a domain, with real processes and with fake links and devices. */
import { EventEmitter } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cellOf, type Row, SyncStateMachine } from '../../lib/device/table.ts';
import type { Domain } from '../../lib/domain/domain.ts';
import { resolveConfig } from '../../lib/machine/config.ts';
import type { DomainDevices } from '../../lib/machine/domain-devices.ts';
import { domainsDocument } from '../../lib/machine/domain-document.ts';
import { DOMAIN, LIFECYCLE_STATES, type LifecycleEvent, type LifecycleState } from '../../lib/machine/domain-table.ts';
import { ManagedDomain } from '../../lib/machine/managed-domain.ts';
import type { DomainConfig } from '../../lib/machine/operations.ts';
import { itReachesEveryCellOf } from '../device/cells.ts';
import { TestClock } from '../device/clock.ts';

type Gated = 'replay' | 'release' | 'resume' | 'lifeEnded';

/** Work by its name. With a gate it ends when the test says so, otherwise at once. */
class Gates {
  readonly begun: string[] = [];
  readonly #gates = new Map<string, Promise<void>>();

  close(name: Gated): { open(): void; fail(error: Error): void } {
    let [open, fail] = [() => {}, (_: Error) => {}];
    const gate = new Promise<void>((resolve, reject) => {
      [open, fail] = [resolve, reject];
    });
    gate.catch(() => {});
    this.#gates.set(name, gate);
    return { open, fail };
  }

  pass(name: string): Promise<void> {
    this.begun.push(name);
    const gate = this.#gates.get(name) ?? Promise.resolve();
    this.#gates.delete(name);
    return gate;
  }
}

class FakeLink extends EventEmitter {
  readonly domid: number;
  readonly console = new EventEmitter();
  readonly #questions = new Map<string, () => Promise<unknown>>();
  readonly controlSocket: object;
  readonly #gates: Gates;
  #isClosed = false;

  constructor(domid: number, gates: Gates) {
    super();
    this.domid = domid;
    this.#gates = gates;
    this.controlSocket = {
      answer: (name: string, answer: () => Promise<unknown>) => this.#questions.set(name, answer),
      ask: (name: string) => gates.pass(name),
    };
  }

  shutdown(reason: string): Promise<void> {
    return this.#gates.pass(reason);
  }

  /** The guest reports that it is at rest. */
  rest(): Promise<unknown> {
    return this.#questions.get('suspended')!();
  }

  /** Its guest's end of the socket closes. */
  hangUp(): void {
    if (!this.#isClosed) this.emit('close');
    this.#isClosed = true;
  }

  async close(): Promise<void> {
    this.#gates.begun.push('close');
    this.hangUp();
  }
}

/** One domain, and its reports. */
class World {
  readonly clock = new TestClock();
  readonly gates = new Gates();
  readonly reports: string[] = [];
  readonly domain: ManagedDomain;
  readonly pids = new Set<number>();
  link!: FakeLink;
  /** A child of its process holds the socket, which otherwise closes with the process. */
  isSocketHeld = false;
  created: Promise<void> = Promise.resolve();

  constructor(config: Partial<DomainConfig> = {}) {
    const devices = {
      replay: () => this.gates.pass('replay'),
      release: () => this.gates.pass('release'),
      lifeEnded: () => this.gates.pass('lifeEnded'),
      connected: () => this.gates.pass('connected'),
      domainGone: () => this.gates.begun.push('domainGone'),
    };
    this.domain = new ManagedDomain(resolveConfig({ name: 'web', restart: 'never', ...config }), {
      controller: 'lab',
      clock: this.clock,
      devices: devices as unknown as DomainDevices,
      command: ['sleep', '60'],
    });
    this.domain.on('state', (state) => this.reports.push(state));
    this.domain.on('state', (state) => {
      if (state === 'dying' && !this.isSocketHeld) setImmediate(() => this.link.hangUp());
    });
    this.domain.on('ended', ({ how }) => this.reports.push(how));
    this.domain.on('gone', () => this.reports.push('gone'));
    worlds.push(this);
  }

  create(): void {
    this.created = this.domain.create();
    // Only some tests check this rejection.
    this.created.catch(() => {});
  }

  async spawned(): Promise<void> {
    while (this.domain.pid === undefined) await turn();
    this.pids.add(this.domain.pid);
  }

  async connect(domid = 1): Promise<void> {
    await this.spawned();
    this.link = new FakeLink(domid, this.gates);
    this.domain.connected(this.link as unknown as Domain);
  }

  async run(): Promise<void> {
    this.create();
    await this.connect();
    await this.created;
  }

  kill(): void {
    process.kill(this.domain.pid!, 'SIGKILL');
  }

  ended(): Promise<unknown> {
    return new Promise((resolve) => this.domain.once('ended', resolve));
  }

  /** Drops the work and the reports so far. */
  clearRecord(): void {
    this.gates.begun.length = 0;
    this.reports.length = 0;
  }
}

const worlds: World[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const world of worlds.splice(0)) {
    await world.domain.destroy();
    expect([...world.pids].filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  }
});

const ignore = () => {};
const refused = { code: 'ERR_CTRL_IF_DOMAIN_STATE' };

/** The way of a new domain to each state. */
const BRING: { readonly [S in LifecycleState]: (world: World) => unknown } = {
  NEW: () => {},
  STARTING: (world) => world.create(),
  ABORTED: (world) => {
    world.create();
    void world.domain.destroy();
  },
  RUNNING: (world) => world.run(),
  RESTING: async (world) => {
    await world.run();
    const gate = world.gates.close('release');
    openLater(world, gate.open);
    void world.link.rest();
  },
  SUSPENDING: async (world) => {
    await world.run();
    world.domain.shutdown({ reason: 'suspend' }).catch(ignore);
  },
  ENDING: async (world) => {
    await world.run();
    void world.domain.shutdown({ reason: 'poweroff' });
  },
  SUSPENDED: async (world) => {
    await world.run();
    await world.link.rest();
  },
  RESUMING: async (world) => {
    await world.run();
    await world.link.rest();
    const gate = world.gates.close('resume');
    openLater(world, gate.open);
    world.domain.resume().catch(ignore);
    await turn();
  },
  DYING: async (world) => {
    await world.run();
    world.link.hangUp();
  },
  DESTROYED: async (world) => {
    await world.run();
    void world.domain.destroy();
  },
  WAITING: async (world) => {
    await world.run();
    const ended = world.ended();
    world.kill();
    await ended;
  },
  GONE: async (world) => {
    await world.run();
    await world.domain.destroy();
  },
};

/** Calls `open` at the end of the domain's life, which must not wait for the gate. */
function openLater({ domain }: World, open: () => void): void {
  domain.once('ended', open);
}

async function bring(state: LifecycleState): Promise<World> {
  const world = new World(state === 'WAITING' ? { restart: 'always' } : {});
  await BRING[state](world);
  expect(world.domain.state).toBe(LIFECYCLE_STATES[state][0]);
  return world;
}

const STATES = Object.keys(LIFECYCLE_STATES) as LifecycleState[];
const CONNECTED = ['RUNNING', 'RESTING', 'SUSPENDING', 'ENDING', 'SUSPENDED', 'RESUMING'] as const;

describe.each(STATES)('a domain that is %s', (state) => {
  it('is refused a shutdown unless it runs, and a resume unless it is suspended', async () => {
    const { domain } = await bring(state);
    const isRunning = domain.state === 'running';
    for (const reason of isRunning ? [] : (['poweroff', 'reboot', 'suspend'] as const)) {
      await expect(domain.shutdown({ reason })).rejects.toMatchObject({ ...refused, expected: 'running' });
    }
    if (domain.state !== 'suspended') {
      await expect(domain.resume()).rejects.toMatchObject({ ...refused, expected: 'suspended' });
    }
  });

  it('is gone when it is destroyed, during any work', async () => {
    const world = await bring(state);
    const [first, second] = await Promise.all([world.domain.destroy(), world.domain.destroy()]);
    expect(first).toMatchObject({ name: 'web', how: 'destroyed' });
    expect(second).toBe(first);
    expect(world.reports.filter((word) => word === 'gone')).toEqual(['gone']);
    expect([world.domain.pid, world.domain.link, world.domain.token]).toEqual([undefined, undefined, undefined]);
    expect(world.gates.begun.filter((name) => name === 'domainGone')).toEqual(['domainGone']);
    expect(world.clock.waiting).toBe(0);
  });
});

describe.each(CONNECTED)('a domain that is %s', (state) => {
  it.each([
    ['its process', true],
    ['its link, and then its process', false],
  ])('has crashed when %s ends', async (_which, isProcess) => {
    const world = await bring(state);
    const ended = world.ended();
    world.clearRecord();
    if (isProcess) world.kill();
    else world.link.hangUp();
    while (world.domain.state !== 'dying') await turn();
    if (!isProcess) {
      expect(world.gates.begun).not.toContain('lifeEnded');
      world.kill();
    }
    expect(await ended).toMatchObject({ how: 'crash', signal: 'SIGKILL' });
    expect(world.reports).toEqual(['dying', 'crash', 'gone']);
    expect(world.gates.begun.filter((name) => name === 'lifeEnded' || name === 'domainGone')).toEqual([
      'lifeEnded',
      'domainGone',
    ]);
  });
});

describe('a start', () => {
  it('fails when the command cannot be run, without a restart', async () => {
    const world = new World({ command: ['/no/such/program'], restart: 'always' });
    world.create();
    await expect(world.created).rejects.toMatchObject({ code: 'ERR_CTRL_IF_COMMAND' });
    expect(world.reports).toEqual(['starting', 'crash', 'gone']);
  });

  it.each([
    ['before its process runs', false],
    ['when its process runs', true],
  ])('of a domain that is destroyed %s fails when that process ends', async (_when, isSpawned) => {
    const world = new World();
    world.create();
    if (isSpawned) await world.spawned();
    const end = await world.domain.destroy();
    expect(end).toEqual({ name: 'web', how: 'destroyed', exitCode: null, signal: null });
    await expect(world.created).rejects.toMatchObject({ ...refused, received: 'destroyed' });
    expect(world.reports).toEqual(['starting', 'destroyed', 'gone']);
  });

  it('of a domain that is destroyed but still connects fails when its link ends', async () => {
    const world = new World();
    world.create();
    await world.spawned();
    const destroyed = world.domain.destroy();
    await world.connect();
    expect(await destroyed).toMatchObject({ how: 'destroyed', signal: 'SIGKILL' });
    expect(world.reports).toEqual(['starting', 'dying', 'destroyed', 'gone']);
    expect(world.gates.begun).toContain('lifeEnded');
  });

  it('after an earlier life has a new process, link and token', async () => {
    const world = await bring('WAITING');
    const { started } = world.domain;
    world.clearRecord();
    world.clock.pass(20_000_000);
    expect([world.domain.state, world.domain.restarts, world.reports]).toEqual(['starting', 1, ['starting']]);
    await world.connect(2);
    expect([world.domain.state, world.domain.link?.domid, world.domain.token]).toEqual(['running', 2, undefined]);
    expect(world.domain.started).toBeGreaterThanOrEqual(started!);
    while (!world.gates.begun.includes('replay')) await turn();
    expect(world.reports).toEqual(['starting', 'running']);
  });

  it('after an earlier life is tried again when it fails', async () => {
    const world = await bring('WAITING');
    world.clearRecord();
    world.clock.pass(20_000_000);
    await world.spawned();
    const ended = world.ended();
    world.kill();
    expect(await ended).toMatchObject({ how: 'crash', lastWords: expect.stringContaining('before it connected') });
    expect(world.reports).toEqual(['starting', 'waiting', 'crash']);
    world.clock.pass(20_000_000);
    expect([world.domain.state, world.domain.restarts]).toEqual(['starting', 2]);
  });

  it('reports devices that could not be attached again, and the domain runs', async () => {
    const world = await bring('WAITING');
    const lacking = new Promise((resolve) => world.domain.once('lacking', resolve));
    world.gates.close('replay').fail(new Error('no such disk'));
    world.clock.pass(20_000_000);
    await world.connect(2);
    expect(await lacking).toMatchObject({ message: 'no such disk' });
    expect(world.domain.state).toBe('running');
  });
});

describe('a suspend', () => {
  it('ends when the guest is at rest and the devices are released', async () => {
    const world = await bring('RUNNING');
    world.clearRecord();
    const suspended = world.domain.shutdown({ reason: 'suspend', timeout: 5 });
    expect([world.domain.state, world.gates.begun]).toEqual(['shutting-down', ['suspend']]);
    const gate = world.gates.close('release');
    const answered = world.link.rest();
    // The deadline is for the guest, not for the backends.
    expect([world.gates.begun, world.clock.waiting]).toEqual([['suspend', 'release'], 0]);
    gate.open();
    await answered;
    expect(await suspended).toEqual({ name: 'web', how: 'suspend' });
    expect(world.reports).toEqual(['shutting-down', 'suspended']);
  });

  it('that the guest does not follow in time fails, and the domain continues to run', async () => {
    const world = await bring('RUNNING');
    world.clearRecord();
    const suspended = world.domain.shutdown({ reason: 'suspend', timeout: 5 });
    const late = expect(suspended).rejects.toMatchObject({ code: 'ERR_CTRL_IF_TIMEOUT', subject: 'web' });
    world.clock.pass(5_000_000);
    await late;
    expect(world.reports).toEqual(['shutting-down', 'running']);
    // The guest may suspend later.
    await world.link.rest();
    expect(world.domain.state).toBe('suspended');
  });

  it.each([
    ['that was asked for', 'SUSPENDING'],
    ['of the guest itself', 'RUNNING'],
  ] as const)(
    '%s fails when a backend does not release a device, and the domain continues to run',
    async (_which, state) => {
      const world = await bring('RUNNING');
      const suspended = state === 'SUSPENDING' ? world.domain.shutdown({ reason: 'suspend' }) : undefined;
      world.gates.close('release').fail(new Error('busy'));
      const outcomes = await Promise.allSettled([world.link.rest(), ...(suspended ? [suspended] : [])]);
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'busy' } });
      expect(world.domain.state).toBe('running');
    },
  );

  it('that is requested while the guest suspends by itself ends with that suspend', async () => {
    const world = await bring('RUNNING');
    const gate = world.gates.close('release');
    const answered = world.link.rest();
    const suspended = world.domain.shutdown({ reason: 'suspend', timeout: 5 });
    gate.open();
    await answered;
    expect(await suspended).toMatchObject({ how: 'suspend' });
    expect([world.domain.state, world.clock.waiting]).toEqual(['suspended', 0]);
  });
});

describe('a suspend that is requested while the guest suspends by itself', () => {
  it('fails at its deadline, and the domain is suspended when its devices are released', async () => {
    const world = await bring('RUNNING');
    world.clearRecord();
    const gate = world.gates.close('release');
    const answered = world.link.rest();
    const suspended = world.domain.shutdown({ reason: 'suspend', timeout: 5 });
    const late = expect(suspended).rejects.toMatchObject({ code: 'ERR_CTRL_IF_TIMEOUT' });
    world.clock.pass(5_000_000);
    await late;
    gate.open();
    await answered;
    expect(world.reports).toEqual(['shutting-down', 'running', 'suspended']);
  });
});

describe('a resume', () => {
  it('attaches the devices before the guest continues, and a second resume waits for the first', async () => {
    const world = await bring('SUSPENDED');
    world.clearRecord();
    const gate = world.gates.close('replay');
    const resumed = Promise.all([world.domain.resume(), world.domain.resume()]);
    expect(world.gates.begun).toEqual(['replay']);
    gate.open();
    await resumed;
    expect(world.gates.begun).toEqual(['replay', 'resume', 'connected', 'connected']);
    expect(world.reports).toEqual(['running']);
  });

  it('fails when a device cannot be attached, and may be repeated', async () => {
    const world = await bring('SUSPENDED');
    world.clearRecord();
    world.gates.close('replay').fail(new Error('no such disk'));
    await expect(world.domain.resume()).rejects.toThrow('no such disk');
    expect([world.domain.state, world.gates.begun, world.reports]).toEqual(['suspended', ['replay', 'release'], []]);
    await world.domain.resume();
    expect(world.domain.state).toBe('running');
  });

  it('of a guest that is at rest again at once leaves it suspended', async () => {
    const world = await bring('SUSPENDED');
    world.clearRecord();
    const gate = world.gates.close('resume');
    const resumed = world.domain.resume();
    while (!world.gates.begun.includes('resume')) await turn();
    const answered = world.link.rest();
    gate.open();
    await Promise.all([resumed, answered]);
    expect([world.domain.state, world.reports]).toEqual(['suspended', ['running', 'suspended']]);
  });
});

describe('a shutdown', () => {
  it('of a guest that has just come to rest is followed when it resumes', async () => {
    const world = await bring('RUNNING');
    world.clearRecord();
    const gate = world.gates.close('release');
    const answered = world.link.rest();
    void world.domain.shutdown({ reason: 'poweroff' });
    gate.open();
    await answered;
    expect([world.domain.state, world.gates.begun]).toEqual(['shutting-down', ['release', 'poweroff', 'resume']]);
    world.clearRecord();
    await world.link.rest();
    expect(world.gates.begun).toEqual(['resume']);
  });

  it('that is not followed in time destroys the domain, also when its link has ended already', async () => {
    for (const isClosed of [false, true]) {
      const world = new World({ restart: 'always' });
      await world.run();
      const over = world.domain.shutdown({ reason: 'poweroff', timeout: 5 });
      if (isClosed) world.link.hangUp();
      world.clock.pass(5_000_000);
      expect(await over).toMatchObject({ how: 'destroyed', signal: 'SIGKILL' });
      expect(world.reports).toEqual(['starting', 'running', 'shutting-down', 'dying', 'destroyed', 'gone']);
    }
  });

  it('without a deadline waits for ever', async () => {
    const world = await bring('RUNNING');
    void world.domain.shutdown({ reason: 'reboot', timeout: 0 });
    expect([world.domain.state, world.clock.waiting]).toEqual(['shutting-down', 0]);
  });
});

it('a process that outlives its link is killed after 5 s', async () => {
  const world = await bring('RUNNING');
  const ended = world.ended();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  world.link.hangUp();
  vi.advanceTimersByTime(4999);
  await turn();
  expect(existsSync(`/proc/${world.domain.pid}`)).toBe(true);
  vi.advanceTimersByTime(1);
  vi.useRealTimers();
  expect(await ended).toMatchObject({ how: 'crash', signal: 'SIGKILL' });
});

describe('a process that ends before its socket closes', () => {
  it('leaves the link open until the socket closes, so that callers learn that the domain died', async () => {
    const world = await bring('RUNNING');
    world.isSocketHeld = true;
    const ended = world.ended();
    world.kill();
    while (world.domain.state !== 'dying') await turn();
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(world.gates.begun).not.toContain('close');
    world.link.hangUp();
    await ended;
    expect(world.gates.begun.slice(-3)).toEqual(['close', 'lifeEnded', 'domainGone']);
  });

  it('has its socket awaited for at most 1 s, because a child may hold it open', async () => {
    const world = await bring('RUNNING');
    world.isSocketHeld = true;
    const ended = world.ended();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    world.kill();
    while (world.domain.state !== 'dying') await turn();
    vi.advanceTimersByTime(999);
    await turn();
    expect(world.gates.begun).not.toContain('close');
    vi.advanceTimersByTime(1);
    expect(await ended).toMatchObject({ how: 'crash', signal: 'SIGKILL' });
  });
});

it('a domain that is destroyed while its last life is cleared away is not started again', async () => {
  const world = new World({ restart: 'always' });
  await world.run();
  const gate = world.gates.close('lifeEnded');
  world.kill();
  while (!world.gates.begun.includes('lifeEnded')) await turn();
  const destroyed = world.domain.destroy();
  gate.open();
  expect(await destroyed).toMatchObject({ how: 'destroyed' });
  expect(world.reports).toEqual(['starting', 'running', 'dying', 'destroyed', 'gone']);
});

describe('the table of a domain', () => {
  it('is what docs/domains.md shows', () => {
    const written = readFileSync(new URL('../../docs/domains.md', import.meta.url), 'utf8');
    // When this fails: npm run docs:render
    expect(written).toBe(domainsDocument());
  });

  it('leads from the first state to every other', () => {
    const reached = new Set<LifecycleState>(['NEW']);
    for (const state of reached)
      for (const event of DOMAIN.events) reached.add(cellOf(DOMAIN, state, event).next ?? state);
    expect([...reached].sort()).toEqual([...STATES].sort());
  });

  it.each(STATES)('ignores in %s the events that the state does not list', (state) => {
    const unexpected = () => expect.unreachable();
    const row: Row<LifecycleState, string, string, string> = DOMAIN.cells[state];
    for (const event of DOMAIN.events.filter((name: LifecycleEvent) => !(name in row))) {
      const actions = new Proxy({}, { get: () => unexpected }) as never;
      const machine = new SyncStateMachine({ ...DOMAIN, initial: state }, { do: actions, emit: unexpected });
      machine.fire(event, undefined);
      expect(machine.state).toBe(state);
    }
  });
});

itReachesEveryCellOf(DOMAIN);
