// Writes docs/devices.md from the tables of the device drivers, as built in dist/ (npm run setup).
import { writeFileSync } from 'node:fs';
import { devicesDocument } from '../dist/device/document.js';

writeFileSync(new URL('../docs/devices.md', import.meta.url), devicesDocument());
