// A controller with a low limit of descriptors: `{ name, engine }`. On an order it uses up all but `free` of them. It
// reports its refusals.
import { closeSync, openSync } from 'node:fs';
import { Controller } from 'ctrl-if';

const { name, engine } = JSON.parse(process.argv[2]);
const controller = await Controller.listen({ name, engine });
const taken = [];
let refused = 0;
controller.on('refused', () => refused++);
controller.on('domain', (domain) => domain.receive('SHUTDOWN_SYSRQ', ({ key }) => process.send({ key })));

process.on('message', async ({ order, free }) => {
  if (order === 'fill') {
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch {
      for (const descriptor of taken.splice(taken.length - free)) closeSync(descriptor);
    }
  }
  if (order === 'drain') for (const descriptor of taken.splice(0)) closeSync(descriptor);
  if (order === 'close') {
    await controller.close();
    process.disconnect();
    return;
  }
  process.send({ is: order, domains: controller.domains.size, refused, taken: taken.length });
});
process.send({ is: 'listening' });
