import { describe, expect, it } from 'vitest';
import { invocation, type Started } from '../../lib/cli/invocation.ts';

const started = (program: string, rest: Partial<Started> = {}): Started => ({
  argv: ['/usr/bin/node', program],
  env: {},
  cwd: '/home/me/project',
  execPath: '/usr/bin/node',
  ...rest,
});
const NPM = { npm_config_user_agent: 'npm/11.0.0 node/v22.0.0 linux x64' };

describe('how the command line was started', () => {
  it.each([
    ['by npm start in a clone', started('dist/cli/main.js', { env: NPM }), 'npx ctrl-if'],
    [
      'by npm start in a folder of it',
      started('/x', { env: { ...NPM, INIT_CWD: '/home/me/project/lib' } }),
      'npx ctrl-if',
    ],
    [
      'by npx in a project that has it installed',
      started('/home/me/project/node_modules/.bin/ctrl-if', { env: NPM }),
      'npx ctrl-if',
    ],
    ['by pnpm', started('/x', { env: { npm_config_user_agent: 'pnpm/10.1.0' } }), 'pnpm exec ctrl-if'],
    ['as a command on the path', started('/opt/bin/ctrl-if', { env: { PATH: '/bin:/opt/bin' } }), 'ctrl-if'],
    [
      'as a command that is not on the path',
      started('/opt/bin/ctrl-if', { env: { PATH: '/bin' } }),
      '/opt/bin/ctrl-if',
    ],
    ['as the installed file', started('/home/me/project/node_modules/.bin/ctrl-if'), 'npx ctrl-if'],
    ['as a file below', started('/home/me/project/dist/cli/main.js'), 'node dist/cli/main.js'],
    ['as a file here', started('/home/me/project/main.js'), 'node ./main.js'],
    ['as a file elsewhere', started('/srv/ctrl-if/main.js'), 'node /srv/ctrl-if/main.js'],
    [
      'by npm --prefix from elsewhere, where npx would not find it',
      started('/home/me/project/dist/cli/main.js', { env: { ...NPM, INIT_CWD: '/tmp' } }),
      'node /home/me/project/dist/cli/main.js',
    ],
  ])('is found when it was %s', (_, how, command) => {
    expect(invocation(how)).toBe(command);
  });
});
