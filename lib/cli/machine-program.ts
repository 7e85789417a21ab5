/** The commands that use a machine's API, and the command that serves it. */
import { Argument, type Command } from 'commander';
import { ApiClient } from '../api/client.ts';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import { CtrlIfError } from '../errors.ts';
import { parseSpecification } from '../machine/from-text.ts';
import { type Credit, type OperationName, operations, type ShutdownOptions } from '../machine/operations.ts';
import { type ClientOptions, printResult } from './answer.ts';
import { addCreateOptions, createCommand, SPECIFICATIONS } from './create.ts';
import { type ConsoleCommandOptions, consoleCommand } from './domain-console.ts';
import { describe, deviceTable, domainTable, ended, onOf, running } from './domain-lines.ts';
import { eventsCommand } from './events.ts';
import type { Lifetime } from './lifetime.ts';
import { type MachineCommandOptions, machineCommand } from './machine.ts';
import { argumentsFor, ask, commandName, runOperation, type Shown } from './operation-command.ts';
import { examples, nameOption, seconds, whole } from './options.ts';

/** Wraps a command's action so that its exit code becomes that of the process. */
export type Run = <Args extends unknown[]>(
  command: (...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>;

type Examples = readonly (readonly [command: string, comment: string])[];
type Client = (usage: string, description: string, lines: Examples, more?: string) => Command;

const DOMAIN = ['<domain>', "a domain's name or domid"] as const;

export function addMachineCommands(program: Command, run: Run, lifetime: Lifetime): void {
  const client: Client = (usage, description, lines, more = '') =>
    program
      .command(usage)
      .description(description)
      .addOption(nameOption('the name of the machine'))
      .option('--json', 'print JSON')
      .addHelpText('after', more + examples(lines));
  /** Adds the command of an operation. */
  const operation = <Name extends OperationName>(name: Name, lines: Examples, shown: Shown<Name>) => {
    const { summary, takes } = operations[name];
    const command = client(commandName(name), summary, lines);
    for (const argument of argumentsFor(takes)) command.addArgument(argument);
    command.action(run(runOperation(name, shown)));
  };

  program.commandsGroup('A machine and its domains:');
  program
    .command('machine')
    .description('Run a machine until Ctrl-C: a controller, a driver domain, and the API of the other commands.')
    .addOption(nameOption('the name of the machine and of its controller'))
    .option('-q, --quiet', 'do not print events')
    .option('--json', 'one JSON object a line for each event')
    .addHelpText(
      'after',
      examples([
        ['ctrl-if machine', 'in one terminal'],
        ['ctrl-if create --domain web', 'in another terminal; then: ctrl-if list, console, shutdown ...'],
        ['ctrl-if machine --name lab --json', ''],
      ]),
    )
    .action(run((options: MachineCommandOptions) => machineCommand(options, lifetime)));

  const create = client(
    'create',
    'Start a domain from a JSON or TOML file, from options, or both. Options override the file, and devices add to it.',
    [
      ['ctrl-if create web.toml', ''],
      ['ctrl-if create --domain web --memory 16 --vcpus 2', 'runs the guest of this package'],
      ['ctrl-if create web.toml --domain web2 --vif mac=00:16:3e:00:00:02', ''],
      ['ctrl-if create --domain db --disk target=/img/db,vdevice=768 -- node guest.js', ''],
    ],
    SPECIFICATIONS,
  )
    .usage('[options] [file] [-- command...]')
    .argument('[file]', 'a configuration, NAME.json or NAME.toml')
    .addArgument(new Argument('[command...]', 'after --: the program of the guest and its arguments'));
  addCreateOptions(create).action(
    run((...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const { before, after } = partedByDashes(command, program);
      return createCommand(before[0], after, command.opts());
    }),
  );

  const list: Examples = [
    ['ctrl-if list', ''],
    ["ctrl-if list --json | jq '.[].name'", ''],
  ];
  operation('list', list, { lines: domainTable });
  operation('info', [['ctrl-if info web', '']], { lines: describe });

  client(
    'console',
    "Connect to a domain's console. On a terminal, Ctrl-] leaves.",
    [
      ['ctrl-if console web', ''],
      ['echo uptime | ctrl-if console web', 'ends after the answer'],
      ['ctrl-if console web --stay < /dev/null > web.log', 'runs until the domain ends'],
    ],
    `
The output since the last client comes first, at most 64 KiB. Standard output carries only the console. On a terminal
every key but Ctrl-] goes to the domain, also Ctrl-C. Without a terminal the command ends after the end of standard
input: with the guest of this package when all input is answered, with a guest of your own after --linger seconds
without output.
`,
  )
    .argument(...DOMAIN)
    .option('-l, --linger <seconds>', 'how long to wait for output of a guest of your own', seconds, 2)
    .option('--stay', 'do not end at the end of standard input')
    .action(run((domain: string, options: ConsoleCommandOptions) => consoleCommand(domain, options, lifetime)));

  client('events', 'Print every message and every change of a domain or a device, until Ctrl-C.', [
    ['ctrl-if events', ''],
    ['ctrl-if events --json | jq \'select(.kind == "device")\'', ''],
  ]).action(run((options: ClientOptions) => eventsCommand(options, lifetime)));

  const ends: [command: string, reason: ShutdownOptions['reason'], description: string, late: string][] = [
    ['shutdown', 'poweroff', 'Ask a domain to power off, and wait until it has ended.', 'the domain is destroyed'],
    ['reboot', 'reboot', 'Ask a domain to reboot, and wait until it has ended.', 'the domain is destroyed'],
    ['suspend', 'suspend', 'Ask a domain to suspend, and wait until it is suspended.', 'the command gives up'],
  ];
  for (const [command, reason, description, late] of ends) {
    client(command, description, [
      [`ctrl-if ${command} web`, ''],
      [`ctrl-if ${command} web --timeout 5`, ''],
    ])
      .argument(...DOMAIN)
      .option('-t, --timeout <seconds>', `time until ${late}; 0: no limit; default: from the configuration`, seconds)
      .action(
        run((domain: string, { timeout, ...options }: ClientOptions & { timeout?: number }) => {
          const body = { reason, ...(timeout !== undefined && { timeout }) };
          return ask('shutdown', { value: { domain, body }, locate: () => command }, options, {
            awaited: `domain ${domain} to ${reason === 'suspend' ? 'suspend' : 'end'}`,
            lines: ended,
          });
        }),
      );
  }

  operation('resume', [['ctrl-if resume web', '']], {
    awaited: (domain) => `domain ${domain} to resume`,
    lines: (info) => [running(info)],
  });
  operation('destroy', [['ctrl-if destroy web', '']], { lines: ended });
  const wait: Examples = [
    ['ctrl-if wait web', ''],
    ['ctrl-if wait web suspended', ''],
  ];
  operation('wait', wait, {
    awaited: (domain, state) => `domain ${domain} to ${state === undefined ? 'end' : `be ${state}`}`,
    lines: (result) => ('how' in result ? ended(result) : [running(result)]),
  });
  const sysrq: Examples = [
    ['ctrl-if sysrq web s', ''],
    ['ctrl-if sysrq web c', 'c crashes the domain, b reboots it, o powers it off'],
  ];
  operation('sysrq', sysrq, {
    lines: (_, domain, key) => [`SysRq ${key} was sent to domain ${domain}`],
  });
  operation('memorySet', [['ctrl-if memory-set web 16', '']], {
    awaited: (domain, target) => `domain ${domain} to have ${target} MiB`,
    lines: ({ reached, maximum }, domain) => [`domain ${domain} has ${reached} MiB of at most ${maximum}`],
  });

  client('vcpu-set', 'Set how many virtual processors of a domain are on.', [['ctrl-if vcpu-set web 2', '']])
    .argument(...DOMAIN)
    .argument('<count>', 'the number of VCPUs that are on, from the first', whole)
    .action(run(vcpuSetCommand));

  program.commandsGroup('Devices:');
  for (const { name, noun, config, key } of DEVICE_CLASSES) {
    const example = keysAndValues(config.examples[0]);
    operation(`${name}Attach`, [[`ctrl-if ${name}-attach web ${example}`, '']], {
      awaited: (domain) => `domain ${domain} to connect the device`,
      lines: ({ id, state, handle }, domain) => [
        `${name} device ${id} of domain ${domain} is ${state}, handle ${handle}`,
      ],
    });
    operation(`${name}Detach`, [[`ctrl-if ${name}-detach web ${key.schema.examples[0]}`, '']], {
      lines: (_, domain, id) => [`${name} device ${id} of domain ${domain} is detached`],
    });
    client(`${name}-list`, `List the ${noun}s of a domain.`, [[`ctrl-if ${name}-list web`, '']])
      .argument(...DOMAIN)
      .action(
        run((domain: string, options: ClientOptions) =>
          ask('devices', { value: { domain, class: name }, locate: () => `${name}-list` }, options, {
            lines: deviceTable,
          }),
        ),
      );
  }
  client('network-limit', 'Limit the rate of a network interface, or remove the limit.', [
    ['ctrl-if network-limit web 0 bytes=125000 microseconds=10000', '100 Mbit/s'],
    ['ctrl-if network-limit web 0 none', ''],
  ])
    .argument(...DOMAIN)
    .argument('<handle>', 'the HANDLE column of network-list', whole)
    .argument('<limit...>', 'none, or bytes=BYTES microseconds=INTERVAL')
    .action(run(networkLimitCommand));
}

/** Commander gives one list of operands. Those after `--` are the guest's command. */
function partedByDashes(command: Command, program: Command): { before: string[]; after: string[] } {
  const { rawArgs } = program as Command & { rawArgs: string[] };
  const dashes = rawArgs.indexOf('--');
  const after = dashes === -1 ? 0 : rawArgs.length - dashes - 1;
  const end = command.args.length - after;
  const before = command.args.slice(0, end);
  if (before.length > 1) {
    command.error(`error: give one file, not ${before.length}; put -- before the command of the guest`);
  }
  return { before, after: command.args.slice(end) };
}

/** Sets the first `count` VCPUs on and the others off, as xm vcpu-set does. */
async function vcpuSetCommand(domain: string, count: number, { name, json }: ClientOptions): Promise<number> {
  const machine = new ApiClient({ name });
  let { vcpus } = await machine.info(domain);
  if (count < 1 || count > vcpus.length) {
    const expected = `a number from 1 to ${vcpus.length}`;
    throw new CtrlIfError('ERR_CTRL_IF_CONFIG', `domain ${domain} cannot have ${count} VCPUs on`, {
      advice: `give ${expected}`,
      expected,
      received: count,
    });
  }
  for (const [vcpu, isOn] of vcpus.entries()) {
    if (isOn !== vcpu < count) vcpus = await machine.vcpuSet(domain, vcpu, vcpu < count);
  }
  return printResult(json, vcpus, () => [`domain ${domain} has ${onOf(vcpus)} VCPUs on`]);
}

/** @param given `none`, or a limit as KEY=VALUE */
async function networkLimitCommand(
  domain: string,
  handle: number,
  given: readonly string[],
  options: ClientOptions,
): Promise<number> {
  const device = `network device ${handle} of domain ${domain}`;
  const locate = () => 'network-limit';
  if (given.length === 1 && given[0] === 'none') {
    return ask('networkUnlimit', { value: { domain, handle }, locate }, options, {
      lines: () => [`${device} has no limit`],
    });
  }
  const { value: body } = parseSpecification(given.join(','), operations.networkLimit.takes[2].schema, 'network-limit');
  const { bytes, microseconds } = body as Credit;
  return ask('networkLimit', { value: { domain, handle, body }, locate }, options, {
    lines: () => [`${device} sends at most ${bytes} bytes in ${microseconds} µs`],
  });
}

/** `target=/img vdevice=769` */
function keysAndValues(example: object): string {
  return Object.entries(example)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
