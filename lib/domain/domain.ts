import { CtrlIfError } from '../errors.ts';
import type { MemoryStatus } from '../memory/memory-status.ts';
import { checkKeys } from '../unknown-key.ts';
import type { MessageOf } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { Endpoint, type EndpointParts } from './endpoint.ts';
import { noMemory } from './guest-memory.ts';
import { MemoryWatch, type ResizeMemoryOptions } from './memory-watch.ts';

export type ShutdownReason = 'poweroff' | 'reboot' | 'suspend';

const SHUTDOWN_MESSAGES = {
  poweroff: 'SHUTDOWN_POWEROFF',
  reboot: 'SHUTDOWN_REBOOT',
  suspend: 'SHUTDOWN_SUSPEND',
} as const;

/** What a domain is made of. */
export interface DomainParts<User extends MessageDefinition> extends EndpointParts<User> {
  pid: number;
  token: string | undefined;
  /** Whether its page is frame 0 of a memory. */
  hasMemory: boolean;
}

/** A guest as its controller sees it. */
export class Domain<User extends MessageDefinition = never> extends Endpoint<User, 'controller'> {
  /** The guest's process. */
  readonly pid: number;
  /** @internal What the guest says that it was given to be known by. */
  readonly token: string | undefined;
  readonly #memory: MemoryWatch | undefined;

  /** @internal Domains are made by the controller. */
  constructor({ pid, token, hasMemory, ...parts }: DomainParts<User>) {
    super({ ...parts, role: 'controller' });
    this.pid = pid;
    this.token = token;
    if (hasMemory) this.#memory = new MemoryWatch(this.domid, parts.page, this.controlSocket);
  }

  /**
   * How large the guest's memory is and is to be, in frames of 4 KiB, as its page says now; undefined for a guest that was
   * connected without, and when it is gone.
   */
  get memory(): MemoryStatus | undefined {
    return this.#memory?.status;
  }

  /**
   * Asks the guest to power off, reboot or suspend. Resolves with its acknowledgement, which comes before anything
   * happens and is the same whether or not anything will (PROTOCOL.md 2.13).
   */
  async shutdown(reason: ShutdownReason): Promise<void> {
    await this.#seed.request({ name: SHUTDOWN_MESSAGES[reason] });
  }

  /** Presses a magic SysRq key, one character, in the guest. */
  async sysrq(key: string): Promise<void> {
    await this.#seed.request({ name: 'SHUTDOWN_SYSRQ', key });
  }

  /**
   * Sets the guest's memory target in 4 KiB pages. The response says that it was understood, not that it is done
   * (PROTOCOL.md 2.14), for which {@link memory} is to be looked at, or {@link resizeMemory} to be awaited.
   */
  setMemoryTarget(pages: number): Promise<MessageOf<'MEM_REQUEST_SET'>> {
    return this.#seed.request({ name: 'MEM_REQUEST_SET', target: pages });
  }

  /**
   * As {@link setMemoryTarget}, and waits until the guest has that many frames. Rejects with how many it has, and why:
   *
   * @throws CtrlIfError `ERR_CTRL_IF_MEMORY_TARGET` (over its maximum, or refused by a receiver of the guest's own),
   *   `_MEMORY_IN_USE`, `_PAGE_NO_SPACE`, `_PAGE_SYSTEM`, `_MEMORY_SUPERSEDED` by another target, `_NO_MEMORY`, `_ABORTED`
   *   and `_TIMEOUT`, after which the guest goes on, or why the link has ended
   */
  async resizeMemory(frames: number, options: ResizeMemoryOptions = {}): Promise<MemoryStatus> {
    const watch = this.#memory;
    if (!watch) throw noMemory(`domain ${this.domid}`, this.domid);
    checkKeys('the options of resizeMemory', options, ['signal', 'timeout', 'onProgress']);
    const { signal, timeout } = options;
    const start = performance.now();
    const { status } = await this.#seed.request(
      { name: 'MEM_REQUEST_SET', target: frames },
      { ...(signal && { signal }), ...(timeout !== undefined && { timeout }) },
    );
    if (status !== 0) throw refusedTarget(this.domid, frames, status);
    const left = timeout === undefined ? {} : { timeout: Math.max(0, timeout - (performance.now() - start)) };
    return watch.until(frames, { ...options, ...left });
  }

  protected override ended(error: CtrlIfError | undefined): void {
    this.#memory?.end(error ?? closedWhileResizing(this.domid));
  }

  /** Turns a VCPU on or off. Resolves to whether the guest took the order: status 1 is yes (PROTOCOL.md 2.15). */
  async setVcpu(vcpu: number, state: 'on' | 'off'): Promise<boolean> {
    const name = state === 'on' ? 'VCPU_HOTPLUG_ON' : 'VCPU_HOTPLUG_OFF';
    return (await this.#seed.request({ name, vcpu })).status === 1;
  }

  /** The seed's messages, for which it does not matter what the user has defined beside them. */
  get #seed(): Endpoint {
    return this as unknown as Endpoint;
  }
}

function refusedTarget(domid: number, frames: number, status: number): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_MEMORY_TARGET',
    `domain ${domid} refused a memory target of ${frames} frames (status ${status}, expected 0); its receiver of MEM_REQUEST_SET knows why`,
    { domid, expected: 'status 0', received: status },
  );
}

function closedWhileResizing(domid: number): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_CLOSED',
    `the link to domain ${domid} was closed before its memory had been resized; nothing more will be heard of it`,
    { domid },
  );
}
