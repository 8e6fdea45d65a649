// What the server says of a spec: faults and doubts, the design in time, what it costs.
import type { Schemas } from '../api/client';
import { models } from '../model';
import { secondsPerForward } from './pace';
import { duration, Timeline } from './timeline';

export function Plan({ validated: { findings, cells, design }, conditions }: { validated: Schemas['Validated']; conditions: readonly string[] }) {
  return (
    <>
      {findings.faults.map(({ path, problem, accepted }) => (
        <div key={path + problem} class="problem" role="alert">
          <h3>{path || 'The spec'}</h3>
          <p class="small">{problem}</p>
          {accepted && accepted.length > 0 && <p class="small soft">Would do: {accepted.join(', ')}</p>}
        </div>
      ))}
      {findings.warnings.map(({ path, message }) => (
        <p key={path + message} class="note">
          {path && <strong>{path}: </strong>}
          {message}
        </p>
      ))}
      {design && (
        <>
          <Timeline design={design} conditions={conditions} />
          <dl class="facts">
            <dt>Trials</dt>
            <dd>{design.trials}</dd>
            <dt>Length</dt>
            <dd>{duration(design.length_s)}</dd>
            <dt>Forwards</dt>
            <dd>{cost(design.forwards, cells ?? 1)}</dd>
            <dt>Time</dt>
            <dd>{time(design.forwards * (cells ?? 1))}</dd>
          </dl>
          {design.straddling > 0 && <p class="note">{design.straddling} trials lie in two windows of the model.</p>}
        </>
      )}
    </>
  );
}

function cost(forwards: number, cells: number): string {
  return cells === 1 ? String(forwards) : `${forwards} × ${cells} cells = ${forwards * cells}, if all cells are as long as the first`;
}

function time(forwards: number): string {
  const card = models.value?.serving;
  const pace = card && secondsPerForward(card.name);
  return pace ? `about ${duration(pace * forwards)}, at the pace of the last experiment here` : 'known after the first experiment with this model';
}
