// BullMQ as producer or worker, for tools/bench. Usage: node bullmq.mjs produce|work ORDER-FILE
import { openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { Queue, Worker } from "bullmq";

const QUEUE = "bench";
const BULK = 1000;
const [, , role, orderPath] = process.argv;
const order = JSON.parse(readFileSync(orderPath, "utf8"));
const url = new URL(order.redis_url);
const connection = {
  host: url.hostname,
  port: Number(url.port),
  password: decodeURIComponent(url.password),
  maxRetriesPerRequest: null,
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function work() {
  const marks = openSync(order.marks, "a", 0o600);
  if (order.limit) {
    const queue = new Queue(QUEUE, { connection });
    await queue.setGlobalConcurrency(order.limit);
    await queue.close();
  }
  const mark = Buffer.alloc(16);
  const worker = new Worker(
    QUEUE,
    async (job) => {
      mark.writeBigInt64LE(process.hrtime.bigint(), 0);
      mark.writeBigInt64LE(BigInt(job.data.number), 8);
      writeSync(marks, mark);
      if (job.data.pause_ms) await pause(job.data.pause_ms);
    },
    { connection, concurrency: order.slots },
  );
  worker.on("error", (error) => console.error(error));
}

async function produce() {
  const queue = new Queue(QUEUE, { connection });
  await queue.waitUntilReady();
  const dueMs = order.due_ns ? Date.now() + (order.due_ns - Number(process.hrtime.bigint())) / 1e6 : 0;
  const padding = "x".repeat(60);
  const data = (number) => ({ number, pause_ms: order.pause_ms, padding });
  const options = () => (dueMs ? { delay: Math.max(0, Math.round(dueMs - Date.now())) } : {});
  const stamps = [];
  const cpu = process.cpuUsage();
  const began = process.hrtime.bigint();
  if (order.in_bulk) {
    for (let first = order.first; first < order.first + order.count; first += BULK) {
      const size = Math.min(BULK, order.first + order.count - first);
      await queue.addBulk(
        Array.from({ length: size }, (_, i) => ({ name: "note", data: data(first + i), opts: options() })),
      );
    }
  } else {
    for (let i = 0; i < order.count; i += 1) {
      const elapsed = Number(process.hrtime.bigint() - began) / 1e6;
      if (order.spacing_ms && i * order.spacing_ms > elapsed) await pause(i * order.spacing_ms - elapsed);
      stamps.push(Number(process.hrtime.bigint()));
      await queue.add("note", data(order.first + i), options());
    }
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const used = process.cpuUsage(cpu);
  const answer = { seconds, cpu_seconds: (used.user + used.system) / 1e6, stamps };
  const path = orderPath.replace(/\.[^.]*$/, ".answer");
  writeFileSync(`${path}.new`, JSON.stringify(answer));
  renameSync(`${path}.new`, path);
  await queue.close();
}

await (role === "work" ? work() : produce());
