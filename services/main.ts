import { endProcess, processDependencies } from './runner/process-dependencies.ts';
import { runService } from './runner/service.ts';

// One task of the shop. ROLE selects the service that this process runs.
await endProcess(() => runService(processDependencies()));
