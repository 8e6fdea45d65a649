// What is said to those who listen to the page instead of looking at it.
import { signal } from '@preact/signals';

const said = signal('');

export function announce(text: string): void {
  said.value = text;
}

export function Announcements() {
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {said}
    </div>
  );
}
