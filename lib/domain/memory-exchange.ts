import { setTimeout as delay } from 'node:timers/promises';
import { CtrlIfError } from '../errors.ts';
import type { SegmentAddress } from '../page/foreign-segment.ts';
import { isAlive, type ProcessIdentity } from '../page/process-identity.ts';
import type { ControlSocket } from './control-socket.ts';
import type { AnswerOf } from './questions.ts';

/** A domain, as far as its memory is concerned. */
export interface MemoryMember {
  readonly identity: ProcessIdentity;
  /** Where its memory is; undefined for a guest that has a control page alone. */
  readonly memory: SegmentAddress | undefined;
  readonly controlSocket: ControlSocket<'controller'>;
}

/** How long a killed process is waited for: its socket closes a moment before the system calls it dead. In milliseconds. */
const LAST_MOMENT = 500;

/** The controller's knowledge of which domain's memory is where. Frames and grants never pass here. */
export class MemoryExchange {
  readonly #members = new Map<number, MemoryMember>();
  /** For each domain, those that asked for its memory, and are told when it is gone. */
  readonly #askers = new Map<number, Set<number>>();
  /** Those whose link broke before their process ended. */
  readonly #unlinked = new Map<number, ProcessIdentity>();

  /** Answers what `domid` asks over its socket. */
  join(domid: number, member: MemoryMember): void {
    this.#unlinked.delete(domid);
    this.#members.set(domid, member);
    member.controlSocket.answer('domain-memory', ({ domid: owner }) => this.#memoryOf(owner, domid));
    member.controlSocket.answer('domain-presence', (question) => this.presence(question.domid));
  }

  /** @param how `closed`: in order, and a guest that does so has unmapped everything before */
  leave(domid: number, how: 'closed' | 'died'): void {
    const member = this.#members.get(domid);
    if (!this.#members.delete(domid)) return;
    for (const [each, identity] of this.#unlinked) if (!isAlive(identity)) this.#unlinked.delete(each);
    if (how === 'died' && isAlive(member!.identity)) this.#unlinked.set(domid, member!.identity);
    for (const asker of this.#askers.get(domid) ?? []) {
      // One that does not answer is about to be known as dead.
      this.#members
        .get(asker)
        ?.controlSocket.ask('domain-gone', { domid })
        .catch(() => {});
    }
    this.#askers.delete(domid);
  }

  /** A domain whose link has ended and whose process has not may still hold what it had mapped. */
  async presence(domid: number): Promise<AnswerOf<'domain-presence'>> {
    const member = this.#members.get(domid);
    if (member) return { presence: 'connected', pid: member.identity.pid };
    const identity = this.#unlinked.get(domid);
    if (!identity) return { presence: 'gone' };
    // Nothing tells of the end of a process that is not one's child, so it is looked for.
    for (const end = performance.now() + LAST_MOMENT; isAlive(identity); await delay(5)) {
      if (performance.now() > end) return { presence: 'unlinked', pid: identity.pid };
    }
    this.#unlinked.delete(domid);
    return { presence: 'gone' };
  }

  #memoryOf(owner: number, asker: number): SegmentAddress {
    const member = this.#members.get(owner);
    if (!member?.memory) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_DOMAIN',
        member
          ? `domain ${owner} has no memory beside its control page; connect it with the memory option`
          : `there is no domain ${owner}; name one that is connected`,
        { domid: owner },
      );
    }
    const askers = this.#askers.get(owner) ?? new Set();
    this.#askers.set(owner, askers.add(asker));
    return member.memory;
  }
}
