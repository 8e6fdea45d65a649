// What is around every page: the bar at the top, and below it what must always be said of the numbers.
import { useEffect } from 'preact/hooks';
import { address } from './api/client';
import { Announcements } from './components/announce';
import { Icon } from './components/controls';
import { ProblemNote } from './components/problem';
import { loadModels, models, modelsProblem, UNIT, warning } from './model';
import { pageAt, PAGES } from './pages';
import { place } from './router';
import { theme, turnTheme } from './theme';

export function Shell() {
  useEffect(() => void loadModels(), []);
  const entry = pageAt(place.value);
  useEffect(() => {
    document.title = `${entry.title} · encortex`;
  }, [entry]);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="top">
        <a class="wordmark" href="#/">
          encortex
        </a>
        <nav aria-label="Pages">
          {PAGES.map(({ at, title }) => (
            <a key={at} href={`#/${at}`} aria-current={at === entry.at ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <div class="end">
          <ServingModel />
          <a class="small" href={address('/docs').href}>
            API
          </a>
          <button class="button plain icon" aria-label={theme.value === 'dark' ? 'Light colours' : 'Dark colours'} onClick={turnTheme}>
            <Icon name={theme.value === 'dark' ? 'sun' : 'moon'} />
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {modelsProblem.value && (
          <div class="column">
            <ProblemNote problem={modelsProblem.value} again={() => void loadModels()} />
          </div>
        )}
        <entry.page place={place.value} />
      </main>
      <Honesty />
      <Announcements />
    </div>
  );
}

function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function ServingModel() {
  const card = models.value?.serving;
  if (!card) return null;
  const says = warning(card);
  return (
    <span class={says ? 'chip warn' : 'chip'} title={card.description}>
      model {card.name}
    </span>
  );
}

function Honesty() {
  const card = models.value?.serving;
  if (!card) return <footer class="foot" />;
  const says = warning(card);
  return (
    <footer class="foot">
      <span>
        <strong>Model prediction, not a measurement.</strong> Model “{card.name}”{says && `: ${says}`}.
      </span>
      <span>Values: {UNIT}, comparable within one prediction only.</span>
      <span>Licence of the model: {card.licence}.</span>
      <span>To cite: encortex, the model’s name and the SHA-256 of its weights, as each file states them.</span>
    </footer>
  );
}
