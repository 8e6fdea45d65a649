// A stream of server-sent events that outlives its server: after a lost connection the browser asks again by itself, from the last
// event that it saw; after a refusal, which it takes for the end, this asks again from the first.

/** Until it is asked again after a refusal (ms). */
const AGAIN = 2000;

interface Listener {
  /** Takes the data of an event by its name; true ends the stream. */
  heard: Record<string, (data: unknown) => boolean>;
  /** Whether the connection stands. */
  connected(stands: boolean): void;
}

/** The returned function ends it. */
export function listen(url: URL, { heard, connected }: Listener): () => void {
  let events: EventSource;
  let due: number | undefined;
  const begin = (): void => {
    events = new EventSource(url);
    events.onopen = () => connected(true);
    events.onerror = () => {
      connected(false);
      if (events.readyState === EventSource.CLOSED) due = window.setTimeout(begin, AGAIN);
    };
    for (const [name, take] of Object.entries(heard)) {
      events.addEventListener(name, ({ data }) => take(JSON.parse(data)) && events.close());
    }
  };
  begin();
  return () => {
    clearTimeout(due);
    events.close();
  };
}
