// Writes docs/domains.md from the table of a machine's domains, as built in dist/ (npm run setup).
import { writeFileSync } from 'node:fs';
import { domainsDocument } from '../dist/machine/domain-document.js';

writeFileSync(new URL('../docs/domains.md', import.meta.url), domainsDocument());
