/** A controller that a test scripts, with ctrl-if's guests as its domains: three real processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Domain } from '../../lib/domain/domain.ts';
import { Controller } from '../../lib/index.ts';
import type { RequestOptions } from '../../lib/link/call.ts';
import type { AnyMessage } from '../../lib/link/codec.ts';
import { messageWords } from '../../lib/machine/message-words.ts';
import { seedCodec } from '../../lib/wire/index.ts';
import { SUBTYPE_OFFSET, TYPE_OFFSET } from '../../lib/wire/layout.ts';
import { SEED_MESSAGES } from '../../lib/wire/messages.ts';
import { printIfTestFails } from '../support/child-output.ts';
import { GUEST_COMMAND } from './machines.ts';

type Answer = (message: AnyMessage) => object | undefined | Promise<object | undefined>;

/** A domain's process, and its requests to the controller. */
export class ScriptedDomain {
  /** The messages from the domain and to it in their order, requests with their words. */
  readonly log: string[] = [];
  readonly domain: Domain;
  readonly process: ChildProcess;
  readonly #answers = new Map<string, Answer>();
  readonly #waiting: { name: string; resolve: (message: AnyMessage) => void }[] = [];

  constructor(domain: Domain, process: ChildProcess) {
    this.domain = domain;
    this.process = process;
    domain.observer = ({ flow, direction, bytes }) => {
      const definition = seedCodec.definitionOf(bytes[TYPE_OFFSET]!, bytes[SUBTYPE_OFFSET]!)!;
      if (definition.name === 'CONSOLE_DATA') return;
      const words = flow === 'request' ? messageWords(definition, flow, seedCodec.decode(bytes) as never) : 'answered';
      const word = /^[A-Z]+|^answered/.exec(words)?.[0];
      this.log.push(`${direction} ${definition.name}${word ? ` ${word}` : ''}`);
    };
    // The default answers are those of a controller without devices.
    for (const { name, direction } of SEED_MESSAGES) {
      if (direction === 'toGuest' || name === 'CONSOLE_DATA') continue;
      domain.receive(
        name as never,
        (async (message: AnyMessage) => {
          const index = this.#waiting.findIndex((waiting) => waiting.name === name);
          if (index >= 0) this.#waiting.splice(index, 1)[0]!.resolve(message);
          return this.#answers.get(name)?.(message);
        }) as never,
      );
    }
  }

  get domid(): number {
    return this.domain.domid;
  }

  /** The next message of that name. {@link answer} sets its answer. */
  next(name: string): Promise<AnyMessage> {
    return new Promise((resolve) => this.#waiting.push({ name, resolve }));
  }

  answer(name: string, answer: Answer): void {
    this.#answers.set(name, answer);
  }

  request(name: string, fields: object = {}, options: RequestOptions = {}): Promise<AnyMessage> {
    return this.domain.request({ name, ...fields } as never, options) as Promise<AnyMessage>;
  }
}

/** Call once at the top of a test file. Resolves with a driver domain and a guest whose drivers are UP. */
export function useScriptedDomains(): () => Promise<{
  controller: Controller;
  driver: ScriptedDomain;
  guest: ScriptedDomain;
}> {
  let directory: string;
  const controllers: Controller[] = [];
  const processes: ChildProcess[] = [];
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ctrl-if-scripted-'));
    process.env.CTRL_IF_RUNTIME_DIR = directory;
  });
  afterEach(async () => {
    for (const controller of controllers.splice(0)) await controller.close();
    for (const child of processes.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
  });
  afterAll(() => {
    delete process.env.CTRL_IF_RUNTIME_DIR;
    rmSync(directory, { recursive: true, force: true });
  });

  async function join_(controller: Controller, name: string, lastWord: string): Promise<ScriptedDomain> {
    const [command, ...args] = GUEST_COMMAND as [string, string];
    const domain = { name, frames: 2048, maximumFrames: 2048, vcpus: 2, driver: name === 'driver' };
    const child = spawn(command, args, {
      env: { ...process.env, CTRL_IF_NAME: controller.name, CTRL_IF_DOMAIN: JSON.stringify(domain) },
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    printIfTestFails(child);
    processes.push(child);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      controller.once('domain', (link) => {
        const scripted = new ScriptedDomain(link as unknown as Domain, child);
        // Frontends start one after the other. This is their last request.
        void scripted.next(lastWord).then(() => resolve(scripted));
      });
    });
  }

  return async () => {
    const controller = await Controller.listen({ name: 'lab', engine: 'native' });
    controllers.push(controller);
    const driver = await join_(controller, 'driver', 'USBIF_FE_INTERFACE_DISCONNECT');
    const guest = await join_(controller, 'guest', 'USBIF_FE_INTERFACE_DISCONNECT');
    expect([driver.domid, guest.domid]).toEqual([1, 2]);
    return { controller, driver, guest };
  };
}
