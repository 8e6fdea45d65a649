// A place to drop files on, with what is inside of it.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Icon } from './controls';

export function DropArea({ drop, children }: { drop(dropped: DataTransfer): void; children: ComponentChildren }) {
  const over = useSignal(false);
  return (
    <div
      class={over.value ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        if (event.dataTransfer) drop(event.dataTransfer);
      }}
    >
      <Icon name="film" />
      {children}
    </div>
  );
}
