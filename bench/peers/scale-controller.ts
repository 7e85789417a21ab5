/** The controller that `scale.ts` connects to. */
import { readdirSync } from 'node:fs';
import { Controller, type Domain } from 'ctrl-if';
import { Checker } from './checker.ts';
import { ECHO, type Echo } from './echo.ts';
import { type Memory, memoryNow } from './open-memory.ts';
import { SCALE_IDLE } from './scale-idle.ts';

export interface ControllerFigures extends Memory {
  descriptors: number;
  /** CPU time between BEGIN and END. */
  spentNs: number;
}

process.on('disconnect', () => process.exit(0));

const name = `bench-scale-${process.pid}`;
const controller = await Controller.listen({ name, engine: 'native', messages: [ECHO], idle: SCALE_IDLE });
const checker = new Checker();
controller.on('domain', (domain: Domain<typeof ECHO>) => {
  domain.receive('ECHO', ({ sequence, mark }: Echo) => checker.take(sequence, mark));
  domain.on('error', (error) => {
    console.error((error.cause as Error)?.stack ?? error);
    process.exit(1);
  });
});
process.on('message', async () => {
  const figures: ControllerFigures = {
    ...(await memoryNow()),
    descriptors: readdirSync('/proc/self/fd').length,
    spentNs: checker.spentNs,
  };
  process.send!(figures);
});
process.send!(name);
