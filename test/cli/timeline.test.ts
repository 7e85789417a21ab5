import { describe, expect, it } from 'vitest';
import { Timeline } from '../../lib/cli/timeline.ts';

const linesOf = (...lines: string[]) => lines.join('\n');

describe('the timeline', () => {
  it('shows the name of a domain from its first event on', () => {
    const timeline = new Timeline([{ name: 'driver', domid: 1 }, { name: 'later' }]);
    const event = { at: 12.4, kind: 'message', from: 0, name: 'BLKIF_BE_CREATE' } as const;
    expect(timeline.line({ ...event, to: 1, says: 'domid 2' })).toBe(
      '    12 ms  controller → driver    BLKIF_BE_CREATE                    domid 2',
    );
    expect(timeline.line({ ...event, to: 2 })).toBe('    12 ms  controller → domain 2  BLKIF_BE_CREATE');
    expect(timeline.line({ at: 13, kind: 'domain', from: 2, name: 'web', result: 'running' })).toBe(
      '    13 ms  web                    domain 2                           running',
    );
    expect(timeline.line({ at: 14, kind: 'device', from: 2, to: 1, name: 'block 0', result: 'CONNECTED' })).toBe(
      '    14 ms  web ↔ driver           block 0                            CONNECTED',
    );
    expect(timeline.line({ ...event, from: 2, to: 0, result: 'OKAY', says: 'evtchn 3' })).toBe(
      '    12 ms  web → controller       BLKIF_BE_CREATE                    OKAY evtchn 3',
    );
  });

  it('indents the last output of a domain, without its colours', () => {
    const says = 'file.mjs:1\n\n\x1b[31mError: boom\x1b[0m\x07';
    expect(new Timeline([]).line({ at: 5, kind: 'domain', name: 'web', result: 'crash', says })).toBe(
      linesOf(
        '     5 ms  web                    domain                             crash',
        '    file.mjs:1',
        '',
        '    Error: boom',
      ),
    );
  });
});
