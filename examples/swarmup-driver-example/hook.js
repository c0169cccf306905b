// The oclif hook that swarmup calls: it answers the drivers of this package.
import { driver } from './driver.js';

export default async () => [driver];
