/** A guest that asks once, and then stays. */
import { Guest } from 'ctrl-if';
import { toStarter } from './channel.ts';
import { NO_MARK } from './checker.ts';
import { guestOptions, LinkFront } from './link.ts';
import { jobOfProgram } from './peer.ts';

const { name } = jobOfProgram<{ name: string }>();
process.on('disconnect', () => process.exit(0));
const guest = await Guest.connect(guestOptions({ engine: 'native' }, name));
await new LinkFront({ engine: 'native' }, (message) => guest.request(message)).roundTrips(1, NO_MARK);
toStarter().send('ready');
