// Maps of scores: chosen among those there are, seen on the cortex, with their regions.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { anatomy, anatomyProblem, loadAnatomy } from '../anatomy';
import { Problem } from '../api/client';
import { Segments } from '../components/controls';
import { Drawing } from '../components/drawing';
import { Outlining } from '../components/outlining';
import { ProblemNote } from '../components/problem';
import { Look } from '../maps/look';
import { MapView } from '../maps/map_view';
import { Outlines } from '../maps/outlines';
import { RegionMeans } from '../maps/region_means';
import { fetchNpy } from '../maps/values';
import { keepAddress } from '../router';

export interface ScoreMap {
  name: string;
  /** Beside the colour bar. */
  unit: string;
  /** Where its values lie, as a NumPy array. */
  file: URL;
  /** Those of a map that is taken away from it: what is left is seen on both sides of zero. */
  less?: URL;
}

interface Props {
  maps: readonly ScoreMap[];
  mesh: string;
  query: URLSearchParams;
  /** Beside the cortex. */
  children: ComponentChildren;
}

/** Of a map's range so much is not drawn. */
const UNDRAWN = 0.2;

export function ScoreMaps({ maps, mesh, query, children }: Props) {
  const look = useMemo(() => new Look(query), []);
  const outlines = useMemo(() => new Outlines(query), []);
  const chosen = useSignal(query.get('score') ?? '');
  const values = useSignal<Float32Array | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const map = maps.find(({ name }) => name === chosen.value) ?? maps[0];
  const vertices = anatomy.value && 2 * anatomy.value.geometry.vertices;
  useEffect(() => void loadAnatomy(mesh), [mesh]);
  useEffect(() => {
    if (!vertices || !map) return;
    const array = (file: URL): Promise<Float32Array> => fetchNpy(file, vertices);
    Promise.all([array(map.file), map.less && array(map.less)]).then(
      ([all, less]) => {
        const found = less ? all.map((value, vertex) => value - less[vertex]) : all;
        look.setValues(found, { map: less ? 'red-blue' : 'fire', threshold: (limit) => UNDRAWN * limit });
        values.value = found;
        problem.value = undefined;
      },
      (error: unknown) => (problem.value = Problem.from(error)),
    );
  }, [map?.file.href, map?.less?.href, vertices]);
  useEffect(() => keepAddress(() => look.scale.value && { score: chosen.value || undefined, ...look.settings(), ...outlines.settings() }), [look]);
  const refusal = problem.value ?? anatomyProblem.value;
  return (
    <>
      {refusal && <ProblemNote problem={refusal} />}
      <div class="stage">
        <aside class="shown" aria-label="Scores">
          {children}
          <Drawing camera={look.camera} scale={look.scale} range={look.range.value} />
          <Outlining outlines={outlines} anatomy={anatomy.value} />
        </aside>
        {anatomy.value && map ? (
          <MapView
            anatomy={anatomy.value}
            look={look}
            outlines={outlines}
            map={{ title: map.name, values: values.value }}
            unit={map.unit}
            above={maps.length > 1 && <Segments label="Map" options={maps.map(({ name }) => [name, name] as const)} value={map.name} change={(name) => (chosen.value = name)} />}
            said="Grey where nothing is drawn: below the threshold, or without a score."
          />
        ) : (
          <section class="map-view">
            <p class="soft small">{map ? 'Reading the cortex …' : 'There is no map.'}</p>
          </section>
        )}
        <aside class="named" aria-label="Regions">
          <h2>Regions</h2>
          {anatomy.value && <RegionMeans anatomy={anatomy.value} look={look} values={values.value} />}
          <p class="tiny soft">Means of {map?.name} over the vertices of each region (spatial), where they have a score.</p>
        </aside>
      </div>
    </>
  );
}
