/** Errors over HTTP: a CtrlIfError becomes a status and a JSON body, and becomes a CtrlIfError again at the client. */
import { CtrlIfError, type CtrlIfErrorCode, type CtrlIfErrorDetails, withoutAdvice } from '../errors.ts';

/** The body of every error answer: the `status` of RFC 9457, and the error's code, message and details. */
export interface Problem extends Omit<CtrlIfErrorDetails, 'cause' | 'status'> {
  /** The HTTP status. */
  status: number;
  /** `CtrlIfError.status`: the status with which a backend refused. */
  deviceStatus?: string;
  code: CtrlIfErrorCode;
  message: string;
}

export const PROBLEM_TYPE = 'application/problem+json';
const FAILED = 500;

/** The HTTP status of each code. A code that is not listed is a failure of the machine itself: 500. */
const STATUSES: Partial<Record<CtrlIfErrorCode, number>> = {
  ERR_CTRL_IF_CONFIG: 400,
  ERR_CTRL_IF_REQUEST: 400,
  ERR_CTRL_IF_VALUE: 400,
  ERR_CTRL_IF_LENGTH: 400,
  ERR_CTRL_IF_NAME: 400,
  ERR_CTRL_IF_COMMAND: 400,
  ERR_CTRL_IF_VCPU: 400,
  ERR_CTRL_IF_UNKNOWN_MESSAGE: 400,
  ERR_CTRL_IF_DOMAIN: 404,
  ERR_CTRL_IF_DEVICE_NOT_FOUND: 404,
  ERR_CTRL_IF_NAME_IN_USE: 409,
  ERR_CTRL_IF_DOMAIN_EXISTS: 409,
  ERR_CTRL_IF_DOMAIN_STATE: 409,
  ERR_CTRL_IF_DEVICE_STATE: 409,
  ERR_CTRL_IF_DEVICE_REFUSED: 409,
  ERR_CTRL_IF_MEMORY_IN_USE: 409,
  ERR_CTRL_IF_MEMORY_SUPERSEDED: 409,
  ERR_CTRL_IF_MEMORY_TARGET: 409,
  ERR_CTRL_IF_NO_MEMORY: 409,
  ERR_CTRL_IF_RECEIVER_EXISTS: 409,
  ERR_CTRL_IF_ALREADY_ANSWERED: 409,
  ERR_CTRL_IF_ABORTED: 409,
  ERR_CTRL_IF_NOT_UNDERSTOOD: 502,
  ERR_CTRL_IF_PEER_PROTOCOL: 502,
  ERR_CTRL_IF_PEER_INDEX: 502,
  ERR_CTRL_IF_PEER_DIED: 502,
  ERR_CTRL_IF_PEER_CLOSED: 502,
  ERR_CTRL_IF_CLOSED: 503,
  ERR_CTRL_IF_TIMEOUT: 504,
  ERR_CTRL_IF_PAGE_NO_SPACE: 507,
  ERR_CTRL_IF_PORT_NONE_FREE: 507,
};

const DETAILS = [
  'advice',
  'field',
  'offset',
  'expected',
  'received',
  'domid',
  'port',
  'subject',
  'mistakes',
  'errno',
  'syscall',
] as const satisfies readonly Exclude<keyof CtrlIfErrorDetails, 'cause' | 'status'>[];

/** The body for `error`. `status` overrides the HTTP status of its code. */
export function toProblem(error: unknown, status?: number): Problem {
  if (!(error instanceof CtrlIfError)) {
    const sentence = error instanceof Error ? error.message : String(error);
    return {
      status: FAILED,
      code: 'ERR_CTRL_IF_MACHINE',
      message: `the machine failed unexpectedly: ${sentence}; please report it`,
    };
  }
  const { code, message } = error;
  const details = DETAILS.filter((key) => error[key] !== undefined).map((key) => [key, sendable(error[key])]);
  return {
    status: status ?? STATUSES[code] ?? FAILED,
    code,
    message,
    ...(error.status !== undefined && { deviceStatus: error.status }),
    ...Object.fromEntries(details),
  };
}

/** The error that an answer of the API holds. `body` may be any value. */
export function fromProblem(body: unknown, status: number): CtrlIfError {
  const { code, message, ...rest } = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  if (typeof code !== 'string' || typeof message !== 'string') {
    return new CtrlIfError(
      'ERR_CTRL_IF_REQUEST',
      `the API answered with status ${status} and a body that is not an error of ctrl-if`,
      {
        expected: PROBLEM_TYPE,
        received: body,
      },
    );
  }
  const details = DETAILS.filter((key) => rest[key] !== undefined).map((key) => [key, rest[key]]);
  const { advice, deviceStatus } = rest;
  // The constructor puts the advice behind the sentence.
  return new CtrlIfError(code, withoutAdvice(message, advice), {
    ...(deviceStatus !== undefined && { status: deviceStatus }),
    ...Object.fromEntries(details),
  });
}

/** `received` may be any value. A value that JSON cannot hold is sent as text. */
function sendable(value: unknown): unknown {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? String(value) : value;
  } catch {
    return String(value);
  }
}
