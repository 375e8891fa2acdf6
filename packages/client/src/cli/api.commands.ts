import { text } from 'node:stream/consumers';
import { InvalidArgumentError, type Command } from 'commander';
import type { GlobalOptions, Shell } from './cli.types.ts';
import { currentSession } from './current-session.ts';
import { Printer } from './printer.ts';

/** credits, transactions, rates, invoke, listen. */
export function addApiCommands(program: Command, shell: Shell): void {
  const globals = (): GlobalOptions => program.opts<GlobalOptions>();
  const printer = (): Printer => new Printer(shell, globals());

  program
    .command('credits')
    .description('show the balance and the tier')
    .action(async () => {
      const { client } = await currentSession(shell, globals());
      const balance = await client.getCredits();
      printer().result(balance, `${String(balance.credits)} credits (${balance.subscription_tier})`);
    });

  program
    .command('transactions')
    .description('list what was charged and added, newest first')
    .option('-n, --limit <count>', 'at most so many', wholeNumber, 20)
    .action(async ({ limit }: { limit: number }) => {
      const { client } = await currentSession(shell, globals());
      const rows = await client.listTransactions({ query: { limit } });
      const cells = rows.map((row) => [row.created_at, row.amount, row.balance_after, row.description]);
      printer().table(rows, ['when', 'amount', 'balance', 'what'], cells);
    });

  program
    .command('rates')
    .description('list what endpoints cost')
    .action(async () => {
      const { client } = await currentSession(shell, globals());
      const rates = await client.listRates();
      const cells = rates.map((rate) => [rate.method ?? 'any', rate.endpoint_path, rate.credits_per_request]);
      printer().table(rates, ['method', 'endpoint', 'credits'], cells);
    });

  program
    .command('invoke <function> [json]')
    .description('call an Edge Function; `-` reads the JSON from the input')
    .addHelpText('after', `\nExample:\n  $ supanest invoke hello '{"name": "Ada"}'`)
    .action(async (name: string, argument?: string) => {
      const { client } = await currentSession(shell, globals());
      const body = jsonIn(argument === '-' ? await text(shell.stdin) : (argument ?? '{}'));
      const answer = await client.invokeFunctionByPost({ path: { name }, body, signal: shell.signal });
      const content = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
      printer().result(isJson ? JSON.parse(content) : content, content);
    });

  program
    .command('listen <channel>')
    .description('show the messages of a channel until Ctrl+C')
    .option('-e, --event <name>', 'only this event')
    .option('-n, --count <count>', 'end after so many', wholeNumber)
    .addHelpText('after', '\nExample:\n  $ supanest listen room-1 --json')
    .action(async (channel: string, { event, count }: { event?: string; count?: number }) => {
      const { client } = await currentSession(shell, globals());
      const onSubscribed = (): void => void shell.stderr.write(`Listening to ${channel}\n`);
      const wish = { channel, ...(event !== undefined && { event }) };
      let heard = 0;
      for await (const message of client.realtime.listen(wish, { signal: shell.signal, onSubscribed })) {
        const what = message.type === 'lost' ? 'lost' : message.event;
        const payload = message.type === 'lost' ? message.lost : message.payload;
        printer().line(message, `${what} ${JSON.stringify(payload)}`);
        if (++heard === count) return;
      }
    });
}

/** @throws InvalidArgumentError */
export function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('It is not a whole number from 1.');
  return Number(value);
}

function jsonIn(argument: string): Record<string, unknown> {
  try {
    return JSON.parse(argument) as Record<string, unknown>;
  } catch {
    throw new InvalidArgumentError(`${argument} is not JSON.`);
  }
}
