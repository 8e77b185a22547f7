import { endProcess, processDependencies } from './dependencies.ts';
import { runService } from './service.ts';

// One task of the reference store: ROLE says which of its services this process is.
await endProcess(() => runService(processDependencies()));
