// The stimulus beside its response: the film, sound or picture, and the words as they are said.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useComputed } from '@preact/signals';
import { address } from '../api/client';
import type { Clock } from './clock';
import type { Session } from './session';
import { wordAt, type Stimulus } from './stimulus';

interface Props {
  session: Session;
  stimulus: Stimulus;
  clock: Clock;
}

export function StimulusPlayer({ session, stimulus, clock }: Props) {
  return (
    <section class="stimulus" aria-label="Stimulus">
      <Media {...{ session, stimulus, clock }} />
      <Words {...{ session, stimulus, clock }} />
    </section>
  );
}

function Media({ session, stimulus: { kind, upload }, clock }: Props) {
  const media = useRef<HTMLVideoElement & HTMLAudioElement>(null);
  const [refused, setRefused] = useState(false);
  useEffect(() => {
    clock.follow(refused ? undefined : (media.current ?? undefined));
    return () => clock.follow(undefined);
  }, [clock, refused]);
  if (!upload) return <p class="note">The stimulus was removed from the server; its response is still here.</p>;
  const source = address('/v1/stimuli/{id}/content', { id: upload.id }).href;
  const refuse = (): void => setRefused(true);
  const stop = (): void => void (session.playing.value = false);
  if (refused) return <p class="note">This browser cannot play {upload.name}. Time goes on without it.</p>;
  switch (kind) {
    case 'video':
      return <video ref={media} src={source} playsInline preload="auto" aria-label={upload.name} onError={refuse} onEnded={stop} onClick={() => clock.turn()} />;
    case 'audio':
      return (
        <div class="sound">
          <audio ref={media} src={source} preload="auto" onError={refuse} onEnded={stop} />
          <span class="soft small">{upload.name}</span>
        </div>
      );
    case 'image':
      return <img src={source} alt={upload.name} />;
    case 'text':
      return null;
    case 'other':
      return <p class="note">{upload.name} places several files on one timeline. They are not played here; time goes on without them.</p>;
  }
}

/** Words around the one that is said. */
const AROUND = 14;

function Words({ session, stimulus: { words }, clock }: Props) {
  const current = useComputed(() => wordAt(words, session.time.value)).value;
  if (words.length === 0) return null;
  const first = Math.max(0, Math.min(current - AROUND, words.length - 2 * AROUND));
  return (
    <p class="words" lang="und">
      {words.slice(first, first + 2 * AROUND).map((word, index) => {
        const place = first + index;
        return (
          <button key={place} class={place < current ? 'word said' : 'word'} aria-current={place === current ? 'true' : undefined} onClick={() => clock.seek(word.start_s)}>
            {word.text}
          </button>
        );
      })}
    </p>
  );
}
