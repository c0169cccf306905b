// The oclif hook that swarmup calls. It returns the drivers of this package.
import { driver } from './driver.js';

export default async () => [driver];
