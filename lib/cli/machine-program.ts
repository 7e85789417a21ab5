/** The commands that are the clients of a machine's API, and the one that serves it. */
import { Argument, type Command, Option } from 'commander';
import type { DeviceClass, DomainState, ShutdownOptions } from '../machine/operations.ts';
import type { ClientOptions as Options } from './answer.ts';
import * as devices from './devices.ts';
import { type ConsoleCommandOptions, consoleCommand } from './domain-console.ts';
import * as domains from './domains.ts';
import { eventsCommand } from './events.ts';
import type { Lifetime } from './lifetime.ts';
import { type MachineCommandOptions, machineCommand } from './machine.ts';
import { collect, examples, nameOption, seconds, whole } from './options.ts';

/** Makes a command's action leave its exit code. */
export type Run = <Args extends unknown[]>(
  command: (...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>;

const STATES: readonly DomainState[] = ['starting', 'running', 'shutting-down', 'suspended', 'dying', 'waiting'];

export function addMachineCommands(program: Command, run: Run, lifetime: Lifetime): void {
  const client = (usage: string, description: string, lines: readonly (readonly [string, string])[], more = '') =>
    program
      .command(usage)
      .description(description)
      .addOption(nameOption('the name of the machine'))
      .option('--json', 'the answer as JSON')
      .addHelpText('after', more + examples(lines));

  program.commandsGroup('A machine and its domains:');
  program
    .command('machine')
    .description(
      'Run a machine until Ctrl-C: a controller, its driver domain, and the API that the other commands use.',
    )
    .addOption(nameOption('the name of the machine and of its controller'))
    .option('-q, --quiet', 'do not print what happens')
    .option('--json', 'one JSON object a line for each event')
    .addHelpText(
      'after',
      examples([
        ['ctrl-if machine', 'in one terminal, and in another:'],
        ['ctrl-if create --domain web', 'and ctrl-if list, console, shutdown ...'],
        ['ctrl-if machine --name lab --json', ''],
      ]),
    )
    .action(run((options: MachineCommandOptions) => machineCommand(options, lifetime)));

  client(
    'create',
    'Start a domain, from a JSON or TOML file, from options, or from both: options count for more, lists add up.',
    [
      ['ctrl-if create web.toml', ''],
      ['ctrl-if create --domain web --memory 16 --vcpus 2', 'the guest that comes with ctrl-if'],
      ['ctrl-if create web.toml --domain web2 --vif mac=00:16:3e:00:00:02', ''],
      ['ctrl-if create --domain db --disk target=/img/db,vdevice=768 -- node guest.js', ''],
    ],
    `
SPEC is KEY=VALUE, with commas between several, of the keys that a file has: target, vdevice, mode and backend of a disk;
mac, credit.bytes, credit.microseconds and backend of a network interface; path and backend of a USB port. A
relative target is relative to the directory of its file, or, in an option, to the one that you are in.
`,
  )
    .usage('[options] [file] [-- command...]')
    .argument('[file]', 'ends in .json or .toml')
    .addArgument(new Argument('[command...]', 'after --: the program to run as the guest, and its arguments'))
    .option('-d, --domain <name>', 'the name of the domain')
    .option('-m, --memory <MiB>', 'its memory')
    .option('--max-memory <MiB>', 'what its memory may grow to')
    .option('-c, --vcpus <count>', 'its virtual processors')
    .option('--disk <spec>', 'a disk; may be repeated', collect)
    .option('--vif <spec>', 'a network interface; may be repeated', collect)
    .option('--usb <spec>', 'a USB port; may be repeated', collect)
    .option('--driver', 'it runs the backends of other domains')
    .addOption(new Option('--restart <when>', 'when to start it again').choices(['always', 'on-reboot', 'never']))
    .option('--minimum-restart <seconds>', 'the least time between two starts')
    .option('--shutdown-timeout <seconds>', 'how long an orderly end may take')
    .action(
      run((...args: unknown[]) => {
        const command = args.at(-1) as Command;
        const { before, after } = partedByDashes(command, program);
        return domains.createCommand(before[0], after, command.opts());
      }),
    );

  client('list', 'List the domains.', [
    ['ctrl-if list', ''],
    ["ctrl-if list --json | jq '.[].name'", ''],
  ]).action(run((options: Options) => domains.listCommand(options)));

  client('info', 'Show all about a domain.', [['ctrl-if info web', '']])
    .argument('<domain>', 'its name or domid')
    .action(run((domain: string, options: Options) => domains.infoCommand(domain, options)));

  client(
    'console',
    "A domain's console on this terminal, until Ctrl-], or on pipes.",
    [
      ['ctrl-if console web', ''],
      ['echo uptime | ctrl-if console web', 'ends when it is answered'],
      ['ctrl-if console web --stay < /dev/null > web.log', 'until the domain ends'],
    ],
    `
What was written while nobody listened comes first, at most 64 KiB of it. Standard output is the console alone. With a
terminal for standard input every key goes to the domain, Ctrl-C too, but Ctrl-]. With anything else it ends after the
end of standard input: when the guest that comes with ctrl-if has answered all of it, however long that takes, and
when a guest of your own has been silent for --linger seconds.
`,
  )
    .argument('<domain>', 'its name or domid')
    .option('-l, --linger <seconds>', 'how long to wait for the next word of a guest of your own', seconds, 2)
    .option('--stay', 'do not end with standard input')
    .action(run((domain: string, options: ConsoleCommandOptions) => consoleCommand(domain, options, lifetime)));

  client('events', 'Show every message and every change of a domain or a device, until Ctrl-C.', [
    ['ctrl-if events', ''],
    ['ctrl-if events --json | jq \'select(.kind == "device")\'', ''],
  ]).action(run((options: Options) => eventsCommand(options, lifetime)));

  const ends: [command: string, reason: ShutdownOptions['reason'], description: string, late: string][] = [
    ['shutdown', 'poweroff', 'Ask a domain to power off, and wait until it has.', 'it is destroyed'],
    [
      'reboot',
      'reboot',
      'Ask a domain to end and to be started again, and wait until it has ended.',
      'it is destroyed',
    ],
    ['suspend', 'suspend', 'Ask a domain to suspend, and wait until it has.', 'it is left to run on'],
  ];
  for (const [command, reason, description, late] of ends) {
    client(command, description, [
      [`ctrl-if ${command} web`, ''],
      [`ctrl-if ${command} web --timeout 5`, ''],
    ])
      .argument('<domain>', 'its name or domid')
      .option('-t, --timeout <seconds>', `until ${late}, 0 for never; default: its configuration's`, seconds)
      .action(
        run((domain: string, options: Options & { timeout?: number }) => domains.endCommand(domain, reason, options)),
      );
  }

  client('resume', 'Let a suspended domain go on.', [['ctrl-if resume web', '']])
    .argument('<domain>', 'its name or domid')
    .action(run((domain: string, options: Options) => domains.resumeCommand(domain, options)));

  client('destroy', 'Take a domain away at once.', [['ctrl-if destroy web', '']])
    .argument('<domain>', 'its name or domid')
    .action(run((domain: string, options: Options) => domains.destroyCommand(domain, options)));

  client('wait', 'Wait until a domain has ended, or is in a state.', [
    ['ctrl-if wait web', ''],
    ['ctrl-if wait web suspended', ''],
  ])
    .argument('<domain>', 'its name or domid')
    .addArgument(new Argument('[state]', 'the state to wait for').choices(STATES))
    .action(
      run((domain: string, state: DomainState | undefined, options: Options) =>
        domains.waitCommand(domain, state, options),
      ),
    );

  client('sysrq', 'Press a key with SysRq in a domain.', [
    ['ctrl-if sysrq web s', ''],
    ['ctrl-if sysrq web c', 'a crash; b reboots and o powers off, at once'],
  ])
    .argument('<domain>', 'its name or domid')
    .argument('<key>', 'one character')
    .action(run((domain: string, key: string, options: Options) => domains.sysrqCommand(domain, key, options)));

  client('memory-set', "Set a domain's memory, and wait until it has it.", [['ctrl-if memory-set web 16', '']])
    .argument('<domain>', 'its name or domid')
    .argument('<MiB>', 'its memory from now on', whole)
    .action(
      run((domain: string, target: number, options: Options) => domains.memorySetCommand(domain, target, options)),
    );

  client('vcpu-set', 'Set how many virtual processors of a domain are on.', [['ctrl-if vcpu-set web 2', '']])
    .argument('<domain>', 'its name or domid')
    .argument('<count>', 'the first so many are on, the others off', whole)
    .action(run((domain: string, count: number, options: Options) => domains.vcpuSetCommand(domain, count, options)));

  program.commandsGroup('Devices:');
  addDeviceCommands(client, run);
}

type Client = (usage: string, description: string, lines: readonly (readonly [string, string])[]) => Command;

function addDeviceCommands(client: Client, run: Run): void {
  const kinds: [of: DeviceClass, what: string, keys: string, example: string][] = [
    ['block', 'disk', 'target, vdevice, mode (r or w), backend', 'target=/img/data vdevice=769 mode=r'],
    ['network', 'network interface', 'mac, credit.bytes, credit.microseconds, backend', 'mac=00:16:3e:00:00:02'],
    ['usb', 'USB port', 'path, backend', 'path=1-1'],
  ];
  for (const [of, what, keys, example] of kinds) {
    client(`${of}-attach`, `Attach a ${what} to a domain, and wait until it is connected.`, [
      [`ctrl-if ${of}-attach web ${example}`, ''],
    ])
      .argument('<domain>', 'its name or domid')
      .argument(of === 'network' ? '[spec...]' : '<spec...>', `KEY=VALUE each, of ${keys}`)
      .action(
        run((domain: string, spec: string[], options: Options) => devices.attachCommand(domain, of, spec, options)),
      );
    client(`${of}-list`, `List the ${what}s of a domain.`, [[`ctrl-if ${of}-list web`, '']])
      .argument('<domain>', 'its name or domid')
      .action(run((domain: string, options: Options) => devices.deviceListCommand(domain, of, options)));
  }

  client('block-detach', 'Take a disk away from a domain.', [['ctrl-if block-detach web 769', '']])
    .argument('<domain>', 'its name or domid')
    .argument('<vdevice>', 'the device number in the guest', whole)
    .action(
      run((domain: string, vdevice: number, options: Options) => devices.blockDetachCommand(domain, vdevice, options)),
    );
  client('network-detach', 'Take a network interface away from a domain.', [['ctrl-if network-detach web 0', '']])
    .argument('<domain>', 'its name or domid')
    .argument('<handle>', 'as network-list has it', whole)
    .action(
      run((domain: string, handle: number, options: Options) => devices.networkDetachCommand(domain, handle, options)),
    );
  client('network-limit', 'Limit the rate of a network interface, or lift the limit.', [
    ['ctrl-if network-limit web 0 bytes=125000 microseconds=10000', '100 Mbit/s'],
    ['ctrl-if network-limit web 0 none', ''],
  ])
    .argument('<domain>', 'its name or domid')
    .argument('<handle>', 'as network-list has it', whole)
    .argument('<limit...>', 'none, or bytes=BYTES microseconds=INTERVAL')
    .action(
      run((domain: string, handle: number, limit: string[], options: Options) =>
        devices.networkLimitCommand(domain, handle, limit, options),
      ),
    );
  client('usb-detach', 'Take a USB port away from a domain.', [['ctrl-if usb-detach web 1-1', '']])
    .argument('<domain>', 'its name or domid')
    .argument('<path>', 'as usb-list has it')
    .action(run((domain: string, path: string, options: Options) => devices.usbDetachCommand(domain, path, options)));
}

/** Commander hands on one list of operands; what stands after `--` is the guest's command. */
function partedByDashes(command: Command, program: Command): { before: string[]; after: string[] } {
  const { rawArgs } = program as Command & { rawArgs: string[] };
  const dashes = rawArgs.indexOf('--');
  const after = dashes === -1 ? 0 : rawArgs.length - dashes - 1;
  const at = command.args.length - after;
  const before = command.args.slice(0, at);
  if (before.length > 1) {
    command.error(`error: one file can be given, not ${before.length}; put -- before the command of the guest`);
  }
  return { before, after: command.args.slice(at) };
}
