import { endProcess, processDependencies } from './runner/process-dependencies.ts';
import { runService } from './runner/service.ts';

// One task of the reference store: ROLE says which of its services this process is.
await endProcess(() => runService(processDependencies()));
