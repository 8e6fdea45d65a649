// The cursor's clock: while a film or a sound plays, it is the clock; where there is none, the screen's is.
import { effect } from '@preact/signals';
import type { Session } from './session';

export class Clock {
  private media: HTMLMediaElement | undefined;
  /** Where the film is to go once it has arrived where it was sent before: seeks that overlap can leave it waiting for ever. */
  private next: number | undefined;
  private ticking = 0;
  private readonly stop: () => void;

  constructor(private readonly session: Session) {
    this.stop = effect(() => {
      const { playing, speed } = session;
      if (this.media) this.media.playbackRate = speed.value;
      if (playing.value) this.start();
      else this.pause();
    });
  }

  /** Lets a film or a sound give the time; undefined for none. */
  follow(media: HTMLMediaElement | undefined): void {
    this.media?.removeEventListener('seeked', this.arrived);
    this.media = media;
    this.next = undefined;
    if (!media) return;
    media.addEventListener('seeked', this.arrived);
    media.currentTime = this.session.time.peek();
    media.playbackRate = this.session.speed.peek();
    if (this.session.playing.peek()) this.play(media);
  }

  seek(time: number): void {
    const { session, media } = this;
    session.time.value = Math.min(Math.max(0, time), session.reach.peek());
    if (media?.seeking) this.next = session.time.peek();
    else if (media) media.currentTime = session.time.peek();
  }

  /** Goes on by so many seconds, to the beginning of one. */
  step(seconds: number): void {
    const { result, time } = this.session;
    const row = Math.floor(time.peek() / result.tr_s + 1e-6) + seconds;
    const last = Math.max(0, this.session.done.peek() - 1);
    this.seek(Math.min(Math.max(0, row), last) * result.tr_s);
  }

  turn(): void {
    const { playing, time, duration } = this.session;
    if (!playing.peek() && time.peek() >= duration - 0.05) this.seek(0);
    playing.value = !playing.peek();
  }

  close(): void {
    this.stop();
    this.pause();
  }

  private readonly arrived = (): void => {
    const { media, next } = this;
    this.next = undefined;
    if (media && next !== undefined) media.currentTime = next;
  };

  private start(): void {
    const { session } = this;
    if (this.media) this.play(this.media);
    let before = performance.now();
    const tick = (now: number): void => {
      const elapsed = (now - before) / 1000;
      before = now;
      const reach = session.reach.peek();
      const now_s = Math.min(this.told() ?? session.time.peek() + elapsed * session.speed.peek(), reach);
      session.time.value = now_s;
      if (now_s >= session.duration) {
        session.playing.value = false;
        return;
      }
      this.wait(now_s >= reach);
      this.ticking = requestAnimationFrame(tick);
    };
    this.ticking = requestAnimationFrame(tick);
  }

  /** Lets the film wait where the next second is not predicted yet, and go on when it is. */
  private wait(waits: boolean): void {
    const { media } = this;
    if (!media || media.ended || media.paused === waits) return;
    if (waits) media.pause();
    else this.play(media);
  }

  /** The time by the film, where there is one: where it is, or where it is going (s). */
  private told(): number | undefined {
    const { media, session, next } = this;
    if (!media || media.ended) return undefined;
    return media.seeking || next !== undefined ? session.time.peek() : media.currentTime;
  }

  /** A browser that does not let it play, stops the clock. */
  private play(media: HTMLMediaElement): void {
    media.play().catch(() => {
      if (media === this.media) this.session.playing.value = false;
    });
  }

  private pause(): void {
    cancelAnimationFrame(this.ticking);
    this.media?.pause();
  }
}
