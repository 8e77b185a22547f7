import { endProcess, processDependencies } from './dependencies.ts';
import { runService } from './service.ts';

try {
  endProcess(await runService(processDependencies()));
} catch (error) {
  endProcess(false, error);
}
