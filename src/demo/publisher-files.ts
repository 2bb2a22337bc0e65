import type { PublisherFile } from '../client/deliver-file.js';
import { gridFiles } from './grid-files.js';
import { peopleFiles } from './people-files.js';
import { placeFiles } from './place-files.js';
import { planPopulation } from './plan.js';
import { propertyFiles } from './property-files.js';

/** Every file of the demo, what is referred to before what refers to it. Same people and seed: same bytes. */
export function* publisherFiles({ people, seed }: { people: number; seed: number }): Generator<PublisherFile> {
  const plan = planPopulation(people, seed);
  yield* placeFiles(plan);
  yield* peopleFiles(plan);
  yield* propertyFiles(plan);
  yield* gridFiles(plan);
}
