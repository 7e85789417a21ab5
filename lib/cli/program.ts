import { readFileSync } from 'node:fs';
import { type Argument, Command } from 'commander';
import { controllerCommand, type ServeOptions } from './controller.ts';
import { decodeCommand } from './decode.ts';
import { type DemoOptions, demoCommand } from './demo.ts';
import { type DoctorOptions, doctorCommand } from './doctor.ts';
import { encodeCommand } from './encode.ts';
import { type GuestCommandOptions, guestCommand } from './guest.ts';
import type { Lifetime } from './lifetime.ts';
import { addMachineCommands } from './machine-program.ts';
import { engineOption, examples, nameOption, seconds } from './options.ts';

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 wrong usage.`;

/** The command line. Each command leaves its exit code in `outcome`. */
export function createProgram(lifetime: Lifetime, outcome: { exitCode: number }): Command {
  const run =
    <Args extends unknown[]>(command: (...args: Args) => Promise<number>) =>
    async (...args: Args) => {
      outcome.exitCode = await command(...args);
    };

  const program = new Command('ctrl-if')
    .description('The control interface between a guest and its controller, over one shared page.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    // Every command has options; to say so of each would leave no room for what it does.
    .configureHelp({
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(operand)].join(' '),
    })
    .exitOverride()
    // Said in one form with all other errors, in main.ts.
    .configureOutput({ outputError: () => {} })
    .addHelpText(
      'after',
      examples([
        ['ctrl-if demo', 'what it is, a machine with three domains, and how fast'],
        ['ctrl-if machine', 'in one terminal, and in another:'],
        ['ctrl-if create --domain web', 'a domain, and its console: ctrl-if console web'],
        ['ctrl-if controller', 'in one terminal, and in another:'],
        ['ctrl-if guest', 'what you type in one appears in the other'],
        ['ctrl-if doctor', 'when something does not work'],
      ]) +
        `
Environment:
  CTRL_IF_ENGINE       native, file or auto (default): which engine moves the messages
  CTRL_IF_RUNTIME_DIR  where controllers are found by name
  NO_COLOR             no colour, even on a terminal
${EXIT_CODES}`,
    );

  program.commandsGroup('Links:');
  program
    .command('controller')
    .description('Listen for guests and serve them until Ctrl-C: print their messages and consoles, answer all.')
    .addOption(nameOption('the name guests find it by'))
    .addOption(engineOption())
    .option('-q, --quiet', 'do not print the messages received')
    .option('--json', 'one JSON object a line for each event')
    .addHelpText(
      'after',
      `
A line typed here appears on the console of every guest.
${examples([
  ['ctrl-if controller', ''],
  ['ctrl-if controller --name lab --quiet', ''],
  ['ctrl-if controller --json | jq -c \'select(.event == "message").message\'', ''],
])}`,
    )
    .action(run((options: ServeOptions) => controllerCommand(options, lifetime)));

  program
    .command('guest')
    .description('Connect to a controller: standard input and output are the console, every message is answered.')
    .addOption(nameOption('the name of the controller'))
    .addOption(engineOption())
    .option('-w, --wait <seconds>', 'how long to wait for a controller that does not run yet', seconds, 0)
    .option('-q, --quiet', 'do not print the messages received')
    .option('--json', 'one JSON object a line for each event')
    .addHelpText(
      'after',
      `
Standard output is the console alone; all else is told on standard error. It ends at Ctrl-C, when the controller asks
for poweroff or closes (exit code 0), or dies (1).
${examples([
  ['ctrl-if guest', ''],
  ['ctrl-if guest --name lab --wait 10', ''],
  ['dmesg --follow | ctrl-if guest --quiet', ''],
])}`,
    )
    .action(run((options: GuestCommandOptions) => guestCommand(options, lifetime)));

  addMachineCommands(program, run, lifetime);

  program.commandsGroup('To see and to check:').helpCommand('help [command]', 'Show help for a command.');
  program
    .command('demo')
    .description('The life of a machine with a driver domain and two guests, a line a step, then how fast messages go.')
    .option('--messages', 'show every message as it happens')
    .option('--json', 'one JSON object a line: every event, each step (scene), then the comparison')
    .addHelpText(
      'after',
      `
Disks, vifs and a USB port are connected, the driver domain is killed and all is reconnected, a console answers, memory
and VCPUs change, and all shut down. The first step that does not happen ends it: its reason and the last 20 messages
before it are shown, and the exit code is 1. Without the native engine all 42 messages cross in pure JS instead.

At the end the engines, a Unix socket and process.send are timed in short rounds by turns, at most some 5 s in all. The
two processes are tried on two processors and on one (with taskset, where there is one); for a socket and process.send
the better counts. When other processes or the hypervisor take the processors, or the rounds differ too much, it says
that the machine is busy and gives no ratio.
${examples([
  ['ctrl-if demo', ''],
  ['ctrl-if demo --messages', ''],
  ["ctrl-if demo --json | jq 'select(.scene)'", ''],
])}`,
    )
    .action(run((options: DemoOptions) => demoCommand(options, lifetime)));

  program
    .command('decode')
    .description('Turn slots of 128 hexadecimal digits into messages in JSON, one line each.')
    .argument('[hex...]', 'slots; without any, one a line on standard input')
    .addHelpText(
      'after',
      `
Spaces between the digits do no harm. A bad line is told on standard error with its number, and the rest goes on.
${examples([
  ['ctrl-if encode \'{"name":"SHUTDOWN_POWEROFF","id":1}\' | ctrl-if decode', ''],
  ['ctrl-if decode < trace.hex', ''],
])}`,
    )
    .action(run((hex: string[]) => decodeCommand(hex)));

  program
    .command('encode')
    .description('Turn messages in JSON into slots of 128 hexadecimal digits, one line each.')
    .argument('[json...]', 'messages; without any, one a line on standard input')
    .addHelpText(
      'after',
      `
Names and fields are those of the header, fields in camelCase. 64-bit numbers are strings ("0x1234" or "4660"), console
data is hexadecimal; OUT fields and id (255) may be left out.
${examples([
  ['ctrl-if encode \'{"name":"BLKIF_FE_INTERFACE_CONNECT","id":1,"handle":0,"shmemFrame":"0x1234"}\'', ''],
  ['ctrl-if encode \'{"name":"CONSOLE_DATA","data":"68656c6c6f"}\'', ''],
  ['ctrl-if encode < messages.jsonl > trace.hex', ''],
])}`,
    )
    .action(run((json: string[]) => encodeCommand(json)));

  program
    .command('doctor')
    .description('Try out everything a link needs on this machine, and say what to do about what fails.')
    .option('--exchange', 'also send all 42 messages between two processes, compare every byte, and time a request')
    .option('--json', 'the findings as one JSON object')
    .addHelpText(
      'after',
      examples([
        ['ctrl-if doctor', ''],
        ['ctrl-if doctor --exchange', ''],
        ['CTRL_IF_ENGINE=native ctrl-if doctor', ''],
      ]),
    )
    .action(run((options: DoctorOptions) => doctorCommand(options, lifetime)));

  return program;
}

/** As usage has it. */
function operand(argument: Argument): string {
  const words = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${words}>` : `[${words}]`;
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
