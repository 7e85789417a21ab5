import { expect, it } from 'vitest';
import { ID_OFFSET, TYPE_OFFSET } from '../../lib/wire/layout.ts';
import { codec, linkPair } from './link-pair.ts';

it('an observer gets all four flows of a link, and none after its removal', async () => {
  const { guest, controller } = linkPair();
  const heard: unknown[] = [];
  controller.link.observer = ({ flow, direction, bytes }) =>
    heard.push([direction, flow, bytes[TYPE_OFFSET], bytes[ID_OFFSET]]);
  guest.link.receiveMessage('SEQ', () => ({ answer: 1 }));
  controller.link.receiveMessage('SEQ', () => ({ answer: 2 }));
  await guest.link.request({ name: 'SEQ', n: 1 });
  await controller.link.request({ name: 'SEQ', n: 1 });
  await controller.link.send({ name: 'SHUTDOWN_SUSPEND' });
  // Answered after it, and so the response to `send`, which is dropped, has passed.
  await controller.link.request({ name: 'SEQ', n: 2 }, {});
  const { type } = codec.definition('SEQ');
  expect(heard).toEqual([
    ['received', 'request', type, 0],
    ['sent', 'response', type, 0],
    ['sent', 'request', type, 0],
    ['received', 'response', type, 0],
    ['sent', 'request', codec.definition('SHUTDOWN_SUSPEND').type, 0xff],
    ['sent', 'request', type, 0],
    ['received', 'response', codec.definition('SHUTDOWN_SUSPEND').type, 0xff],
    ['received', 'response', type, 0],
  ]);
  controller.link.observer = undefined;
  await controller.link.request({ name: 'SEQ', n: 3 });
  expect(heard).toHaveLength(8);
});
