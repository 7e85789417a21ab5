/** The controller that `open.ts` connects to: it echoes, and says what memory it takes when it is asked. */
import { Controller, type Domain } from 'ctrl-if';
import { ECHO, type Echo } from './echo.ts';
import { memoryNow } from './open-memory.ts';

const { engine } = JSON.parse(process.argv[2] ?? '{}') as { engine: 'native' | 'file' };
process.on('disconnect', () => process.exit(0));

const name = `bench-open-${process.pid}`;
const controller = await Controller.listen({ name, engine, messages: [ECHO] });
let expected = 0;
controller.on('domain', (domain: Domain<typeof ECHO>) => {
  domain.receive('ECHO', ({ sequence }: Echo) => {
    if (sequence !== expected++) {
      console.error(`wrong sequence number at the controller: expected ${expected - 1}, received ${sequence}`);
      process.exit(1);
    }
  });
});
process.on('message', async () => process.send!(await memoryNow()));
process.send!(name);
