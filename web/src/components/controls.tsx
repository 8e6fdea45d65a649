// Controls that pages are made of: choices, sliders, buttons with a drawing.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface SegmentsProps<T extends string> {
  label: string;
  options: readonly (readonly [T, string])[];
  value: T;
  change(value: T): void;
}

/** One of a few, all in sight. */
export function Segments<T extends string>({ label, options, value, change }: SegmentsProps<T>) {
  const name = useId();
  return (
    <fieldset class="segments" role="radiogroup" aria-label={label}>
      {options.map(([option, text]) => (
        <label key={option}>
          <input type="radio" name={name} value={option} checked={option === value} onChange={() => change(option)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  change(value: number): void;
}

/** A number in a range, by slider or by keyboard. */
export function Slider({ label, value, min, max, step, change }: SliderProps) {
  const id = useId();
  const set = ({ currentTarget }: { currentTarget: HTMLInputElement }): void => {
    const typed = currentTarget.valueAsNumber;
    if (Number.isFinite(typed)) change(Math.min(max, Math.max(min, typed)));
  };
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const shown = Number(value.toFixed(digits));
  return (
    <div class="slider">
      <span id={id}>{label}</span>
      <input type="number" aria-labelledby={id} {...{ min, max, step }} value={shown} onChange={set} />
      <input type="range" aria-labelledby={id} {...{ min, max, step }} value={value} onInput={set} />
    </div>
  );
}

interface PopoverProps {
  label: ComponentChildren;
  /** Which edge it shares with its button. */
  align: 'left' | 'right';
  children: ComponentChildren;
}

/** A button with more behind it, which goes with Escape or a click elsewhere. */
export function Popover({ label, align, children }: PopoverProps) {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const leave = (event: Event): void => {
      const inside = event.target instanceof Node && details.current?.contains(event.target);
      const closes = event instanceof KeyboardEvent ? event.key === 'Escape' : !inside;
      if (closes && details.current) details.current.open = false;
    };
    addEventListener('pointerdown', leave);
    addEventListener('keydown', leave);
    return () => {
      removeEventListener('pointerdown', leave);
      removeEventListener('keydown', leave);
    };
  }, []);
  return (
    <details ref={details} class={`popover ${align}`}>
      <summary class="button">{label}</summary>
      <div class="panel stack">{children}</div>
    </details>
  );
}

/** A fraction that is done. */
export function Meter({ label, fraction }: { label: string; fraction: number }) {
  const percent = Math.round(100 * fraction);
  return (
    <div class="meter" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <div style={{ transform: `scaleX(${fraction})` }} />
    </div>
  );
}

const DRAWINGS = {
  play: 'M7 4.5v15l12-7.5z',
  pause: 'M7 4.5h3.5v15H7zM13.5 4.5H17v15h-3.5z',
  first: 'M6 5v14M19 5.5v13L9 12z',
  last: 'M18 5v14M5 5.5v13L15 12z',
  close: 'M6 6l12 12M18 6L6 18',
  download: 'M12 4v11m0 0l-4.5-4.5M12 15l4.5-4.5M5 19.5h14',
  camera: 'M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 10.2a3.1 3.1 0 100 6.2 3.1 3.1 0 000-6.2',
  sun: 'M12 8.2a3.8 3.8 0 100 7.6 3.8 3.8 0 000-7.6M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4',
  moon: 'M19.5 14.2A8 8 0 019.8 4.5a8 8 0 109.7 9.7z',
  film: 'M4 5.5h16v13H4zM8 5.5v13M16 5.5v13M4 12h16',
} as const;

export function Icon({ name }: { name: keyof typeof DRAWINGS }) {
  const filled = name === 'play' || name === 'pause';
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" fill={filled ? 'currentColor' : 'none'} stroke="currentColor" stroke-width={filled ? 0 : 1.7} stroke-linejoin="round" stroke-linecap="round">
      <path d={DRAWINGS[name]} />
    </svg>
  );
}

/** A title over what belongs to it. */
export function Section({ title, beside, children }: { title: string; beside?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="panel stack">
      <div class="row spread">
        <h2>{title}</h2>
        {beside}
      </div>
      {children}
    </section>
  );
}
