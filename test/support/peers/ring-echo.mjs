// A back half that answers each request with the request itself, for ever: killed at any moment, it leaves a ring in
// which every slot still holds its request, published answer or not.
import { BackRing, openPage } from 'ctrl-if/ring';

const { name, engine, peerMayTear, geometry } = JSON.parse(process.argv[2]);
const ring = new BackRing(openPage(name, 0, engine), { ...geometry, peerMayTear });
const nobody = new Int32Array(new SharedArrayBuffer(4));
process.send({ unansweredAtAttach: ring.unansweredAtAttach }, serve);

function serve() {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const request = ring.pop();
    if (request) {
      ring.push(request);
      // Sometimes one at a time and sometimes a batch, so that a kill meets every state.
      if (ring.room === 0 || request[0] % 3 === 0) ring.flush();
    } else if (ring.flush() === 0) {
      Atomics.wait(nobody, 0, 0, 0.05);
    }
  }
}
