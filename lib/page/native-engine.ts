import { ENGINE_NUMBERS, PAGE_BYTES } from '../wire/page.ts';
import { loadAddon } from './addon.ts';
import type { Engine } from './engine.ts';
import { NativeMemory } from './native-memory.ts';
import { NativePage } from './native-page.ts';
import { addonAdvice } from './package-place.ts';

/** Pages that the addon maps. */
export const nativeEngine: Engine = {
  name: 'native',
  number: ENGINE_NUMBERS.native,
  atomic: true,
  whyAvailable: 'the addon is built and loads',
  absence() {
    const load = loadAddon();
    if (load.addon) return undefined;
    const { reason: cause } = load;
    return { why: `the addon does not load here: ${cause.message.split('\n')[0]}`, advice: addonAdvice(), cause };
  },
  create: (name, bytes, keepDescriptor) => NativePage.create(name, bytes, keepDescriptor),
  open: (name, minBytes, startOnly) => NativePage.open(name, minBytes, startOnly),
  openEventPage: (pid, descriptor) => NativePage.openAt(pid, descriptor, 0, PAGE_BYTES),
  memory: {
    create: (name, maximum) => NativeMemory.create(name, maximum),
    map: (descriptor, offset, bytes) => NativePage.openAt(process.pid, descriptor, offset, bytes),
  },
};
