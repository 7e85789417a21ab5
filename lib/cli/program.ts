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
Exit codes: 0 success, 1 failure, 2 wrong usage.`;

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
    // Every command has options, so leave [options] out and give the space to the description.
    .configureHelp({
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(operand)].join(' '),
    })
    .exitOverride()
    // main.ts prints this error in the form of all others.
    .configureOutput({ outputError: () => {} })
    .addHelpText(
      'after',
      examples([
        ['ctrl-if demo', 'a machine with three domains, and how fast a message is'],
        ['ctrl-if machine', 'in one terminal'],
        ['ctrl-if create --domain web', 'in another terminal; then: ctrl-if console web'],
        ['ctrl-if controller', 'in one terminal'],
        ['ctrl-if guest', 'in another terminal: type, and the text appears in the first'],
        ['ctrl-if doctor', 'when something does not work'],
      ]) +
        `
Environment:
  CTRL_IF_ENGINE       the engine that moves the messages: native, file or auto (default)
  CTRL_IF_RUNTIME_DIR  the directory with the sockets of controllers and machines
  NO_COLOR             if set, no colour on a terminal
${EXIT_CODES}`,
    );

  program.commandsGroup('Links:');
  program
    .command('controller')
    .description('Listen for guests until Ctrl-C. Print their messages and consoles, and answer every request.')
    .addOption(nameOption('the name by which guests find it'))
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
    .description('Connect to a controller. Standard input and output are the console. Every request is answered.')
    .addOption(nameOption('the name of the controller'))
    .addOption(engineOption())
    .option('-w, --wait <seconds>', 'how long to wait for a controller that is not running yet', seconds, 0)
    .option('-q, --quiet', 'do not print the messages received')
    .option('--json', 'one JSON object a line for each event')
    .addHelpText(
      'after',
      `
Standard output carries only the console. Everything else goes to standard error. The command ends with exit code 0 at
Ctrl-C, at a poweroff, and when the controller closes. It ends with 1 when the controller dies.
${examples([
  ['ctrl-if guest', ''],
  ['ctrl-if guest --name lab --wait 10', ''],
  ['dmesg --follow | ctrl-if guest --quiet', ''],
])}`,
    )
    .action(run((options: GuestCommandOptions) => guestCommand(options, lifetime)));

  addMachineCommands(program, run, lifetime);

  program.commandsGroup('Demo and checks:').helpCommand('help [command]', 'Show help for a command.');
  program
    .command('demo')
    .description('Run a machine with a driver domain and two guests, step by step, then time a message.')
    .option('--messages', 'show every message when it is sent')
    .option('--json', 'one JSON object a line: every event, every step, then the comparison')
    .addHelpText(
      'after',
      `
The demo connects disks, network interfaces and a USB port, kills the driver domain and reconnects all devices, types a
line into a console, changes memory and VCPUs, and shuts all domains down. It ends at the first step that fails, with
the reason, the last 20 messages and exit code 1. Without the native engine it sends all 42 messages between two
processes in pure JS instead.

Then it times the engines, a Unix socket and process.send in short rounds, about 5 s in all. It tries the two processes
on two processors and, for the socket and process.send, also on one, with taskset. The faster placement counts. When
other processes or the hypervisor use the processors, or the rounds differ too much, it reports a busy machine and gives
no ratio.
${examples([
  ['ctrl-if demo', ''],
  ['ctrl-if demo --messages', ''],
  ["ctrl-if demo --json | jq 'select(.step)'", ''],
])}`,
    )
    .action(run((options: DemoOptions) => demoCommand(options, lifetime)));

  program
    .command('decode')
    .description('Translate slots of 128 hexadecimal digits to messages in JSON, one a line.')
    .argument('[hex...]', 'slots; default: standard input, one a line')
    .addHelpText(
      'after',
      `
Spaces between the digits are ignored. A bad slot is reported on standard error with its number. The rest goes on.
${examples([
  ['ctrl-if encode \'{"name":"SHUTDOWN_POWEROFF","id":1}\' | ctrl-if decode', ''],
  ['ctrl-if decode < trace.hex', ''],
])}`,
    )
    .action(run((hex: string[]) => decodeCommand(hex)));

  program
    .command('encode')
    .description('Translate messages in JSON to slots of 128 hexadecimal digits, one a line.')
    .argument('[json...]', 'messages; default: standard input, one a line')
    .addHelpText(
      'after',
      `
Names and fields are those of the header, with the fields in camelCase. 64-bit numbers are strings ("0x1234" or "4660").
Console data is hexadecimal. OUT fields may be left out (default 0), and so may id (default 255).
${examples([
  ['ctrl-if encode \'{"name":"BLKIF_FE_INTERFACE_CONNECT","id":1,"handle":0,"shmemFrame":"0x1234"}\'', ''],
  ['ctrl-if encode \'{"name":"CONSOLE_DATA","data":"68656c6c6f"}\'', ''],
  ['ctrl-if encode < messages.jsonl > trace.hex', ''],
])}`,
    )
    .action(run((json: string[]) => encodeCommand(json)));

  program
    .command('doctor')
    .description('Check everything that a link needs on this machine, with advice for each failure.')
    .option('--exchange', 'also send all 42 messages between two processes, compare each byte, and time a request')
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

/** An argument as in the usage line. */
function operand(argument: Argument): string {
  const words = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${words}>` : `[${words}]`;
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
