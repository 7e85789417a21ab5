import { setTimeout as delay } from 'node:timers/promises';
import { CtrlIfError } from '../errors.ts';
import type { SegmentAddress } from '../page/foreign-segment.ts';
import { isAlive, type ProcessIdentity } from '../page/process-identity.ts';
import type { ControlSocket } from './control-socket.ts';
import type { AnswerOf } from './questions.ts';

/** The process, memory and socket of a domain. */
export interface MemoryMember {
  readonly identity: ProcessIdentity;
  /** Where the memory is; undefined for a guest with the control page alone. */
  readonly memory: SegmentAddress | undefined;
  readonly controlSocket: ControlSocket<'controller'>;
}

/** The longest wait for the end of a killed process, in milliseconds. Its socket closes shortly before the process ends. */
const LAST_MOMENT = 500;

/** The controller's registry of the memories of all domains. Frames and grants do not pass through it. */
export class MemoryExchange {
  readonly #members = new Map<number, MemoryMember>();
  /** By domid, the domains that have asked for its memory. They get `domain-gone`. */
  readonly #askers = new Map<number, Set<number>>();
  /** The processes that still ran when their link ended, by domid. */
  readonly #unlinked = new Map<number, ProcessIdentity>();

  /** Adds a domain, and answers its questions about other domains. */
  join(domid: number, member: MemoryMember): void {
    this.#unlinked.delete(domid);
    this.#members.set(domid, member);
    member.controlSocket.answer('domain-memory', ({ domid: owner }) => this.#memoryOf(owner, domid));
    member.controlSocket.answer('domain-presence', (question) => this.presence(question.domid));
  }

  /** @param how `closed`: the guest has unmapped all frames and closed the link */
  leave(domid: number, how: 'closed' | 'died'): void {
    const member = this.#members.get(domid);
    if (!this.#members.delete(domid)) return;
    for (const [unlinked, identity] of this.#unlinked) if (!isAlive(identity)) this.#unlinked.delete(unlinked);
    if (how === 'died' && isAlive(member!.identity)) this.#unlinked.set(domid, member!.identity);
    for (const asker of this.#askers.get(domid) ?? []) {
      // A domain that does not answer has died, and its socket will report that.
      this.#members
        .get(asker)
        ?.controlSocket.ask('domain-gone', { domid })
        .catch(() => {});
    }
    this.#askers.delete(domid);
  }

  /** The state of a domain. A domain whose process runs without a link may still have frames mapped. */
  async presence(domid: number): Promise<AnswerOf<'domain-presence'>> {
    const member = this.#members.get(domid);
    if (member) return { presence: 'connected', pid: member.identity.pid };
    const identity = this.#unlinked.get(domid);
    if (!identity) return { presence: 'gone' };
    // The system does not report the end of a process that is no child, so this polls.
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
          ? `domain ${owner} has no memory except its control page; connect it with the memory option`
          : `there is no domain ${owner}; name one that is connected`,
        { domid: owner },
      );
    }
    const askers = this.#askers.get(owner) ?? new Set();
    this.#askers.set(owner, askers.add(asker));
    return member.memory;
  }
}
