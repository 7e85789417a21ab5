/** The port registry against a model that predicts each step from the states before it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTROLLER_DOMID, checkPort, PortRegistry, type PortState } from '../../lib/event-channel/registry.ts';
import { codeOf } from '../support/code-of.ts';
import { expectError } from '../support/expect-error.ts';

const DOMIDS = [0, 1, 2, 3];
const domid = fc.constantFrom(...DOMIDS);
// Few ports, so that steps often concern the same one; domain 9 does not exist.
const port = fc.integer({ min: 2, max: 9 });

type Step =
  | { do: 'add' | 'remove'; domid: number }
  | { do: 'allocate'; domid: number; remote: number }
  | { do: 'bind'; domid: number; remote: number; port: number }
  | { do: 'close'; domid: number; port: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('add' as const, 'remove' as const), domid }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('allocate' as const), domid, remote: domid }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('bind' as const), domid, remote: domid, port }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), domid, port }) },
);

/** A registry, and the test's own list of domains. */
class Books {
  readonly registry = new PortRegistry();
  readonly there = new Set<number>();

  get open(): { domid: number; port: number; state: PortState }[] {
    return [...this.there].flatMap((domid) =>
      Array.from({ length: 30 }, (_, i) => ({ domid, port: i + 2, state: this.registry.status(domid, i + 2) })).filter(
        ({ state }) => state.state !== 'free',
      ),
    );
  }

  /** Takes the step and checks it. Returns before a step that the exchange would not take. */
  take(step: Step): void {
    const before = this.open;
    const unknown = [step.domid, ...('remote' in step ? [step.remote] : [])].some((domid) => !this.there.has(domid));
    const stateOf = (domid: number, port: number) =>
      before.find((end) => end.domid === domid && end.port === port)?.state;
    switch (step.do) {
      case 'add':
        if (this.there.has(step.domid)) return;
        this.registry.addDomain(step.domid);
        this.there.add(step.domid);
        return;
      case 'remove': {
        const told = this.registry.removeDomain(step.domid);
        this.there.delete(step.domid);
        const others = before.filter(({ state }) => state.state === 'interdomain' && state.remote === step.domid);
        const bereft = others.filter((end) => end.domid !== step.domid);
        expect(told.filter((end) => end.domid !== step.domid)).toHaveLength(bereft.length);
        for (const end of bereft) {
          expect(told).toContainEqual({ domid: end.domid, port: end.port });
          expect(this.registry.status(end.domid, end.port)).toEqual({ state: 'unbound', remote: step.domid });
        }
        return;
      }
      case 'allocate': {
        if (unknown) {
          expect(codeOf(() => this.registry.allocate(step.domid, step.remote))).toBe('ERR_CTRL_IF_DOMAIN');
          return;
        }
        const port = this.registry.allocate(step.domid, step.remote);
        expect(stateOf(step.domid, port)).toBeUndefined();
        expect(this.registry.status(step.domid, port)).toEqual({ state: 'unbound', remote: step.remote });
        return;
      }
      case 'bind': {
        const other = stateOf(step.remote, step.port);
        const bind = () => this.registry.bind(step.domid, step.remote, step.port);
        if (unknown) expect(codeOf(bind)).toBe('ERR_CTRL_IF_DOMAIN');
        else if (other?.state !== 'unbound') expect(codeOf(bind)).toBe('ERR_CTRL_IF_PORT_NOT_BOUND');
        else if (other.remote !== step.domid) expect(codeOf(bind)).toBe('ERR_CTRL_IF_PORT_OWNER');
        else {
          const port = bind();
          expect(stateOf(step.domid, port)).toBeUndefined();
          const bound = { state: 'interdomain', remote: step.remote, remotePort: step.port };
          expect(this.registry.status(step.domid, port)).toEqual(bound);
        }
        return;
      }
      case 'close': {
        const closed = stateOf(step.domid, step.port);
        const close = () => this.registry.close(step.domid, step.port);
        if (unknown) expect(codeOf(close)).toBe('ERR_CTRL_IF_DOMAIN');
        else if (!closed) expect(codeOf(close)).toBe('ERR_CTRL_IF_PORT_NOT_BOUND');
        else {
          const other = close();
          expect(this.registry.status(step.domid, step.port)).toEqual({ state: 'free' });
          if (closed.state !== 'interdomain') expect(other).toBeUndefined();
          else expect(other).toEqual({ domid: closed.remote, port: closed.remotePort });
        }
      }
    }
  }

  /** Each bound port is bound to a port that is bound to it, so no port has two peers. */
  check(): void {
    for (const { domid, port, state } of this.open) {
      if (state.state !== 'interdomain') continue;
      expect(this.registry.status(state.remote, state.remotePort)).toEqual({
        state: 'interdomain',
        remote: domid,
        remotePort: port,
      });
    }
  }
}

describe('the registry', () => {
  it('keeps both ends of each channel consistent, for any calls in any order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const books = new Books();
        for (const domid of [0, 1, 2]) books.take({ do: 'add', domid });
        for (const step of steps) {
          books.take(step);
          books.check();
        }
      }),
      { numRuns: 300 },
    );
  });

  it('allocates 4,094 ports, refuses one more, and allocates a closed one again', () => {
    const registry = new PortRegistry();
    registry.addDomain(0);
    registry.addDomain(7);
    const ports = Array.from({ length: 4094 }, () => registry.allocate(7, 0));
    expect(new Set(ports).size).toBe(4094);
    expect([Math.min(...ports), Math.max(...ports)]).toEqual([2, 4095]);
    const error = expectError('ERR_CTRL_IF_PORT_NONE_FREE', 'domain 7', () => registry.allocate(7, 0));
    expect(error.domid).toBe(7);
    registry.close(7, 3000);
    expect(registry.allocate(7, 0)).toBe(3000);
  });

  it('has a port of the controller for each control interface, whose other end is no channel', () => {
    const registry = new PortRegistry();
    for (const domid of [CONTROLLER_DOMID, 1, 2]) registry.addDomain(domid);
    const ports = [registry.allocateControl(1), registry.allocateControl(2)];
    expect(ports[0]).not.toBe(ports[1]);
    expect(registry.status(CONTROLLER_DOMID, ports[0]!)).toEqual({ state: 'interdomain', remote: 1, remotePort: 1 });
    expect(registry.removeDomain(1)).toEqual([]);
    registry.close(CONTROLLER_DOMID, ports[0]!);
    expect(registry.status(CONTROLLER_DOMID, ports[0]!)).toEqual({ state: 'free' });
  });

  it('has both ends of a channel of a domain to itself', () => {
    const registry = new PortRegistry();
    registry.addDomain(5);
    const a = registry.allocate(5, 5);
    const b = registry.bind(5, 5, a);
    expect(registry.close(5, a)).toEqual({ domid: 5, port: b });
    expect(registry.status(5, b)).toEqual({ state: 'unbound', remote: 5 });
    expect(registry.bind(5, 5, b)).toBe(a);
    expect(() => registry.removeDomain(5)).not.toThrow();
  });

  it('refuses every value that is no port', () => {
    const registry = new PortRegistry();
    registry.addDomain(0);
    for (const wrong of [0, 1, 4096, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY, '2', null, 2n]) {
      for (const ask of [
        () => checkPort(wrong as number),
        () => registry.status(0, wrong as number),
        () => registry.close(0, wrong as number),
        () => registry.bind(0, 0, wrong as number),
      ]) {
        expectError('ERR_CTRL_IF_PORT_RANGE', '2 to 4095', ask);
      }
    }
  });
});
