// Writes docs/control-socket.md from the declarations of its lines, as built in dist/ (npm run setup).
import { writeFileSync } from 'node:fs';
import { controlSocketDocument } from '../dist/domain/control-socket-document.js';

writeFileSync(new URL('../docs/control-socket.md', import.meta.url), controlSocketDocument());
