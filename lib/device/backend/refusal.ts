import { constants } from 'node:os';
import { CtrlIfError } from '../../errors.ts';
import type { FrameMapper, MappedFrame } from '../context.ts';
import type { BackendStatus } from '../wire.ts';

/** Thrown by a backend's action. The request is answered with this status, and the state stays. */
export class Refusal extends Error {
  readonly status: BackendStatus;

  constructor(status: BackendStatus, cause?: unknown) {
    super(`refused: ${status}`, { cause });
    this.status = status;
  }
}

const { ENOMEM, ENOSPC } = constants.errno;

/** The status for a frame that could not be mapped: no memory, a bad frame, or another error. */
function mapStatus(error: unknown): BackendStatus {
  // Node's own errors have a negative errno.
  const errno = Math.abs((error as NodeJS.ErrnoException)?.errno ?? 0);
  if (errno === ENOMEM || errno === ENOSPC) return 'OUT_OF_MEMORY';
  return error instanceof CtrlIfError ? 'MAPPING_ERROR' : 'ERROR';
}

/**
 * Maps all frames of one CONNECT, or none.
 *
 * @throws Refusal OUT_OF_MEMORY or MAPPING_ERROR when every failure has that status, otherwise ERROR (PROTOCOL.md 2.3, 2.6)
 */
export async function mapFrames(mapper: FrameMapper, domid: number, frames: readonly bigint[]): Promise<MappedFrame[]> {
  // One frame at a time: a mapper need not support concurrent calls.
  const mapped: MappedFrame[] = [];
  const failures: unknown[] = [];
  for (const frame of frames) {
    try {
      mapped.push(await mapper.map(domid, frameNumber(frame, domid)));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 0) return mapped;
  for (const frame of mapped) frame.unmap();
  const statuses = new Set(failures.map(mapStatus));
  throw new Refusal(statuses.size === 1 ? [...statuses][0]! : 'ERROR', failures[0]);
}

function frameNumber(frame: bigint, domid: number): number {
  if (frame <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(frame);
  throw new CtrlIfError(
    'ERR_CTRL_IF_FRAME',
    `domain ${domid} has no frame ${frame}; frame numbers are at most 2^53 - 1`,
    {
      domid,
      expected: 'a frame number of at most 2^53 - 1',
      received: frame,
    },
  );
}
