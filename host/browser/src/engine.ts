// Policies that answer, each in a worker of its own that is ended when it takes too long.
//
// Always true here: a component that somebody dropped on the page runs nowhere but in a frame without an origin and without a network.
import type { Answered, Answers, Asked, Failure, Loaded, Question } from "./protocol";
import workerUrl from "./policy.worker.ts?worker&url";
import transpilerUrl from "./transpiler.worker.ts?worker&url";

/** How long an answer may take, in milliseconds. */
const LIMITS = { load: 10_000, judge: 3_000, openings: 10_000 };

/** How long it may take to load what has to be transpiled: a policy in Python brings all of Python along. */
const TRANSPILED = 60_000;

/** The most bytes of a component, as a store has it. */
const COMPONENT_BYTES = 32 << 20;

/** There is no answer. */
export class NoAnswer extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

interface Line {
  post(asked: Asked): void;
  end(): void;
}

/** A policy in its worker. */
export class Seat {
  #line: Promise<Line> | undefined;
  #count = 0;
  readonly #waiting = new Map<number, (answered: Answered) => void>();

  private constructor(readonly component: Uint8Array | undefined) {}

  /** The default policy. */
  static async default(): Promise<{ seat: Seat; loaded: Loaded }> {
    return new Seat(undefined).#loaded();
  }

  /** The policy of a component that comes from elsewhere. */
  static async of(component: Uint8Array): Promise<{ seat: Seat; loaded: Loaded }> {
    if (component.length > COMPONENT_BYTES) {
      throw new NoAnswer({ kind: "load", message: `the component has ${component.length} bytes, at most ${COMPONENT_BYTES} are allowed` });
    }
    return new Seat(component).#loaded();
  }

  async #loaded() {
    return { seat: this as Seat, loaded: await this.#begin() };
  }

  async #begin(): Promise<Loaded> {
    const receive = (answered: Answered) => {
      if (answered.id === 0) for (const wait of this.#waiting.values()) wait(answered);
      else this.#waiting.get(answered.id)?.(answered);
    };
    this.#line = this.component === undefined ? Promise.resolve(here(receive)) : apart(receive);
    const { component } = this;
    try {
      return await this.#send({ kind: "load", component });
    } catch (error) {
      if (!(error instanceof NoAnswer) || error.failure.wantsTranspiler !== true) throw error;
      return this.#send({ kind: "load", component, transpiler: await text(transpilerUrl) });
    }
  }

  /** Asks. A worker that was ended is begun anew. */
  async ask<Q extends Exclude<Question, { kind: "load" }>>(question: Q): Promise<Answers[Q["kind"]]> {
    if (this.#line === undefined) await this.#begin();
    return this.#send(question);
  }

  async #send<Q extends Question>(question: Q): Promise<Answers[Q["kind"]]> {
    const line = await this.#line!;
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      const limit = question.kind === "load" && question.transpiler !== undefined ? TRANSPILED : LIMITS[question.kind];
      const clock = setTimeout(() => {
        const late: Failure = {
          kind: "evaluate",
          message: `the policy gave no answer within ${limit / 1000} seconds and was stopped: does it loop for ever?`,
        };
        this.end();
        for (const wait of [...this.#waiting.values()]) wait({ id: 0, error: late });
      }, limit);
      this.#waiting.set(id, (answered) => {
        clearTimeout(clock);
        this.#waiting.delete(id);
        if ("error" in answered) reject(new NoAnswer(answered.error));
        else resolve(answered.answer as Answers[Q["kind"]]);
      });
      line.post({ id, ...question });
    });
  }

  /** Ends the worker. */
  end(): void {
    void this.#line?.then((line) => line.end());
    this.#line = undefined;
  }
}

/** A file of the page. */
async function text(url: string): Promise<string> {
  const answer = await fetch(new URL(url, import.meta.url));
  if (!answer.ok) throw new Error(`\`${url}\` cannot be fetched: ${answer.status}`);
  return answer.text();
}

function here(receive: (answered: Answered) => void): Line {
  const worker = new Worker(new URL(workerUrl, import.meta.url));
  worker.onmessage = ({ data }) => receive(data);
  worker.onerror = () => receive({ id: 0, error: { kind: "load", message: "the worker of this policy could not be started" } });
  return { post: (asked) => worker.postMessage(asked), end: () => worker.terminate() };
}

async function apart(receive: (answered: Answered) => void): Promise<Line> {
  const code = await text(workerUrl);
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.title = "A policy of one's own";
  frame.hidden = true;
  frame.src = "./frame.html";
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  document.body.append(frame);
  await loaded;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => receive(data);
  frame.contentWindow!.postMessage(code, "*", [port2]);
  return {
    post: (asked) => port1.postMessage(asked),
    end: () => {
      port1.close();
      frame.remove();
    },
  };
}
