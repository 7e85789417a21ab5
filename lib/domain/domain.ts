import { CtrlIfError } from '../errors.ts';
import type { MemoryStatus } from '../memory/memory-status.ts';
import { checkKeys } from '../unknown-key.ts';
import type { MessageOf } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { Endpoint, type EndpointParts } from './endpoint.ts';
import { noMemory } from './guest-memory.ts';
import { MemoryWatch, type ResizeMemoryOptions } from './memory-watch.ts';

/** The kinds of shutdown that a controller can ask for: `CMSG_SHUTDOWN_POWEROFF`, `_REBOOT` and `_SUSPEND` (PROTOCOL.md 2.13). */
export type ShutdownReason = 'poweroff' | 'reboot' | 'suspend';

const SHUTDOWN_MESSAGES = {
  poweroff: 'SHUTDOWN_POWEROFF',
  reboot: 'SHUTDOWN_REBOOT',
  suspend: 'SHUTDOWN_SUSPEND',
} as const;

/** The parts from which a {@link Domain} is made. */
export interface DomainParts<User extends MessageDefinition> extends EndpointParts<User> {
  pid: number;
  token: string | undefined;
  /** Whether the guest has a memory, of which its page is frame 0. */
  hasMemory: boolean;
}

/** The controller's end of the link to one guest. */
export class Domain<User extends MessageDefinition = never> extends Endpoint<User, 'controller'> {
  /** The pid of the guest's process. */
  readonly pid: number;
  /** @internal The token from the guest's announcement. */
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
   * The size and the target of the guest's memory, in frames of 4 KiB, read from the guest's page; undefined for a guest without a memory
   * and after the link's end.
   */
  get memory(): MemoryStatus | undefined {
    return this.#memory?.status;
  }

  /**
   * Asks the guest to power off, reboot or suspend. Resolves when the guest has acknowledged the message. The acknowledgement comes before
   * the shutdown and does not promise it (PROTOCOL.md 2.13).
   *
   * @throws CtrlIfError as {@link request} rejects
   */
  async shutdown(reason: ShutdownReason): Promise<void> {
    await this.#seed.request({ name: SHUTDOWN_MESSAGES[reason] });
  }

  /**
   * Sends a magic SysRq key to the guest (PROTOCOL.md 2.13).
   *
   * @param key one character, U+0000 to U+00FF
   * @throws CtrlIfError `ERR_CTRL_IF_VALUE` when `key` is none, or as {@link request} rejects
   */
  async sysrq(key: string): Promise<void> {
    await this.#seed.request({ name: 'SHUTDOWN_SYSRQ', key });
  }

  /**
   * Sets the target of the guest's memory, in frames of 4 KiB. The response says that the guest has understood, not that it has reached the
   * target (PROTOCOL.md 2.14). {@link memory} shows the progress, and {@link resizeMemory} waits for the target.
   *
   * @throws CtrlIfError as {@link request} rejects
   */
  setMemoryTarget(pages: number): Promise<MessageOf<'MEM_REQUEST_SET'>> {
    return this.#seed.request({ name: 'MEM_REQUEST_SET', target: pages });
  }

  /**
   * As {@link setMemoryTarget}, and waits until the guest has that many frames. The message of an error has the number of frames that the
   * guest has.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_MEMORY_TARGET` (over its maximum, or refused by a receiver of the guest's own),
   *   `_MEMORY_IN_USE`, `_PAGE_NO_SPACE`, `_PAGE_SYSTEM`, `_MEMORY_SUPERSEDED` by another target, `_NO_MEMORY`, `_ABORTED`
   *   and `_TIMEOUT`, after which the guest goes on, or the error that ended the link
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

  /** @internal */
  protected override ended(error: CtrlIfError | undefined): void {
    this.#memory?.end(error ?? closedWhileResizing(this.domid));
  }

  /**
   * Turns a VCPU on or off. Resolves with true when the guest accepts the request with status 1 (PROTOCOL.md 2.15).
   *
   * @throws CtrlIfError as {@link request} rejects
   */
  async setVcpu(vcpu: number, state: 'on' | 'off'): Promise<boolean> {
    const name = state === 'on' ? 'VCPU_HOTPLUG_ON' : 'VCPU_HOTPLUG_OFF';
    return (await this.#seed.request({ name, vcpu })).status === 1;
  }

  /** This domain with the seed's messages alone, whose types do not depend on the messages of the user. */
  get #seed(): Endpoint {
    return this as unknown as Endpoint;
  }
}

function refusedTarget(domid: number, frames: number, status: number): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_MEMORY_TARGET',
    `domain ${domid} refused a memory target of ${frames} frames (status ${status}, expected 0)`,
    { advice: 'check its receiver of MEM_REQUEST_SET', domid, expected: 'status 0', received: status },
  );
}

function closedWhileResizing(domid: number): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_CLOSED',
    `the link to domain ${domid} was closed before its memory had been resized`,
    { domid },
  );
}
