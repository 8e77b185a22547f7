import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** KrakenD's engine and router. The KrakenD product is this engine with a plug-in per additional feature. */
const goModule = `module bench

go 1.22.0

require (
	github.com/gin-gonic/gin v1.9.1
	github.com/luraproject/lura/v2 v2.9.0
)
`;

const program = `package main

import (
	"context"
	"os"

	"github.com/gin-gonic/gin"
	"github.com/luraproject/lura/v2/config"
	"github.com/luraproject/lura/v2/logging"
	"github.com/luraproject/lura/v2/proxy"
	router "github.com/luraproject/lura/v2/router/gin"
)

func main() {
	service, err := config.NewParser().Parse(os.Args[1])
	if err != nil {
		panic(err)
	}
	gin.SetMode(gin.ReleaseMode)
	router.DefaultFactory(proxy.DefaultFactory(logging.NoOp), logging.NoOp).NewWithContext(context.Background()).Run(service)
}
`;

/** @returns The program, or why it is missing: Go is not installed, or the module cannot be downloaded. */
export function buildKrakend(folder: string): { readonly path: string } | { readonly missing: string } {
  const cwd = join(folder, 'krakend');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'go.mod'), goModule);
  writeFileSync(join(cwd, 'main.go'), program);
  const go = (...args: readonly string[]) =>
    execFileSync('go', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 });
  try {
    go('mod', 'tidy');
    go('build', '-o', 'krakend', '.');
    return { path: join(cwd, 'krakend') };
  } catch (error) {
    return { missing: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}
