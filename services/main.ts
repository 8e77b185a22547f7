import { endProcess, processDependencies } from './platform/process-dependencies.ts';
import { runService } from './platform/service.ts';

// One task of the reference store: ROLE says which of its services this process is.
await endProcess(() => runService(processDependencies()));
