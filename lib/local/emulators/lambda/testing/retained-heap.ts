/**
 * Invokes a function CALLS times and prints the retained heap in bytes. Run it with
 * `--expose-gc`: `retained-heap.ts FOLDER CALLS`. The folder contains the `index.mjs` of the function.
 */
import { createProcessGroup } from '../../../run/processes/process-group.ts';
import { createFunction } from '../function.ts';

const [folder = '', calls = '0'] = process.argv.slice(2);
const { gc } = globalThis;
if (gc === undefined) throw new Error('Run it with --expose-gc.');

const processes = createProcessGroup();
let requests = 0;
const fn = createFunction(
  {
    id: 'Api.Fn',
    name: 'Fn',
    handler: 'index.handler',
    codeFolder: folder,
    environment: {},
    timeoutSeconds: 30,
    memoryMiB: 256,
    region: 'eu-west-1',
  },
  {
    processes,
    onLine: () => {},
    now: Date.now,
    newRequestId: () => `00000000-0000-4000-8000-${String(++requests).padStart(12, '0')}`,
  },
);

async function call(times: number): Promise<void> {
  let left = times;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      const result = await fn.invoke({});
      if (!result.ok) throw new Error(result.error);
    }
  };
  await Promise.all(Array.from({ length: 4 }, caller));
}

const heapUsed = (): number => {
  gc();
  gc();
  return process.memoryUsage().heapUsed;
};

await call(1_000); // What is compiled and pooled once is not retained by each call.
const before = heapUsed();
await call(Number(calls));
process.stdout.write(String(heapUsed() - before));
await processes.close();
