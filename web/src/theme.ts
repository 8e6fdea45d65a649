// Dark or light: as the system has it, until it is chosen.
import { effect, signal } from '@preact/signals';

export type Theme = 'light' | 'dark';
const KEPT = 'encortex.theme';

const system = matchMedia('(prefers-color-scheme: dark)');
const chosen = localStorage.getItem(KEPT);
export const theme = signal<Theme>(chosen === 'dark' || chosen === 'light' ? chosen : fromSystem());

function fromSystem(): Theme {
  return system.matches ? 'dark' : 'light';
}

system.addEventListener('change', () => {
  if (!localStorage.getItem(KEPT)) theme.value = fromSystem();
});

export function turnTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  localStorage.setItem(KEPT, theme.value);
}

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});
