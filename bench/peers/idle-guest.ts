/** A guest that asks once, and then stays. */
import { Guest } from 'ctrl-if';
import { NO_MARK } from './checker.ts';
import { ECHO, echoMessage } from './echo.ts';

const { name } = JSON.parse(process.argv[2] ?? '{}') as { name: string };
process.on('disconnect', () => process.exit(0));
const guest = await Guest.connect({ name, engine: 'native', messages: [ECHO] });
await guest.request(echoMessage(0, NO_MARK));
process.send!('ready');
